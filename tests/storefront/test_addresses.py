"""Where to: divisions are chosen level by level, countries ask what they have, nothing typed is lost."""

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from kernel.addresses import countries, divisions
from kernel.tenancy import in_tenant
from storefront_theme.addresses import AddressForm
from tenants.shop.orders.models import Order
from tests.storefront.conftest import Shop
from tests.storefront.test_buying import ADDRESS, Fields, order, place, put

XUHUI = {"country": "CN", "division_1": "310000", "division_2": "310104"}
PERSON = {"name": "林晓", "phone": "13800000000", "address": "衡山路 1 号"}


@pytest.fixture
def browser(shop: Shop) -> Client:
    browser = shop.member()
    put(browser, shop.tea)
    return browser


def names_of(page: str) -> list[str]:
    return re.findall(
        r'<(?:select|input)[^>]* name="(country|division_\d|area|city|city_area|postcode)"', page
    )


def test_the_levels_open_one_after_the_other(browser: Client) -> None:
    page = browser.get("/checkout/").content.decode()
    assert names_of(page) == ["country", "division_1"]
    part = browser.post("/address/", {"country": "CN", "division_1": "330000"}).content.decode()
    assert names_of(part) == ["country", "division_1", "division_2"]
    assert '<option value="330100">杭州市</option>' in part
    part = browser.post("/address/", {"division_1": "330000", "division_2": "330100"}).content.decode()
    assert '<option value="330106">西湖区</option>' in part
    # A municipality's districts lie directly below it, and a city without districts ends the list.
    part = browser.post("/address/", XUHUI).content.decode()
    assert names_of(part) == ["country", "division_1", "division_2"]
    part = browser.post("/address/", {"division_1": "440000", "division_2": "441900"}).content.decode()
    assert names_of(part) == ["country", "division_1", "division_2"]


def test_another_province_forgets_the_city(browser: Client) -> None:
    stale = {"division_1": "440000", "division_2": "330100", "division_3": "330106"}
    part = browser.post("/address/", stale).content.decode()
    assert names_of(part) == ["country", "division_1", "division_2"]
    assert "selected" in part
    assert "330106" not in part


def test_other_countries_ask_what_they_have(browser: Client) -> None:
    part = browser.post("/address/", {"country": "US"}).content.decode()
    assert names_of(part) == ["country", "area", "city", "postcode"]
    assert '<option value="CA">' in part
    assert names_of(browser.post("/address/", {"country": "SG"}).content.decode()) == ["country", "postcode"]


def test_without_scripts_a_button_shows_the_next_choices(shop: Shop, browser: Client) -> None:
    typed = {**PERSON, "division_1": "330000", "reckon": "1"}
    page = browser.post("/checkout/", typed).content.decode()
    assert "<html" in page
    assert names_of(page) == ["country", "division_1", "division_2"]
    assert 'value="衡山路 1 号"' in page
    assert "field-error" not in page
    with in_tenant(shop.tenant):
        assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "abc"}, "phone"),
        ({"address": "x"}, "address"),
        ({"name": "123"}, "name"),
        ({"division_2": ""}, "division_2"),
        ({"division_1": "", "division_2": ""}, "division_1"),
        ({"division_1": "330000", "division_2": "330100"}, "division_3"),
        ({"country": "US", "phone": "+14155552671", "area": "CA", "city": "SF", "postcode": "1"}, "postcode"),
    ],
)
def test_what_cannot_be_an_address_is_asked_again_at_its_field(
    shop: Shop, browser: Client, sandbox: object, changes: dict[str, str], field: str
) -> None:
    answer = place(browser, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('class="field-error"') == 1
    assert f'id="id_{field}_error"' in page
    assert f'value="{changes.get("name", ADDRESS["name"])}"' in page
    with in_tenant(shop.tenant):
        assert not Order.objects.exists()


def test_an_address_abroad_is_kept_with_its_fields(shop: Shop, browser: Client, sandbox: object) -> None:
    page = browser.get("/checkout/")
    abroad = {
        "name": "Ann Lee", "phone": "(415) 555-2671", "country": "US", "area": "CA", "city": "San Francisco",
        "postcode": "94103", "address": "1 Market Street",
    }  # fmt: skip
    assert browser.post("/checkout/", {**Fields(page).values, **abroad}).status_code == 302
    assert order(shop).ship_to == {
        **abroad, "phone": "+14155552671", "region": "San Francisco, CA, 94103, United States",
    }  # fmt: skip
    put(browser, shop.tea)
    again = browser.get("/checkout/").content.decode()
    assert 'value="94103"' in again
    assert '<option value="CA" selected>' in again


@given(st.sampled_from(sorted(divisions.divisions())), st.sampled_from(sorted(countries.countries())))
def test_what_was_kept_is_what_the_next_form_shows(code: str, country: str) -> None:
    form = AddressForm(initial={**PERSON, "country": "CN", "division": code})
    assert form.ship_to()["division"] == code
    assert AddressForm(initial={**PERSON, "country": country}).ship_to()["country"] == country
