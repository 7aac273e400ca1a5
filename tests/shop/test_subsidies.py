"""Case I: "a subsidy budget is handed out as red packets and goods subsidies, and never overspent".

A tea costs 100.00 with 10 % saved at the till, a lamp 250.00; freight 6.00 and 9.00.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import roles
from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payments.payments import sandbox_cards
from billing.subsidy_budgets import services as subsidy_budget_services
from billing.subsidy_budgets.models import SubsidyBudget, SubsidyClaim
from billing.watch import checks
from kernel import clock
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.models import NO_ONE
from kernel.tenancy import in_tenant
from tenants.agents.attribution import services as attribution_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Earning
from tenants.agents.origins import services as origin_services
from tenants.shop import money_map
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.cart import services as cart_services
from tenants.shop.cart.access import CartOwner
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order
from tenants.shop.promotions.goods_subsidies import services as goods_subsidy_services
from tenants.shop.promotions.red_packets import access as red_packet_access
from tenants.shop.promotions.red_packets import selectors as red_packet_selectors
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.red_packets.models import RedPacket, RedPacketBatch
from tenants.shop.refunds import services as refund_services
from tests.ledger.test_commits import at_once
from tests.shop.test_commission_life import relay
from tests.support.books import drift
from tests.support.build import ADDRESS, make_product, make_supplier, make_user
from tests.support.purchases import book_payment, fill_cart, place, variant_of
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

HOUR = timedelta(hours=1)
SET_ASIDE = AccountKind.SUBSIDY_CLAIMED


def boss() -> User:
    return User.objects.filter(email="boss@example.test").first() or make_user(
        "boss@example.test", role=roles.OWNER
    )


def budget(shop: World, amount: int, name: str = "Opening") -> SubsidyBudget:
    """A budget with money of the prepaid balance."""
    with transaction.atomic():
        ledger_services.post(
            tenant_id=shop.tenant.id,
            kind="test.topped_up",
            idempotency_key=str(uuid4()),
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -amount, NO_ONE),
                Leg("tenant", shop.tenant.id, AccountKind.TENANT_PREPAID, "CNY", amount),
            ],
        )
    return subsidy_budget_services.fund(
        tenant=shop.tenant,
        name=name,
        amount=amount,
        source=AccountKind.TENANT_PREPAID,
        acting_user=boss(),
        idempotency_key=str(uuid4()),
    )


def subsidise(fund: SubsidyBudget, amount: int, **what: Any) -> Any:
    now = clock.now()
    return goods_subsidy_services.attach_subsidy(
        budget_id=fund.id,
        amount=amount,
        starts_at=now - HOUR,
        ends_at=now + 24 * HOUR,
        acting_user=boss(),
        **what,
    )


def hand_out(fund: SubsidyBudget, *, amount: int = 2_000, number: int = 3, **how: Any) -> RedPacketBatch:
    values = {"min_spend": 5_000, "audience": "members", "expires_at": clock.now() + 48 * HOUR, **how}
    return red_packet_services.issue(
        budget_id=fund.id, name="Welcome", amount=amount, number=number, acting_user=boss(), **values
    )


def on(shop: World, owner: UUID, kind: AccountKind = SET_ASIDE) -> int:
    return ledger_selectors.balance(
        owner_kind="tenant", owner_id=owner, kind=kind, currency="CNY", tenant_id=shop.tenant.id
    )


def with_packet(shop: World, packet: RedPacket, **cart: int) -> Order:
    owner = fill_cart(shop, **cart)
    quote = cart_selectors.quote(owner=owner, user=shop.carol, red_packet_id=packet.id)
    return place(shop, owner, expected_total=quote.total, red_packet_id=packet.id)


def test_a_goods_subsidy_lowers_what_the_member_pays_and_nothing_else(shop: World) -> None:
    plain = cart_selectors.quote(owner=fill_cart(shop, tea=2, lamp=0), user=shop.carol)
    fund = budget(shop, 10_000)
    subsidise(fund, 1_500, products=[shop.tea.id])
    card = next(card for card in offer_selectors.shelf(user=shop.carol) if card.handle == "tea")
    assert (card.price, card.compare_at, card.member_price, card.subsidy) == (8_500, 10_000, 7_500, 1_500)
    detail = offer_selectors.product("farm", "tea", shop.carol)
    assert detail is not None
    assert (detail.price, detail.variants[0].member_price, detail.variants[0].subsidy) == (
        8_500,
        7_500,
        1_500,
    )
    owner = CartOwner(user_id=shop.carol.pk, device=None)
    quote = cart_selectors.quote(owner=owner, user=shop.carol)
    assert (quote.total, quote.subsidy) == (plain.total - 3_000, 3_000)
    assert (quote.fee, quote.freight, quote.saving) == (plain.fee, plain.freight, plain.saving)
    order = place(shop, owner)
    assert (subsidy_budget_services.left(fund), on(shop, fund.id)) == (7_000, 3_000), "set aside"
    book_payment(order)
    assert (subsidy_budget_services.left(fund), on(shop, fund.id)) == (7_000, 0), "spent"
    # Bob earns 8 % of 180.00, as without the subsidy, and the money map sums to the cent.
    assert Earning.objects.get(sale_id=order.id, payee_id=shop.bob.pk).amount == 1_440
    flows = ledger_selectors.flows(order.id, kind="order.paid")
    assert sum(flow.amount for flow in flows) == 0
    assert {flow.kind: flow.amount for flow in flows if flow.amount < 0} == {
        AccountKind.PSP_CLEARING: -order.total,
        SET_ASIDE: -3_000,
    }
    with translation.override("en"):
        ribbons, rows = money_map.map_of(order)
    assert sum(row.amount for row in rows) == order.total + 3_000
    sources = {ribbon.source: 0 for ribbon in ribbons}
    for ribbon in ribbons:
        sources[ribbon.source] += ribbon.amount
    assert sources == {"Paid by the member": order.total, "Subsidy": 3_000}
    (view,) = subsidy_budget_services.budgets_of(shop.tenant.id)
    assert (view.left, view.set_aside, view.spent, view.total) == (7_000, 0, 3_000, 10_000)


def test_what_is_not_paid_gives_the_subsidy_back(shop: World) -> None:
    fund = budget(shop, 5_000)
    subsidise(fund, 1_000, variants=[variant_of(shop.tea)])
    order = place(shop, fill_cart(shop, tea=3, lamp=1))
    assert subsidy_budget_services.left(fund) == 2_000
    with transaction.atomic():
        order_services.expire_order(order_id=order.id)
    assert (subsidy_budget_services.left(fund), on(shop, fund.id)) == (5_000, 0)
    second = place(shop, fill_cart(shop))
    order_services.cancel_order(order_id=second.id, acting_user=shop.carol)
    assert subsidy_budget_services.left(fund) == 5_000
    assert drift() == []


def test_an_empty_budget_ends_the_subsidy_silently(shop: World) -> None:
    fund = budget(shop, 1_500)
    subsidy = subsidise(fund, 1_000, products=[shop.tea.id])
    version = offer_selectors.catalogue_version()
    owner = fill_cart(shop, tea=2, lamp=0)
    assert cart_selectors.quote(owner=owner, user=shop.carol).subsidy == 0, (
        "not enough for both: the normal price"
    )
    cart_services.set_quantity(owner=owner, line_id=cart_selectors.cart(owner).lines[0].line_id, quantity=1)
    order = place(shop, owner)
    assert (order.subsidy, subsidy_budget_services.left(fund)) == (1_000, 500)
    assert offer_selectors.catalogue_version() != version, "kept pages are batch anew"
    card = next(card for card in offer_selectors.shelf(user=shop.carol) if card.handle == "tea")
    assert (card.price, card.compare_at, card.subsidy) == (10_000, None, 0)
    order_services.cancel_order(order_id=order.id, acting_user=shop.carol)
    assert offer_selectors.catalogue_version() == version
    with time_machine.travel(clock.now() + 25 * HOUR):
        assert cart_selectors.quote(owner=fill_cart(shop), user=shop.carol).subsidy == 0, "its window is over"
    for _again in range(2):
        goods_subsidy_services.end_subsidy(subsidy_id=subsidy.id, acting_user=boss())
    assert cart_selectors.quote(owner=fill_cart(shop), user=shop.carol).subsidy == 0


def test_at_the_last_moment_the_price_has_moved(shop: World) -> None:
    fund = budget(shop, 1_000)
    subsidy = subsidise(fund, 1_000, products=[shop.tea.id])
    owner = fill_cart(shop, lamp=0)
    seen = cart_selectors.quote(owner=owner, user=shop.carol).total
    goods_subsidy_services.end_subsidy(subsidy_id=subsidy.id, acting_user=boss())
    with pytest.raises(Conflict) as moved:
        place(shop, owner, expected_total=seen)
    assert moved.value.code == "price_changed"
    assert len(cart_selectors.cart(owner).lines) == 1


def test_every_refund_gives_back_its_part_to_the_cent(shop: World, sandbox: RunningSandbox) -> None:
    fund = budget(shop, 10_000)
    subsidise(fund, 1_111, products=[shop.tea.id])
    packet = red_packet_services.take(batch_id=hand_out(fund, amount=1_000).id, user=shop.carol)
    order = with_packet(shop, packet, tea=3, lamp=1)
    assert (order.subsidy, order.red_packet) == (3_333, 1_000)
    sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
    order.refresh_from_db()
    left = subsidy_budget_services.left(fund)
    tea = order.lines.get(sku="tea-0")

    def give_back(**what: Any) -> int:
        refund_services.refund_order(
            order_id=order.id, reason="", acting_user=boss(), idempotency_key=str(uuid4()), **what
        )
        assert sum(flow.amount for flow in ledger_selectors.flows(order.id, kind="order.refunded")) == 0
        return subsidy_budget_services.left(fund) - left

    assert give_back(lines={tea.id: 1}) == 3_333 // 3 + tea.red_packet // 3
    give_back(amount=7_777)
    order.refresh_from_db()
    assert give_back() == 3_333 + 1_000, "nothing is left anywhere"
    order.refresh_from_db()
    assert (order.state, order.refunded) == ("refunded", order.total)
    assert [claim.returned for claim in SubsidyClaim.objects.filter(reference_id=order.id)] == [3_333]
    packet.refresh_from_db()
    assert packet.state == "used", "refunded in parts, the packet's money went to the budget"
    assert on(shop, shop.tenant.id, AccountKind.TENANT_MARGIN) == 0
    assert drift() == []
    with translation.override("en"):
        ribbons, rows = money_map.map_of(order)
    assert {ribbon.target for ribbon in ribbons} == {"Refunded to the member", "Back to the subsidy budget"}
    assert all(row.amount == row.back for row in rows)


@pytest.mark.slow
def test_a_whole_refund_gives_the_packet_back_while_it_is_good(shop: World, sandbox: RunningSandbox) -> None:
    fund = budget(shop, 10_000)
    batch = hand_out(fund, number=2)
    packet = red_packet_services.take(batch_id=batch.id, user=shop.carol)
    for state, held in (("free", 4_000), ("expired", 0)):
        order = with_packet(shop, packet, lamp=0)
        packet.refresh_from_db()
        assert (packet.state, order.red_packet, on(shop, batch.id)) == ("reserved", 2_000, 4_000)
        sandbox_cards.confirm_with_test_card(payment_id=order.payment_id, card="success")
        assert on(shop, batch.id) == 2_000
        with time_machine.travel(clock.now() + (49 if state == "expired" else 0) * HOUR):
            if state == "expired":
                relay()
            refund_services.refund_order(
                order_id=order.id, reason="", acting_user=boss(), idempotency_key=state
            )
        packet.refresh_from_db()
        assert (packet.state, on(shop, batch.id)) == ("used" if held == 0 else state, held)
    assert subsidy_budget_services.left(fund) == 10_000


def test_a_packet_is_not_for_invented_accounts(shop: World) -> None:
    batch = hand_out(budget(shop, 10_000), number=5)
    invented = User.objects.create_user("made-up@example.test", "secret-pass-1")
    with pytest.raises(NotAllowed) as unverified:
        red_packet_services.take(batch_id=batch.id, user=invented)
    assert unverified.value.code == "unverified"
    for user in (shop.carol, shop.bob):
        member = member_services.ensure_member(user=user)
        attribution_services.note_device(member=member, device="d" * 43)
    assert red_packet_services.take(batch_id=batch.id, user=shop.carol)
    with pytest.raises(Conflict) as same_device:
        red_packet_services.take(batch_id=batch.id, user=shop.bob)
    assert same_device.value.code == "same_device"
    batch.refresh_from_db()
    assert batch.handed_out == 1


def test_a_packet_is_for_one_member_one_order_and_enough_goods(shop: World) -> None:
    fund = budget(shop, 4_000)
    batch = hand_out(fund, number=2, min_spend=20_000)
    assert (subsidy_budget_services.left(fund), on(shop, batch.id)) == (0, 4_000)
    (offered,) = red_packet_selectors.offered_to(shop.carol)
    packet = red_packet_services.take(batch_id=offered.id, user=shop.carol)
    assert red_packet_services.take(batch_id=batch.id, user=shop.carol) == packet
    assert red_packet_selectors.offered_to(shop.carol) == []
    owner = fill_cart(shop, lamp=0)
    quote = cart_selectors.quote(owner=owner, user=shop.carol, red_packet_id=packet.id)
    assert (quote.red_packet, len(quote.problems)) == (0, 1)
    assert cart_selectors.quote(owner=owner, user=shop.bob, red_packet_id=packet.id).problems == []
    order = with_packet(shop, packet, tea=0, lamp=1)
    assert order.total == 9_000 + 22_500 + 600 + 900 - 2_000
    assert (
        cart_selectors.quote(owner=fill_cart(shop), user=shop.carol, red_packet_id=packet.id).red_packet == 0
    )
    with pytest.raises(Conflict):
        red_packet_services.reserve(red_packet_id=packet.id, user=shop.carol, order_id=order.id)
    with time_machine.travel(clock.now() + 49 * HOUR):
        relay()
        assert on(shop, batch.id) == 0, "the order was not paid in time either"
    assert subsidy_budget_services.left(fund) == 4_000
    assert {packet.state_now for packet in red_packet_selectors.of_member(shop.carol)} == {"expired"}


def test_who_may_take_a_packet(shop: World) -> None:
    fund = budget(shop, 10_000)
    room = origin_services.open_origin(
        owner=member_services.ensure_member(user=shop.alice), kind="room", title="Evening", acting_user=boss()
    )
    for_room = hand_out(fund, number=1, audience="room", origin_code=room.code)
    assert red_packet_selectors.offered_to(shop.bob) == []
    with pytest.raises(NotFound):
        red_packet_services.take(batch_id=for_room.id, user=shop.bob)
    assert [offered.id for offered in red_packet_selectors.offered_to(shop.bob, room.code)] == [for_room.id]
    red_packet_services.take(batch_id=for_room.id, user=shop.bob, origin_code=room.code)
    by_link = hand_out(fund, number=1, audience="link")
    assert red_packet_selectors.offered_to(shop.bob) == []
    assert red_packet_access.batch_by_code(by_link.code) == by_link
    red_packet_services.stop(batch_id=by_link.id, acting_user=boss())
    with pytest.raises(Conflict):
        red_packet_services.take(batch_id=by_link.id, user=shop.bob)
    assert subsidy_budget_services.left(fund) == 8_000


def test_what_is_refused(shop: World) -> None:
    fund = budget(shop, 3_000)
    for wrong in ({"number": 2}, {"amount": 6_000}, {"number": 0}, {"audience": "x"}, {"min_spend": 2_000}):
        with pytest.raises((InvalidInput, InsufficientBalance)):
            hand_out(fund, **wrong)
    with pytest.raises(NotFound):
        hand_out(fund, number=1, audience="room", origin_code="none")
    for wrong in ({}, {"category": "none"}, {"products": [uuid4()]}):
        with pytest.raises((InvalidInput, NotFound)):
            subsidise(fund, 100, **wrong)
    for user in (shop.carol, shop.sam):
        with pytest.raises(NotAllowed):
            goods_subsidy_services.attach_subsidy(
                budget_id=fund.id,
                amount=1,
                starts_at=clock.now(),
                ends_at=clock.now() + HOUR,
                acting_user=user,
                products=[shop.tea.id],
            )
    # The database refuses what no code asks for.
    with transaction.atomic():
        subsidy_budget_services.set_aside(budget_id=fund.id, reference_id=uuid4(), amount=100, holder=fund.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidyClaim.objects.update(returned=101)


def test_the_watch_sees_money_that_nothing_holds(shop: World) -> None:
    fund = budget(shop, 9_000)
    subsidise(fund, 1_000, products=[shop.tea.id])
    hand_out(fund)
    place(shop, fill_cart(shop))
    check = checks.registered()["shop.subsidies_are_claimed"]
    assert list(check(None)) == []
    RedPacketBatch.objects.update(number=2)
    assert [difference.facts["booked"] for difference in check(None)] == [6_000]


@pytest.mark.slow
def test_fifty_orders_at_once_never_overspend(own_database: str, world: World) -> None:
    with in_tenant(world.tenant):
        mug = make_product(make_supplier("kiln"), "mug", price=10_000, cost=5_000, stock=200)
        fund = budget(world, 7_050)
        subsidise(fund, 1_000, products=[mug.id])
        batch = hand_out(budget(world, 4_000, "Packets"), number=2)
        buyers = [make_user(f"buyer{number}@example.test") for number in range(50)]
        for buyer in buyers:
            cart_services.add_to_cart(owner=CartOwner(buyer.pk, None), variant_id=variant_of(mug))
        total = cart_selectors.quote(owner=CartOwner(buyers[0].pk, None), user=buyers[0]).total

    def order(buyer: User) -> Any:
        with in_tenant(world.tenant):
            return order_services.place_order(
                user=buyer,
                ship_to=ADDRESS,
                expected_total=total,
                idempotency_key=str(buyer.pk),
            )

    def take(buyer: User) -> Any:
        with in_tenant(world.tenant):
            return red_packet_services.take(batch_id=batch.id, user=buyer)

    results: list[Any] = []
    takes: list[Any] = []
    for start in range(0, 50, 10):
        some = buyers[start : start + 10]
        results += at_once(*[lambda buyer=buyer: order(buyer) for buyer in some], atomic=False)
        takes += at_once(*[lambda buyer=buyer: take(buyer) for buyer in some], atomic=False)
    with in_tenant(world.tenant):
        placed = [result for result in results if isinstance(result, Order)]
        assert len(placed) == 7_050 // 1_000, results
        assert {result.code for result in results if not isinstance(result, Order)} == {"price_changed"}
        assert (subsidy_budget_services.left(fund), on(world, fund.id)) == (50, 7_000)
        assert len([red_packet for red_packet in takes if isinstance(red_packet, RedPacket)]) == 2, takes
        assert {refusal.code for refusal in takes if isinstance(refusal, Conflict)} == {"none_left"}
        assert RedPacket.objects.count() == 2
        assert drift() == []
