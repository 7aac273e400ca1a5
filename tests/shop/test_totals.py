"""What a payment provider would not take is known at the cart; what leaves nothing to pay is paid at once."""

import pytest

from billing.payments import limits
from billing.payments.models import Payment
from billing.subsidy_budgets import services as subsidy_budget_services
from catalog.models import Reservation, Stock
from kernel.errors import Conflict
from tenants.agents.models import Earning
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.orders.models import Order
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.plan import make_plan, refundable_of
from tests.shop.test_subsidies import budget, hand_out, subsidise, with_packet
from tests.support.books import drift
from tests.support.build import make_product, make_supplier
from tests.support.purchases import book_payment, fill_cart, place, variant_of
from tests.support.world import World

LIMITS = limits.of("CNY")
assert LIMITS is not None
LEAST, GREATEST = LIMITS.least, LIMITS.greatest


@pytest.mark.parametrize("total", [1, LEAST - 1, LEAST, LEAST + 1, GREATEST - 1, GREATEST, GREATEST + 1])
def test_a_total_is_placed_if_and_only_if_the_provider_takes_it(shop: World, total: int) -> None:
    # A member saves a tenth at the till, rounded down.
    product = make_product(make_supplier("mill", freight=0), "grain", price=total + (total - 1) // 9, cost=0)
    owner = CartOwner(user_id=shop.carol.pk, device=None)
    cart_services.add_to_cart(owner=owner, variant_id=variant_of(product))
    quote = cart_selectors.cart(owner, shop.carol).quote
    assert quote.total == total
    is_taken = limits.refusal(quote.total, "CNY") is None
    assert (quote.total_problem == "") == is_taken
    if is_taken:
        assert place(shop, owner).total == quote.total
        return
    with pytest.raises(Conflict) as refused:
        place(shop, owner)
    assert refused.value.code == "total_not_taken"
    assert not Reservation.objects.exists()
    assert not Payment.objects.exists()
    assert cart_services.Cart.objects.get(user=shop.carol).lines.count() == 1, "nothing is lost"


def test_what_subsidies_pay_whole_is_an_order_without_a_payment(shop: World) -> None:
    shop.farm.freight = 0
    shop.farm.save()
    fund = budget(shop, 100_000)
    subsidise(fund, 20_000, products=[shop.tea.id])
    before = Stock.objects.get(variant_id=variant_of(shop.tea)).available
    order = place(shop, fill_cart(shop, tea=2, lamp=0))
    order.refresh_from_db()
    assert (order.total, order.payment_id, order.state) == (0, None, Order.State.PAID)
    assert order.paid_at is not None
    assert not Payment.objects.exists()
    assert Stock.objects.get(variant_id=variant_of(shop.tea)).available == before - 2
    assert Earning.objects.filter(sale_id=order.pk, kind="commission").exists(), "who shared it earns"
    assert subsidy_budget_services.left(fund) == 100_000 - order.subsidy
    assert drift() == []


def test_of_such_an_order_a_part_and_then_all_comes_back_to_the_budget(shop: World) -> None:
    shop.farm.freight = 0
    shop.farm.save()
    fund = budget(shop, 100_000)
    subsidise(fund, 20_000, products=[shop.tea.id])
    order = place(shop, fill_cart(shop, tea=2, lamp=0))
    line = order.lines.get()
    about = {"order_id": order.id, "reason": "broken", "acting_user": shop.alice}
    refund_services.refund_order(**about, idempotency_key="1", lines={line.id: 1})
    order.refresh_from_db()
    assert order.state == Order.State.PAID, "one of two units is still to be sent"
    assert subsidy_budget_services.left(fund) == 100_000 - order.subsidy // 2
    refund_services.refund_order(**about, idempotency_key="2")
    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert subsidy_budget_services.left(fund) == 100_000
    assert drift() == []


def test_a_line_that_a_budget_paid_stays_when_another_is_refunded(shop: World) -> None:
    fund = budget(shop, 100_000)
    subsidise(fund, 20_000, products=[shop.tea.id])
    order = book_payment(place(shop, fill_cart(shop, tea=1, lamp=1)))
    lines = {line.product_id: line for line in order.lines.all()}
    assert lines[shop.tea.id].to_pay == 0
    left = refundable_of(order)
    plan = make_plan(left, currency="CNY", lines={lines[shop.lamp.id].id: 1}, freight=dict(left.freight))
    assert plan.amount == left.amount, "all that the buyer paid"
    assert [part.line.product_id for part in plan.lines] == [shop.lamp.id]
    everything = make_plan(left, currency="CNY", amount=left.amount)
    assert {part.line.product_id for part in everything.lines} == {shop.tea.id, shop.lamp.id}


def test_a_red_packet_may_pay_all_of_the_goods_it_is_for(shop: World) -> None:
    shop.farm.freight = 0
    shop.farm.save()
    batch = hand_out(budget(shop, 50_000), amount=9_000, number=1, min_spend=9_000)
    packet = red_packet_services.take(batch_id=batch.id, user=shop.carol)
    order = with_packet(shop, packet, tea=1, lamp=0)
    order.refresh_from_db()
    assert (order.total, order.red_packet, order.state) == (0, 9_000, Order.State.PAID)
    packet.refresh_from_db()
    assert packet.state == "used"
    assert drift() == []


def test_what_a_red_packet_leaves_has_to_be_enough_for_a_payment(shop: World) -> None:
    shop.farm.freight = 0
    shop.farm.save()
    batch = hand_out(budget(shop, 50_000), amount=8_999, number=1, min_spend=9_000)
    packet = red_packet_services.take(batch_id=batch.id, user=shop.carol)
    with pytest.raises(Conflict) as refused:
        with_packet(shop, packet, tea=1, lamp=0)
    assert refused.value.code == "total_not_taken"
    packet.refresh_from_db()
    assert packet.state == "free"
