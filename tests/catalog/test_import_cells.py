"""Cells as other people and their spreadsheets write them: amounts, codes, handles, bodies."""

import csv
import io
import unicodedata

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.importing.answers import ImportAnswers
from catalog.importing.bodies import clean_html
from catalog.importing.handles import LONGEST, handle_from, safe_handle
from catalog.importing.plain import exports
from catalog.importing.plain import products as plain_products
from catalog.importing.shopify.products import import_products
from catalog.importing.written_amounts import read_amount
from catalog.models import Product
from kernel.errors import InvalidInput
from kernel.files.codes import guard_code, is_eaten, unguard_code, whole_code
from kernel.money.amounts import MAX_PRICE, currencies, exponent, is_currency
from kernel.money.money import require_currency
from tests.support.build import make_supplier

WRITTEN = {
    "12.50": 1250,
    " 12.50 ": 1250,
    "12": 1200,
    "12.": 1200,
    ".5": 50,
    "+5": 500,
    "012.50": 1250,
    "12.500": 1250,
    "19,90": 1990,
    "19,9": 1990,
    "0,5": 50,
    "1,234.56": 123456,
    "1.234,56": 123456,
    "1,234,567": 123456700,
    "1.234.567": 123456700,
    "1 234.50": 123450,
    "1\u00a0234,50": 123450,
    "1'234.50": 123450,
    "1\u202f234": 123400,
    "￥19.99": 1999,
    "¥19.99": 1999,
    "CNY 19.99": 1999,
    "19.99 CNY": 1999,
    "cny19.99": 1999,
    "CN¥19.99": 1999,
    "19.99元": 1999,
    "１２.５０": 1250,
    "99999999.99": MAX_PRICE,
}
REFUSED = [
    *(
        "1,234",
        "-5",
        "1e3",
        "NaN",
        "inf",
        "12.505",
        "[Retail Price]  18",
        "$19.99",
        "€19",
        "USD 19.99",
        "5-6",
    ),
    *("19.99 EUR", "12,34,56", "1.23.4", "--5", "100000000.00", "99999999999999.99", "free", "19.90 each"),
]


@pytest.mark.parametrize(("text", "amount"), WRITTEN.items())
def test_what_can_be_read_in_one_way_is_read(text: str, amount: int) -> None:
    assert read_amount(text, "CNY") == amount


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_be_two_amounts_or_is_none_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_amount(text, "CNY")
    assert refusal.value.remedy


@given(
    minor=st.integers(0, MAX_PRICE),
    locale=st.sampled_from(
        ["en", "de", "fr", "zh_Hans_CN", "de_CH", "es", "it", "ru", "vi", "pt_BR", "sv", "ja"]
    ),
    currency=st.sampled_from(["CNY", "USD", "EUR", "JPY", "VND", "KWD"]),
)
def test_no_amount_of_any_country_is_read_as_another(minor: int, locale: str, currency: str) -> None:
    major = minor / 10 ** exponent(currency)
    pattern = "#,##0." + "0" * exponent(currency) if exponent(currency) else "#,##0"
    for text in (
        format_decimal(major, pattern, locale=locale),
        format_currency(
            major, currency, locale=locale, format="¤¤ #,##0.00"[: None if exponent(currency) else -3]
        ),
    ):
        try:
            amount = read_amount(text, currency)
        except InvalidInput:
            continue
        assert amount == minor, text


@pytest.mark.parametrize("code", ["6.90123E+12", "9,20239E+25", "1E+12", "1.23E+5", "2026-01-02 00:00:00"])
def test_codes_that_a_spreadsheet_has_eaten_are_known(code: str) -> None:
    assert is_eaten(code)


@pytest.mark.parametrize(
    "code", ["007", "16E3", "1E5", "E+12", "AB-12E+3", "6901234567892", "2026-01-02", ""]
)
def test_codes_that_are_whole_are_left_alone(code: str) -> None:
    assert not is_eaten(code)


def test_a_code_whose_digits_are_all_there_is_mended() -> None:
    assert whole_code("6.901234567892E+12") == "6901234567892"
    assert whole_code("6.90123E+12") == ""


CODES = st.one_of(
    st.text(alphabet="'=+-@\t0123456789.,eE/: %ab", max_size=9),
    st.from_regex(r"0{1,3}\d{1,12}", fullmatch=True),
    st.sampled_from(
        ["TRUE", "1-2", "3/4", "MAR1", "1E5", "Sept 2", "12:30", "50g", "-5", "'007", "''=1", "1984"]
    ),
)


@given(CODES)
@example("'0123")
def test_guarding_a_code_can_be_undone(code: str) -> None:
    assert unguard_code(guard_code(code)) == code


@pytest.mark.parametrize(
    "code", ["007", "1E5", "1-2", "3/4", "MAR1", "true", "6901234567892", "1984", "12:30"]
)
def test_what_a_spreadsheet_would_change_is_guarded(code: str) -> None:
    assert guard_code(code) == f"'{code}"


HANDLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=260)


@given(HANDLES)
@example("lampe™-rund")
@example("❄️-kühltasche-™")
@example("हिन्दी-पुस्तक")
@example("เสื้อ-ผ้าฝ้าย")
@example("কাপ/[নতুন]")
def test_a_handle_is_made_safe_once_and_found_again(text: str) -> None:
    handle = safe_handle(text)
    if not handle:
        assert not any(unicodedata.category(sign)[0] in "LN" for sign in unicodedata.normalize("NFC", text))
        return
    assert len(handle) <= LONGEST
    assert not set(handle) & set(" /?#%&\\\"'<>.:;,()[]")
    assert safe_handle(handle) == handle
    assert safe_handle(unicodedata.normalize("NFD", text)) == handle


@given(
    st.lists(
        HANDLES, min_size=2, max_size=2, unique_by=lambda text: unicodedata.normalize("NFC", text.strip())
    )
)
@example(["lampe-rund", "lampe™-rund"])
@example(["a b", "a-b"])
def test_two_handles_never_become_one(texts: list[str]) -> None:
    first, second = map(safe_handle, texts)
    assert first != second or not first


def test_a_product_without_a_handle_gets_one_from_its_code() -> None:
    assert handle_from("AC/DC 9") == handle_from("ac/dc 9")
    assert handle_from("TEE-S") == "tee-s"


PARTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.sampled_from(
        [
            *(
                "<p>",
                "</p>",
                "<br>",
                "<ul><li>",
                "</li></ul>",
                "<b>",
                "</b>",
                "<p dir='rtl'>",
                "<a href='x'>",
                "</a>",
            ),
            *(
                "<meta charset='utf-8'>",
                "<script>alert(1)</script>",
                "<style>p{}</style>",
                "<iframe src=x></iframe>",
            ),
            *(
                "\r\n",
                "\r",
                "\n",
                "\u00a0",
                "&nbsp;",
                "&amp;",
                "&lt;",
                "<",
                ">",
                "&",
                '"',
                "<!-- x -->",
                "  ",
                "<h1>",
            ),
            *(
                "<img src=x onerror=a()>",
                "5 < 6 & 7",
                "مرحبا",
                "<![CDATA[x]]>",
                "<td>",
                "</table>",
                "\ufeff",
                "\u2028",
            ),
        ]
    ),
)
BODIES = st.lists(PARTS, max_size=8).map("".join)


@settings(max_examples=400)
@given(BODIES)
@example("<meta charset='utf-8'>\n<p>x</p>")
@example("a\u00a0 b")
@example("<p>ok</p>\r")
@pytest.mark.slow
def test_a_cleaned_body_is_cleaned_for_good(body: str) -> None:
    clean = clean_html(body)
    assert clean_html(clean) == clean
    assert "\r" not in clean
    assert clean == clean.strip()


def test_plain_text_is_plain_with_a_sign_in_it_too() -> None:
    assert clean_html("Salt & pepper\nLine two") == "<p>Salt &amp; pepper</p><p>Line two</p>"
    assert clean_html("5 < 6 & 7") == "<p>5 &lt; 6 &amp; 7</p>"
    assert clean_html("Salt &amp; pepper") == "Salt &amp; pepper"


def test_the_direction_of_a_text_stays() -> None:
    assert clean_html('<p dir="rtl" onclick="x()">مرحبا</p>') == '<p dir="rtl">مرحبا</p>'


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(BODIES, min_size=6, max_size=6),
    codes=st.lists(CODES.map(str.strip).filter(lambda code: not is_eaten(code)), min_size=6, max_size=6),
)
@pytest.mark.slow
def test_export_and_import_again_change_nothing(db: None, bodies: list[str], codes: list[str]) -> None:
    supplier = make_supplier()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["Handle", "Title", "Body (HTML)", "Variant SKU", "Variant Price", "Variant Inventory Qty", "Vendor"]
    )
    for number, (body, code) in enumerate(zip(bodies, codes, strict=True)):
        writer.writerow([f"p{number}", f"Product {number}", body, code, "5.00", "3", code])
    Product.objects.all().delete()
    answers = ImportAnswers(no_category=True)
    first = import_products(
        file=io.BytesIO(text.getvalue().encode()), supplier=supplier, currency="CNY", answers=answers
    )
    assert (first.created, first.errors) == (6, [])
    again = plain_products.import_products(
        file=io.BytesIO("".join(exports.products(supplier, "CNY")).encode()),
        supplier=supplier,
        currency="CNY",
    )
    assert (again.changes, again.errors, again.unchanged) == ([], [], 6)


@pytest.mark.parametrize(
    "code", ["RMB", "XXX", "DEM", "XAU", "CNX", "XTS", "EURO", "", "¥", "ZWL", "HRK", "XDR"]
)
def test_no_currency_that_nobody_is_paid_in(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(InvalidInput) as refusal:
        require_currency(code)
    assert refusal.value.remedy


def test_living_currencies() -> None:
    assert {"CNY", "USD", "EUR", "JPY", "VND", "KWD", "TWD", "HKD", "XOF", "SLE"} <= currencies()
    assert 140 < len(currencies()) < 180
    assert all(len(code) == 3 for code in currencies())
    assert require_currency(" vnd ") == "VND"
