"""What each provider takes of each currency: declared for all, and the same in the provider's own units."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.payments import limits
from billing.payments.gateway import GATEWAYS
from billing.payments.gateways.stripe import currencies as stripe_currencies
from kernel.calls.errors import CallRefused
from kernel.errors import InvalidInput
from kernel.money.amounts import exponent

EVERY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
STRIPE = sorted(stripe_currencies.currencies())
NOT_MONEY = ["XXX", "XTS", "DEM", "XAU", "CNX", "FRF", "RMB", "EURO", "", "usd", "HRK"]
IN_HUNDREDTHS = ["RSD", "ISK", "UGX", "ALL", "AFN", "LAK", "LBP", "MMK", "SOS", "STD", "YER"]
"""Our dictionary knows no decimals of these; Stripe counts them in hundredths."""


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What refusals say is read in English here."""
    with translation.override("en"):
        yield


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_gateway_declares_bounds_that_fit_together(gateway: str) -> None:
    for currency in limits.currencies(gateway):
        bounds = limits.of(currency, gateway)
        assert bounds is not None
        assert 0 < bounds.least <= bounds.greatest
        assert bounds.least % bounds.step == bounds.greatest % bounds.step == 0
        assert bounds.payout_step % bounds.step == 0
        assert bounds.decimals >= exponent(currency)
        for bound in (bounds.least, bounds.greatest):
            assert limits.refusal(bound, currency, gateway) is None
        for beyond in (bounds.least - bounds.step, bounds.greatest + bounds.step):
            assert beyond == 0 or limits.refusal(beyond, currency, gateway) is not None


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("code", NOT_MONEY)
def test_what_is_no_living_currency_is_refused_by_its_name(gateway: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        limits.require_currency(code, gateway)
    assert (refused.value.field, refused.value.value) == ("currency", code)
    assert refused.value.remedy


def test_wechat_takes_yuan_and_nothing_else() -> None:
    with pytest.raises(InvalidInput, match=r"WeChat Pay takes no payments in USD.*CNY"):
        limits.require_currency("USD", "wechat")
    assert limits.require_currency("CNY", "wechat").least == 1


@pytest.mark.parametrize("currency", IN_HUNDREDTHS)
def test_currencies_without_coins_are_charged_in_hundredths(currency: str) -> None:
    if exponent(currency) == 0:
        assert stripe_currencies.units(2890, currency) == 289_000


@given(st.sampled_from(STRIPE), st.integers(0, 10**12))
@EVERY
def test_an_amount_is_the_same_money_in_the_providers_units(currency: str, amount: int) -> None:
    bounds = limits.of(currency, "stripe")
    assert bounds is not None
    there = stripe_currencies.units(amount, currency)
    assert there * 10 ** exponent(currency) == amount * 10**bounds.decimals
    assert stripe_currencies.minor_units(there, currency) == amount
    assert stripe_currencies.minor_units(-there, currency) == -amount


@pytest.mark.parametrize("amount", [1, 99, 289_001, -50])
def test_a_fraction_of_the_smallest_amount_is_never_rounded(amount: int) -> None:
    with pytest.raises(CallRefused):
        stripe_currencies.minor_units(amount, "ISK")


@given(st.sampled_from(sorted(stripe_currencies.THREE_DECIMALS)), st.integers(2_000, 90_000_000))
@EVERY
def test_the_last_of_three_digits_is_zero(currency: str, amount: int) -> None:
    assert (limits.refusal(amount, currency, "stripe") is None) == (amount % 10 == 0)


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (20, "USD", "too little"),
        (30, "JPY", "too little"),
        (1, "CNY", "too little"),
        (108_000_060, "USD", "too much"),
        (1255, "KWD", "steps of"),
        (-500, "USD", "too little"),
    ],
)
def test_the_words_say_what_is_wrong_and_what_to_do(amount: int, currency: str, words: str) -> None:
    refusal = limits.refusal(amount, currency, "stripe")
    assert refusal is not None
    assert words in str(refusal.message)
    assert refusal.remedy


@pytest.mark.parametrize("currency", STRIPE)
def test_nothing_to_pay_needs_no_provider(currency: str) -> None:
    assert limits.refusal(0, currency, "stripe") is None
    limits.require_amount(0, currency, "stripe")


@given(st.sampled_from(STRIPE), st.integers(1, 10**12))
@EVERY
def test_a_refund_may_be_small_but_not_between_two_steps(currency: str, amount: int) -> None:
    bounds = limits.of(currency, "stripe")
    assert bounds is not None
    if amount % bounds.step:
        with pytest.raises(InvalidInput, match="steps of"):
            limits.require_step(amount, currency, "stripe")
    else:
        limits.require_step(amount, currency, "stripe")


@pytest.mark.parametrize("currency", STRIPE)
def test_a_price_may_be_small_but_has_to_be_payable(currency: str) -> None:
    bounds = limits.of(currency, "stripe")
    assert bounds is not None
    for amount in (bounds.step, bounds.least, bounds.greatest):
        limits.require_price(amount, currency, "stripe")
    for amount in {bounds.greatest + bounds.step, bounds.step // 2} - {0}:
        with pytest.raises(InvalidInput) as refused:
            limits.require_price(amount, currency, "stripe")
        assert refused.value.field == "price"
