"""Pages promise what the rules give, no more: joining, free freight, thanks, refunds."""

import pytest

from fulfilment.models import SupplierOrder
from kernel.tenancy import in_tenant
from tenants.agents.rules import presets
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tenants.shop.orders.models import Order
from tenants.shop.refunds import services as refund_services
from tests.storefront.conftest import Shop
from tests.storefront.test_buying import order, place, put
from tests.support.build import make_product, make_supplier
from tests.support.sandbox import RunningSandbox

AT_ONCE = "hold from the first minute"


@pytest.mark.parametrize("name", presets.names())
def test_who_joins_reads_what_members_prices_ask(shop: Shop, name: str) -> None:
    with in_tenant(shop.tenant):
        rules_version_services.activate_rules(
            document=presets.source(name), acting_user=None, sign_off=SignOff("Dana", "read")
        )
    rules = presets.rules(name)
    page = shop.visitor("en").get("/account/signup/").content.decode()
    reductions = rules.compiled.reductions
    granted = set(rules.document.join.granted_to("anyone"))
    is_at_once = any(not entry.buyer_roles or entry.buyer_roles & granted for entry in reductions)
    assert (AT_ONCE in page) == is_at_once
    assert ("begin with a deposit of" in page) == bool(
        reductions and not is_at_once and rules.document.join.deposit
    )
    if not reductions:
        assert "Members' prices" not in page.replace("&#x27;", "'")


SAVING = """
name: Twelve less
limits: {payout: {percent: 100, of: margin}}
earn:
  - {id: less, kind: price_reduction, payee: buyer, percent: 12}
"""


@pytest.mark.parametrize("price", [9_700, 9_799, 9_800, 9_801, 11_136])
def test_free_freight_counts_the_prices_that_the_page_shows(shop: Shop, price: int) -> None:
    with in_tenant(shop.tenant):
        rules_version_services.activate_rules(
            document=SAVING, acting_user=None, sign_off=SignOff("Dana", "read")
        )
    mill = make_supplier("mill", freight=600, freight_free_from=9_800)
    make_product(mill, "grain", price=price, cost=1_000)
    browser = shop.member()
    product = browser.get("/p/mill/grain/").content.decode()
    assert "98.00" in product
    browser.post("/cart/add/", {"variant_id": str(mill.products.get().variants.get().pk), "quantity": "1"})
    page = browser.get("/cart/").content.decode()
    assert ("包邮" in page) == (price >= 9_800)


@pytest.fixture
def paid(shop: Shop, sandbox: RunningSandbox) -> tuple[Shop, object, Order]:
    """Bob's paid order of goods of two suppliers."""
    browser = shop.member()
    put(browser, shop.tea, shop.pot)
    pay = place(browser)["Location"]
    browser.post(pay, {"card": "success"})
    return shop, browser, order(shop)


def test_an_order_of_which_a_part_went_back_does_not_thank_for_the_payment(paid) -> None:
    shop, browser, bought = paid
    path = f"/orders/{bought.number}/"
    assert "Thank you" in browser.get(path, headers={"accept-language": "en"}).content.decode()
    with in_tenant(shop.tenant):
        line = bought.lines.order_by("position")[0]
    with in_tenant(shop.tenant):
        refund_services.refund_order(
            order_id=bought.pk, reason="x", acting_user="test", idempotency_key="1", lines={line.pk: 1}
        )
    page = browser.get(path, headers={"accept-language": "en"}).content.decode()
    assert "Thank you" not in page
    assert "what was not refunded" in page


def test_asking_for_a_refund_leads_to_the_form_and_the_case_is_found_again(paid) -> None:
    shop, browser, bought = paid
    row = SupplierOrder.objects.filter(order_id=bought.pk).order_by("id")[0]
    form = f"/orders/{bought.number}/cases/{row.pk}/"
    page = browser.get(f"/orders/{bought.number}/").content.decode()
    wish = page.split('id="after-sales"')[1].split("</details>")[0]
    assert form in wish, "where somebody wants their money back"
    answer = browser.post(form, {"wish": "refund", "text": "It is broken."})
    case = answer["Location"]
    page = browser.get(f"/orders/{bought.number}/").content.decode()
    assert form not in page
    assert case in page
    assert case in browser.get("/cases/").content.decode()
    assert "/cases/" in browser.get("/me/").content.decode()
    assert case not in shop.member("eve@example.test").get("/cases/").content.decode()
