"""Who may buy from which campaign, and where its units are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from catalog.allocations import selectors as allocation_selectors
from catalog.models import Allocation
from kernel import clock
from tenants.agents.attribution import selectors as attribution_selectors
from tenants.agents.attribution.selectors import Visit
from tenants.agents.models import Member
from tenants.agents.rules.sale.values import Chain
from tenants.agents.rules.splitting.savings import break_even_price
from tenants.shop.listings.overlay import Overlay
from tenants.shop.listings.selectors import OfferedVariant
from tenants.shop.promotions.campaigns.models import Campaign, CampaignItem


def came_through(chain: Chain, visit: Visit) -> frozenset[UUID]:
    """Return through whom a buyer comes: the line above, and whose live room, note or group it was."""
    chain = attribution_selectors.through(chain, visit)
    people = (chain.sharer, chain.streamer, chain.author, chain.leader)
    return frozenset(UUID(person.id) for person in people if person is not None)


def offered(
    view: Overlay,
    offers: Sequence[OfferedVariant],
    *,
    quantities: Mapping[UUID, int],
    chain: Chain,
    visit: Visit,
) -> list[OfferedVariant]:
    """Return the offers as this buyer has them: from a campaign where one has as many units as are asked for.

    ``quantities``: variant id -> units, one of those not named. One statement where no offer is in a
    campaign.
    """
    rows = list(
        allocation_selectors.running(
            tenant_id=view.tenant.pk, variants=[offer.variant_id for offer in offers]
        )
    )
    if not rows:
        return list(offers)
    through, prices = came_through(chain, visit), _prices(rows)
    best: dict[UUID, OfferedVariant] = {}
    ordinary = {offer.variant_id: offer for offer in offers}
    for row in rows:
        offer = ordinary[row.variant_id]
        for is_open, left in _left(row, through):
            price = min(prices[row.pk][is_open] or offer.price, offer.price)
            if left < quantities.get(row.variant_id, 1) or price < break_even_price(
                offer.cost, view.covered_bp
            ):
                continue
            if row.variant_id not in best or price < best[row.variant_id].price:
                compared = offer.price if price < offer.price else None
                best[row.variant_id] = replace(
                    offer,
                    price=price,
                    compare_at=offer.compare_at or compared,
                    available=left,
                    allocation_id=row.pk,
                    from_open=is_open,
                    campaign_until=row.matrix_until if is_open else row.ends_at,
                )
    return [best.get(offer.variant_id, offer) for offer in offers]


def _prices(rows: Sequence[Allocation]) -> dict[UUID, tuple[int | None, int | None]]:
    items = CampaignItem.objects.filter(allocation_id__in=[row.pk for row in rows])
    return {item.allocation_id: (item.price, item.sell_off_price or item.price) for item in items}


def _left(row: Allocation, through: frozenset[UUID]) -> list[tuple[bool, int]]:
    """Return (is open, units) for what these people's buyer may have of a running allocation."""
    is_over = row.ends_at <= clock.now()
    left = []
    if not is_over and (row.holder is None or row.holder in through):
        left.append((False, row.own))
    if through and (not row.sellers or through & set(row.sellers)):
        left.append((True, row.open + (row.own if is_over else 0)))
    return left


@dataclass(frozen=True, slots=True)
class CampaignItemStatus:
    """Where a campaign's units of a variant are: with the seller, open to others, sold, or stock again.

    Prices in minor units; None: as in the shop. ``phase``: "waiting", "seller", "matrix" or "over".
    """

    item: CampaignItem
    allocation: Allocation
    phase: str
    own: int
    open: int

    @property
    def left(self) -> int:
        """Units that can be bought, or could be from the start on."""
        return self.own + self.open


def phase_of(campaign: Campaign) -> str:
    """Return who sells at this moment: nobody yet, the seller, the others, or nobody any more."""
    now = clock.now()
    if now < campaign.starts_at:
        return "waiting"
    if now < campaign.ends_at:
        return "seller"
    return "matrix" if now < campaign.matrix_until else "over"


def item_statuses(campaign: Campaign) -> list[CampaignItemStatus]:
    """Return where the units are at this moment, variant by variant; right also where a worker is late."""
    phase = phase_of(campaign)
    items = {item.allocation_id: item for item in campaign.items.all()}
    return [
        CampaignItemStatus(
            item=items[row.pk],
            allocation=row,
            phase=phase,
            own=row.own if phase in {"waiting", "seller"} else 0,
            open=row.open + row.own if phase == "matrix" else row.open if phase != "over" else 0,
        )
        for row in allocation_selectors.allocations_of(campaign.pk).order_by("id")
        if row.pk in items
    ]


_SOLD = """
SELECT coalesce(o.chain->'streamer'->>'id', o.chain->'author'->>'id', o.chain->'leader'->>'id',
        o.chain->'sharer'->>'id'), sum(r.quantity)::integer
FROM public.catalog_reservation r JOIN public.catalog_allocation a ON a.id = r.allocation_id
    JOIN shop_order o ON o.id = r.reference
WHERE a.campaign_id = %s AND r.state = 'committed' GROUP BY 1 ORDER BY 2 DESC
"""


def sold_by(campaign: Campaign) -> list[tuple[Member | None, int]]:
    """Return who sold how many units of a campaign, most first."""
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [campaign.pk])
        rows = cursor.fetchall()
    members = Member.objects.select_related("user").in_bulk([UUID(key) for key, _units in rows if key])
    return [(members.get(UUID(key)) if key else None, units) for key, units in rows]
