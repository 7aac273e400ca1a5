"""How large a sum of a currency is, to a power of ten: what a limit means that was thought of in yuan.

Ten yuan are a small sum; ten won or ten dong are nothing, and ten dinars are a day's wage. A limit needs the
right number of digits, not the day's rate, and must not move with it: so each currency has one power of ten,
by which its unit is smaller than a yuan (rates of the year 2026, rounded).
"""

from kernel.money.amounts import exponent

UNITS_PER_YUAN = {
    -1: "AUD AWG AZN BAM BBD BHD BMD BND BSD CAD CHF EUR FKP GBP GIP JOD KWD KYD NZD OMR PAB SGD SHP USD",
    1: "AFN ALL BDT BTN CVE DJF DOP DZD EGP ETB GMD HNL HTG INR ISK JMD JPY KES KGS LRD MKD MUR MZN NIO NPR"
    " PHP RSD RUB SLE SRD THB TRY TWD UAH UYU VUV XPF ZMW",
    2: "AMD AOA ARS CLP CRC GYD HUF KMF KRW KZT LKR MWK NGN PKR RWF SOS XAF XOF YER",
    3: "BIF CDF COP GNF IDR KHR MGA MMK MNT PYG TZS UGX UZS",
    4: "LAK LBP STD VND",
}
"""Power of ten -> currencies; those that are not named are worth about a yuan."""
_POWERS = {currency: power for power, names in UNITS_PER_YUAN.items() for currency in names.split()}


def as_much_as(yuan: int, currency: str) -> int:
    """Return minor units of ``currency`` that are about as much as ``yuan``, rounded up."""
    digits = _POWERS.get(currency, 0) + exponent(currency)
    scale: int = 10 ** abs(digits)
    return yuan * scale if digits >= 0 else -(-yuan // scale)
