"""Case I in a running shop: reviewed first, no slot fee, and what one did not sell the others sell."""

from datetime import date, timedelta

import pytest

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payouts.models import PayoutHold
from billing.payouts.payables import selectors as payable_selectors
from catalog.models import Stock
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.tenancy import in_public, in_tenant
from selection.admission import services as admission_services
from selection.proposals.services import ProposalLicence
from selection.rounds import services as round_services
from tenants.agents.attribution.selectors import Visit
from tenants.agents.models import Earning
from tenants.agents.origins import services as origin_services
from tenants.agents.roles import services as role_services
from tenants.agents.rules import presets
from tenants.shop.orders.models import Order
from tenants.shop.promotions.campaigns import selectors as campaign_selectors
from tenants.shop.promotions.campaigns import services as campaign_services
from tenants.shop.promotions.campaigns.models import Campaign
from tenants.shop.promotions.campaigns.services import NewCampaignItem
from tests.agents.running.rules_shop import RulesShop, make_rules_shop
from tests.support.rounds import SMALL, make_club, make_proposal, vote

COST, PRICE, HOURS_PRICE, SELL_OFF = 6_000, 10_000, 9_000, 8_500


def room(shop: RulesShop, name: str, bringer: str) -> Visit:
    """A streamer's room, entered by the link of ``bringer``."""
    owner, code = shop.member(name), shop.member(bringer).referral_code
    with in_tenant(shop.tenant):
        role_services.grant_role(member=owner, role="streamer", acting_user=None)
        opened = origin_services.open_origin(kind="room", owner=owner, title="Tonight", acting_user=None)
    return Visit(origin=opened.code, bringer=code)


def review(shop: RulesShop) -> None:
    """Nothing of the goods is sold before they have passed; a lie about them ends it before that."""
    make_club(shop.tenant)
    with in_public():
        with pytest.raises(InvalidInput) as caught:
            make_proposal(shop.goods, price=10_900)  # another channel asks 108.00
        assert caught.value.code == "not_the_lowest_price"
        with pytest.raises(InvalidInput):
            make_proposal(
                shop.goods, licences=[ProposalLicence("食品生产许可证", "SC114530100", date(2020, 1, 1))]
            )
        proposal = make_proposal(shop.goods)
    with in_tenant(shop.tenant), pytest.raises(NotFound):
        campaign(shop, 10)
    with in_public():
        round_ = round_services.open_round(proposal_ids=[proposal.pk], terms=SMALL, acting_user="central")
        vote(round_, "panel", 90)
        vote(round_, "jury", 90)


def campaign(shop: RulesShop, units: int) -> Campaign:
    now = clock.now()
    seller = shop.member("lin")
    return campaign_services.open_campaign(
        campaign_id=new_id(),
        name="Lin's evening",
        seller=seller,
        starts_at=now,
        ends_at=now + timedelta(hours=2),
        matrix_until=now + timedelta(hours=5),
        items=[NewCampaignItem(shop.variant, units, price=HOURS_PRICE, sell_off_price=SELL_OFF)],
        acting_user="test",
    )


def price_of(shop: RulesShop, order: Order) -> int:
    with in_tenant(shop.tenant):
        return order.lines.get().unit_price


@pytest.mark.slow
def test_what_one_streamer_did_not_sell_the_matrix_sells_and_everybody_is_paid_for_what_they_sold(
    db: None,
) -> None:
    shop = make_rules_shop(presets.source("live-network"), price=PRICE, cost=COST)
    review(shop)
    lin, wu, chen = room(shop, "lin", "friend"), room(shop, "wu", "friend"), room(shop, "chen", "wu")
    with in_tenant(shop.tenant):
        campaign_row = campaign(shop, 10)

    # Lin's hours: her viewers have the goods at the campaign's price, nobody else's have.
    orders = [shop.buy(f"lin{number}", visit=lin) for number in range(3)]
    assert {price_of(shop, order) for order in orders} == {HOURS_PRICE}
    assert price_of(shop, shop.place("passer-by", visit=wu)) == PRICE
    page = shop.browser("passer-by").get(f"/p/{shop.goods.supplier.code}/goods/")
    assert b"Campaign until" not in page.content

    # She releases what is left; the others sell it off, each for themselves, and no unit twice.
    with in_tenant(shop.tenant):
        assert campaign_services.release_units(campaign=campaign_row, acting_user=shop.user("lin")) == 7
    orders += [shop.buy(f"wu{number}", visit=wu) for number in range(2)]
    orders += [
        shop.buy("wu-more", 2, visit=wu),
        shop.buy("chen0", visit=chen),
        shop.buy("chen1", visit=chen),
    ]
    assert {price_of(shop, order) for order in orders[3:]} == {SELL_OFF}
    assert price_of(shop, shop.place("late", 2, visit=wu)) == PRICE, "one unit is left, two were wanted"
    for order, visit in zip(orders, [lin] * 3 + [wu] * 3 + [chen] * 2, strict=True):
        units, each = (2 if order is orders[5] else 1), (HOURS_PRICE if visit is lin else SELL_OFF)
        earned = shop.earned(order)
        assert (earned["stream"], earned["bring"]) == (units * each // 10, units * each * 4 // 100)
        assert sum(earned.values()) == units * (each - COST)
    with in_tenant(shop.tenant):
        sold = campaign_selectors.sold_by(campaign_row)
        assert [(member and member.user.email, units) for member, units in sold] == [
            ("wu@example.test", 4), ("lin@example.test", 3), ("chen@example.test", 2),
        ]  # fmt: skip
        paid = dict.fromkeys(("lin", "wu", "chen", "friend"), 0)
        for earning in Earning.objects.exclude(payee=None).select_related("payee__user"):
            paid[earning.payee.user.email.partition("@")[0]] += earning.amount
    # Wu also brought Chen's viewers: 4 % of two sales.
    assert paid == {"lin": 2_700, "wu": 3_400 + 680, "chen": 1_700, "friend": 1_080 + 1_360}

    # The supplier is owed nine units' cost and was never asked for anything.
    supplier = shop.goods.supplier
    assert payable_selectors.totals_of(supplier) == [payable_selectors.Totals("CNY", waiting=9 * COST)]
    entries = Entry.objects.filter(account__owner_kind="supplier", account__owner_id=supplier.pk)
    assert set(entries.values_list("account__kind", flat=True)) == {AccountKind.SUPPLIER_PAYABLE}
    assert {entry.amount > 0 for entry in entries} == {True}

    # What nobody sold is stock again: all but nine sold, and three units of orders not paid yet.
    with in_tenant(shop.tenant):
        campaign_services.end_campaign(
            campaign=Campaign.objects.get(pk=campaign_row.pk), acting_user=shop.user("lin")
        )
    assert Stock.objects.get(variant_id=shop.variant).available == 1_000_000 - 9 - 3

    # It was a counterfeit after all: gone at once, its supplier's money held, the penalty owed.
    with in_public():
        admission_services.declare_counterfeit(
            product_id=shop.goods.pk,
            penalty=500_000,
            currency="CNY",
            reason="not the maker's",
            acting_user="chief",
        )
        while outbox.relay():
            pass
    assert PayoutHold.objects.get().supplier_id == supplier.pk
    owed = {"owner_kind": "supplier", "owner_id": supplier.pk, "kind": AccountKind.SUPPLIER_RECEIVABLE}
    assert ledger_selectors.balance(**owed, currency="CNY") == -500_000
    with pytest.raises((Conflict, NotFound, InvalidInput)):
        shop.place("deceived", visit=lin)
    assert sum(ledger_selectors.sum_by_currency().values()) == 0
