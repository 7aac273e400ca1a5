"""One price: list, product page, cart and order say the same of a variant, each with its reasons."""

from datetime import timedelta

from billing.ledger import selectors as ledger_selectors
from kernel import clock
from kernel.addresses.address import read_address
from kernel.ids import new_id
from tenants.agents.models import Earning, Member
from tenants.agents.rules_versions import services as rules_version_services
from tenants.shop.cart import selectors as cart_selectors
from tenants.shop.listings.overlay import overlay
from tenants.shop.offers import selectors as offer_selectors
from tenants.shop.orders import checkout
from tenants.shop.pricing.lines import PricedLine, PriceReason, PriceStep
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.campaigns.services import NewCampaignItem
from tenants.shop.promotions.red_packets import services as red_packet_services
from tenants.shop.promotions.red_packets.models import RedPacketBatch
from tests.shop.test_subsidies import budget, hand_out, subsidise
from tests.support.build import make_product
from tests.support.purchases import ADDRESS, book_payment, fill_cart, place, variant_of
from tests.support.world import World

HOUR = timedelta(hours=1)


def line_of(lines: list[PricedLine], handle: str) -> PricedLine:
    return next(line for line in lines if line.offer.product.handle == handle)


def steps_of(line: PricedLine) -> list[tuple[PriceReason, int]]:
    """The line's reasons, which sum to what is paid for it."""
    assert sum(step.amount for step in line.steps) == line.to_pay
    return [(step.reason, step.amount) for step in line.steps]


def test_everywhere_the_same_price_and_why(shop: World) -> None:
    fund = budget(shop, 50_000)
    subsidise(fund, 1_500, products=[shop.tea.id])
    owner = fill_cart(shop)
    card = next(card for card in offer_selectors.shelf(user=shop.carol) if card.handle == "tea")
    detail = offer_selectors.product("farm", "tea", shop.carol)
    assert detail is not None
    quote = cart_selectors.quote(owner=owner, user=shop.carol)
    tea = line_of(list(quote.lines), "tea")
    assert steps_of(tea) == [
        (PriceReason.LIST_PRICE, 10_000), (PriceReason.SAVING, -1_000), (PriceReason.SUBSIDY, -1_500),
    ]  # fmt: skip
    assert tea.steps[1:] == [
        PriceStep(PriceReason.SAVING, -1_000, "saving"),
        PriceStep(PriceReason.SUBSIDY, -1_500, str(fund.id)),
    ]
    in_cart = {line.variant_id: line for line in cart_selectors.cart(owner, shop.carol).lines}
    cart_line = in_cart[tea.variant_id]
    order_line = place(shop, owner).lines.get(sku="tea-0")
    assert {card.member_price, detail.variants[0].member_price, order_line.to_pay} == {tea.to_pay}
    assert (cart_line.unit_price, cart_line.subsidy) == (tea.unit_price, tea.subsidy)


def test_a_saving_stops_at_what_the_goods_cost(shop: World) -> None:
    thin = make_product(shop.tea.supplier, "thin", price=5_300, cost=5_000)
    shop.tea = thin
    line = line_of(list(cart_selectors.quote(owner=fill_cart(shop, lamp=0), user=shop.carol).lines), "thin")
    # 10 % of 53.00 would be 5.30; the rules stop at the cost, the shop at the platform fee on what is left.
    assert steps_of(line) == [
        (PriceReason.LIST_PRICE, 5_300), (PriceReason.SAVING, -300), (PriceReason.NEVER_BELOW_COST, 51),
    ]  # fmt: skip


def test_a_campaign_and_a_red_packet_are_reasons(shop: World) -> None:
    now = clock.now()
    campaign_services.open_campaign(
        campaign_id=new_id(),
        name="Tea night",
        seller=Member.objects.get(pk=shop.bob.pk),
        starts_at=now,
        ends_at=now + HOUR,
        matrix_until=now + HOUR,
        items=[NewCampaignItem(variant_of(shop.tea), 4, price=9_000)],
        acting_user="test",
    )
    batch: RedPacketBatch = hand_out(budget(shop, 4_000), amount=1_000)
    red_packet = red_packet_services.take(batch_id=batch.id, user=shop.carol)
    owner = fill_cart(shop, lamp=0)
    quote = cart_selectors.quote(owner=owner, user=shop.carol, red_packet_id=red_packet.id)
    assert steps_of(line_of(list(quote.lines), "tea")) == [
        (PriceReason.CAMPAIGN, 9_000), (PriceReason.SAVING, -900), (PriceReason.RED_PACKET, -1_000),
    ]  # fmt: skip


def test_a_partner_pays_what_the_goods_cost(shop: World) -> None:
    lines = [checkout.PartnerLine(variant_of(shop.tea), 2, 5_000)]
    quote = checkout.partner_quote(overlay(), lines, read_address(ADDRESS))
    assert steps_of(quote.lines[0]) == [(PriceReason.SUPPLY_COST, 10_000)]


def test_rules_that_sell_below_cost_do_so_in_the_shop_as_they_are_explained(shop: World) -> None:
    clearance = "name: x\nearn: [{id: half, kind: price_reduction, payee: buyer, percent: 50}]\n"
    rules_version_services.activate_rules(
        document=clearance + "limits: {below_cost: true}\n", acting_user=None
    )
    shop.tea = make_product(shop.tea.supplier, "clearance", price=10_000, cost=6_000)
    owner = fill_cart(shop, lamp=0)
    line = line_of(list(cart_selectors.quote(owner=owner, user=shop.carol).lines), "clearance")
    assert steps_of(line) == [(PriceReason.LIST_PRICE, 10_000), (PriceReason.SAVING, -5_000)]
    order = book_payment(place(shop, owner))
    margin = Earning.objects.get(sale__order_id=order.pk, kind="margin")
    # The shop bears the loss: 50.00 less cost 60.00 and the platform fee.
    assert margin.amount == 5_000 - 6_000 - order.fee
    assert sum(ledger_selectors.sum_by_currency().values()) == 0
