"""From cart to paid order: what is held, booked, shared and sent, and what a wrong step leaves alone."""

import pytest

from billing.ledger import selectors as ledger_selectors
from billing.payments.purposes import PaidTooLate
from catalog.models import Stock
from fulfilment.models import SupplierOrder
from kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.rules_versions import services as rules_version_services
from tenants.registry import selectors as registry_selectors
from tenants.shop import money_map
from tenants.shop.cart import access as cart_access
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.cart.models import CartLine
from tenants.shop.listings import services as listing_services
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders import checkout
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tests.support.build import ADDRESS, make_product, make_supplier
from tests.support.purchases import book_payment, fill_cart, place, variant_of
from tests.support.world import World


def test_quote_splits_by_supplier_and_saves_at_the_till(shop: World) -> None:
    quote = cart_selectors.quote(owner=fill_cart(shop), user=shop.carol)
    assert quote.goods == 35_000
    assert quote.saving == 3_500
    assert quote.freight == 600 + 900
    assert quote.total == 33_000
    assert sorted(line.amount for line in quote.lines) == [10_000, 25_000]
    assert not quote.problems


def test_paid_order_is_split_to_the_cent(shop: World) -> None:
    order = book_payment(place(shop, fill_cart(shop)))
    assert order.state == Order.State.PAID
    flows = {
        (flow.owner_kind, flow.kind): flow.amount
        for flow in ledger_selectors.flows(order.id)
        if flow.owner_kind != "supplier"
    }
    goods_paid = 31_500
    fee = goods_paid // 100
    assert flows["platform", "psp_clearing"] == -33_000
    assert flows["platform", "platform_fee"] == fee
    assert flows["tenant", "tenant_margin"] == goods_paid - 20_000 - fee - 2_520 - 945
    assert sum(flow.amount for flow in ledger_selectors.flows(order.id)) == 0
    earnings = {earning.earn_id: earning.amount for earning in earning_selectors.earnings_of(order.id)}
    assert earnings["share"] == 2_520
    assert earnings["second"] == 945
    _ribbons, rows = money_map.map_of(order)
    assert sum(row.amount for row in rows) == order.total


def test_paid_order_is_sent_to_each_supplier(shop: World) -> None:
    order = book_payment(place(shop, fill_cart(shop, tea=2)))
    parts = {part.supplier.code: part for part in SupplierOrder.objects.filter(order_id=order.id)}
    assert parts["farm"].payable == 2 * 5_000 + 600
    assert parts["forge"].payable == 15_000 + 900
    stock = Stock.objects.get(variant_id=variant_of(shop.tea))
    assert (stock.available, stock.reserved) == (8, 0)


def test_paying_twice_changes_nothing(shop: World) -> None:
    order = book_payment(place(shop, fill_cart(shop)))
    before = ledger_selectors.counts()
    assert book_payment(order).state == Order.State.PAID
    assert ledger_selectors.counts() == before


def test_same_key_is_the_same_order_and_another_content_a_conflict(shop: World) -> None:
    owner = fill_cart(shop)
    total = cart_selectors.quote(owner=owner, user=shop.carol).total
    first = place(shop, owner, expected_total=total, idempotency_key="k")
    assert place(shop, owner, expected_total=total, idempotency_key="k").id == first.id
    with pytest.raises(Conflict, match=r"another order|另一"):
        place(shop, owner, expected_total=total + 1, idempotency_key="k")
    assert Order.objects.count() == 1


def test_a_total_that_moved_is_refused_and_nothing_is_held(shop: World) -> None:
    owner = fill_cart(shop)
    with pytest.raises(Conflict) as refusal:
        place(shop, owner, expected_total=1)
    assert refusal.value.code == "price_changed"
    assert not Order.objects.exists()
    assert CartLine.objects.count() == 2
    assert Stock.objects.get(variant_id=variant_of(shop.tea)).reserved == 0


@pytest.mark.parametrize(
    ("missing", "field"),
    [("name", "name"), ("phone", "phone"), ("region", "division"), ("address", "address")],
)
def test_address_names_the_field_that_is_missing(shop: World, missing: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        place(shop, fill_cart(shop), ship_to={**ADDRESS, missing: " "})
    assert refusal.value.field == f"ship_to.{field}"
    assert not Order.objects.exists()


def test_an_address_that_cannot_be_kept_is_refused(shop: World) -> None:
    with pytest.raises(InvalidInput) as refusal:
        place(shop, fill_cart(shop), ship_to={**ADDRESS, "name": "Carol\0"})
    assert refusal.value.field == "ship_to.name"


def test_more_than_there_is_cannot_be_ordered(shop: World) -> None:
    owner = fill_cart(shop, lamp=6)
    assert cart_selectors.quote(owner=owner, user=shop.carol).problems
    with pytest.raises((Conflict, OutOfStock)):
        place(shop, owner)
    assert Stock.objects.get(variant_id=variant_of(shop.lamp)).available == 5


def test_what_the_shop_does_not_list_cannot_be_bought(shop: World) -> None:
    hidden = make_product(make_supplier("other"), "hidden")
    listing_services.override_listing(product_id=hidden.id, is_hidden=True, acting_user=shop.alice)
    with pytest.raises(NotFound):
        cart_services.add_to_cart(owner=CartOwner(shop.carol.pk, None), variant_id=variant_of(hidden))


def test_expired_order_frees_its_stock_and_late_money_is_refused(shop: World) -> None:
    order = place(shop, fill_cart(shop))
    order_services.expire_order(order_id=order.id)
    order.refresh_from_db()
    assert order.state == Order.State.EXPIRED
    stock = Stock.objects.get(variant_id=variant_of(shop.tea))
    assert (stock.available, stock.reserved) == (10, 0)
    with pytest.raises(PaidTooLate):
        book_payment(order)


def test_rules_and_chain_are_those_of_the_moment_of_ordering(shop: World) -> None:
    order = place(shop, fill_cart(shop))
    rules_version_services.activate_rules(document="name: Nothing", acting_user=None)
    book_payment(order)
    assert {earning.earn_id: earning.amount for earning in earning_selectors.earnings_of(order.id)}[
        "share"
    ] == 2_520


def test_a_price_below_cost_and_fee_is_refused(shop: World) -> None:
    variant = variant_of(shop.tea)
    for price in (5_049, 6_690):  # below cost and fee; below what the rules may pay on top
        with pytest.raises(InvalidInput) as refusal:
            listing_services.override_listing(
                product_id=shop.tea.id, prices={variant: price}, acting_user=shop.alice
            )
        assert refusal.value.field == "price"
    listing_services.override_listing(product_id=shop.tea.id, prices={variant: 6_691}, acting_user=shop.alice)
    assert offer_selectors.product("farm", "tea").price == 6_691  # type: ignore[union-attr]


def test_partner_order_is_paid_from_the_balance_or_not_at_all(shop: World) -> None:
    line = checkout.PartnerLine(variant_of(shop.tea), 2, 5_000)
    with pytest.raises(Exception, match=r".*") as refusal:
        order_services.place_partner_order(
            tenant=registry_selectors.current_tenant(),
            lines=[line],
            ship_to=ADDRESS,
            reference="R",
            idempotency_key="1",
        )
    assert refusal.value.details["missing"] == 10_000 + 600 + 100  # type: ignore[attr-defined]
    assert not Order.objects.exists()
    assert Stock.objects.get(variant_id=variant_of(shop.tea)).available == 10


def test_carts_merge_when_a_visitor_signs_in(shop: World) -> None:
    device = CartOwner(user_id=None, device="d" * 43)
    cart_services.add_to_cart(owner=device, variant_id=variant_of(shop.tea), quantity=3)
    cart_services.add_to_cart(owner=CartOwner(shop.carol.pk, None), variant_id=variant_of(shop.tea))
    cart_services.merge_carts(device="d" * 43, user=shop.carol)
    assert [line.quantity for line in cart_access.lines_of(CartOwner(shop.carol.pk, None))] == [3]
    assert not cart_access.lines_of(device)
