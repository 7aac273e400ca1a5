"""Campaigns: goods set aside for one seller's buyers for a while, and then sold off by the others.

Units are the catalogue's (catalog.stock.allocations); who sells, at what price and how long is the shop's.
Before a campaign's end its units are for those who come through its seller, or for everybody in the shop
where it has none. What is left then, or is released before, is for the buyers of the other sellers; what is
left after that is stock again. The hour decides when an order is placed, however late a worker is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Allocation, Variant
from catalog.stock import allocations
from catalog.stock.allocations import Taken
from kernel import audit, clock, outbox
from kernel.errors import InvalidInput, NotFound
from kernel.locks import lock_name
from kernel.models import OutboxEvent
from kernel.tenancy import current_schema, in_tenant
from tenants.agents import selectors as agents
from tenants.agents.bindings import attribution
from tenants.agents.bindings.attribution import Visit
from tenants.agents.models import Member
from tenants.agents.rules import Chain
from tenants.registry.selectors import current_tenant, tenant_of_schema
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.assortment import floor_price
from tenants.shop.listings.offers import OfferedVariant, Overlay, overlay
from tenants.shop.models import Assortment, Campaign, CampaignGoods
from tenants.shop.pricing.shapes import PricedLine

LONGEST = timedelta(days=31)
"""From now to the very end: what one shop sets aside, no other can sell meanwhile."""
TURNED = "campaign.turned"


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of a variant, at the shop's own price where none is given. Minor units."""

    variant_id: UUID
    units: int
    price: int | None = None
    sell_off_price: int | None = None


def make(
    *,
    campaign_id: UUID,
    name: str,
    seller: Member | None,
    starts_at: datetime,
    ends_at: datetime,
    matrix_until: datetime,
    goods: Sequence[Goods],
    acting_user: User | str,
    sellers: Sequence[Member] = (),
) -> Campaign:
    """Set goods aside at once, and write the hours at which they move on. The same id again: no change.

    ``sellers`` sell off what is left; without any named, everybody does. Raises InvalidInput (hours, a price
    below what it must cover or above the shop's own), OutOfStock; then nothing is set aside.
    """
    now = clock.now()
    if not name.strip() or not goods:
        raise InvalidInput(_("a campaign needs a name and goods"), field="goods")
    if not now - timedelta(minutes=5) <= starts_at < ends_at <= matrix_until <= now + LONGEST:
        raise InvalidInput(
            _("a campaign starts now or later, ends after that, and is over within 31 days"),
            field="ends_at",
            remedy=_("change its hours"),
        )
    with transaction.atomic(durable=True):
        lock_name(f"{current_schema()}:campaign:{campaign_id}")
        if earlier := Campaign.objects.filter(pk=campaign_id).first():
            return earlier
        made = Campaign.objects.create(
            id=campaign_id,
            name=name.strip()[:120],
            seller=seller,
            starts_at=starts_at,
            ends_at=ends_at,
            matrix_until=matrix_until,
        )
        for one in sorted(goods, key=lambda one: one.variant_id):
            _add(made, one, [member.pk for member in sellers])
        for hour in (starts_at, ends_at, matrix_until):
            outbox.emit(TURNED, {"campaign_id": str(made.pk)}, delay=max(hour - now, timedelta(0)))
        audit.record(
            "campaign.made",
            actor=acting_user,
            object_type="campaign",
            object_id=made.pk,
            object_label=made.name,
            changes={str(one.variant_id): one.units for one in goods},
        )
    return made


def _add(campaign: Campaign, goods: Goods, sellers: list[UUID]) -> None:
    variant = Variant.objects.filter(pk=goods.variant_id).first()
    ordinary = listing_services.price_of(goods.variant_id)
    if variant is None or ordinary is None:
        raise NotFound(_("this product is not on sale here"), field="goods", value=goods.variant_id)
    if goods.units < 1:
        raise InvalidInput(_("only whole units can be set aside"), field="goods", value=goods.units)
    for amount in (goods.price, goods.sell_off_price):
        if amount is not None and amount > ordinary:
            raise InvalidInput(_("a campaign asks no more than the shop"), field="price", value=amount)
        if amount is not None:
            listing_services.guard_margin(overlay(), variant.product_id, variant.pk, amount)
    allocation = Allocation(
        tenant_id=current_tenant().pk,
        campaign_id=campaign.pk,
        variant=variant,
        holder=campaign.seller_id,
        sellers=sellers,
        units=goods.units,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        matrix_until=campaign.matrix_until,
    )
    allocations.set_aside(allocation)
    CampaignGoods.objects.create(
        campaign=campaign,
        variant_id=variant.pk,
        allocation_id=allocation.pk,
        price=goods.price,
        sell_off_price=goods.sell_off_price,
    )


def release(*, campaign: Campaign, acting_user: User, units: Mapping[UUID, int] | None = None) -> int:
    """Let the other sellers have units (variant id -> units), or all that are left; return how many."""
    with transaction.atomic(durable=True):
        released = allocations.release(tenant_id=current_tenant().pk, campaign_id=campaign.pk, units=units)
        _moved(campaign, "campaign.released", acting_user)
    return released


def end(*, campaign: Campaign, acting_user: User) -> None:
    """End a campaign now: what nobody bought is stock again. Again: no change."""
    with transaction.atomic(durable=True):
        now = clock.now()
        if Campaign.objects.filter(pk=campaign.pk, matrix_until__gt=now).update(
            starts_at=min(campaign.starts_at, now), ends_at=min(campaign.ends_at, now), matrix_until=now
        ):
            allocations.end(tenant_id=current_tenant().pk, campaign_id=campaign.pk)
            _moved(campaign, "campaign.ended", acting_user)


def _moved(campaign: Campaign, act: str, acting_user: User) -> None:
    _renew_pages()
    audit.record(
        act,
        actor=acting_user,
        object_type="campaign",
        object_id=campaign.pk,
        object_label=campaign.name,
    )


def on_turned(event: OutboxEvent) -> None:
    """An hour of a campaign has come."""
    with in_tenant(tenant_of_schema(event.schema)):
        allocations.follow(campaign_id=UUID(event.payload["campaign_id"]))
        _renew_pages()


def _renew_pages() -> None:
    """Let kept pages be made anew: prices may be others."""
    Assortment.objects.get_or_create(id=1, defaults={"rule": overlay().rule.model_dump(mode="json")})
    Assortment.objects.filter(id=1).update(version=F("version") + 1)


def came_through(chain: Chain, visit: Visit) -> frozenset[UUID]:
    """Return the members through whom a buyer comes: the line above, and whose room, note or group it is."""
    chain = attribution.through(chain, visit)
    found = (chain.sharer, chain.streamer, chain.author, chain.leader)
    return frozenset(UUID(one.id) for one in found if one is not None)


def offered(
    view: Overlay,
    offers: Sequence[OfferedVariant],
    *,
    wanted: Mapping[UUID, int],
    chain: Chain,
    visit: Visit,
) -> list[OfferedVariant]:
    """Return the offers as this buyer has them: from a campaign where one has as many units as are wanted.

    Costs nothing while the shop has no campaign, and one statement where none of these goods is in one.
    """
    if not view.has_campaigns:
        return list(offers)
    rows = list(
        allocations.running(tenant_id=view.tenant.pk, variants=[offer.variant_id for offer in offers])
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
            if left < wanted[row.variant_id] or price < floor_price(offer.cost, view.tenant.platform_fee_bp):
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


def for_viewer(
    view: Overlay,
    offers: Sequence[OfferedVariant],
    *,
    user: User | None,
    visit: Visit,
    wanted: Mapping[UUID, int] | None = None,
) -> list[OfferedVariant]:
    """Return the offers as this person has them, one unit of each unless ``wanted`` says more."""
    if not view.has_campaigns:
        return list(offers)
    return offered(
        view,
        offers,
        wanted=wanted or {offer.variant_id: 1 for offer in offers},
        chain=agents.chain_of(user),
        visit=visit,
    )


def _prices(rows: Sequence[Allocation]) -> dict[UUID, tuple[int | None, int | None]]:
    goods = CampaignGoods.objects.filter(allocation_id__in=[row.pk for row in rows])
    return {one.allocation_id: (one.price, one.sell_off_price or one.price) for one in goods}


def _left(row: Allocation, through: frozenset[UUID]) -> list[tuple[bool, int]]:
    """Return (is open, units) for what these people's buyer may have of a running allocation."""
    is_over = row.ends_at <= clock.now()
    found = []
    if not is_over and (row.holder is None or row.holder in through):
        found.append((False, row.own))
    if through and (not row.sellers or through & set(row.sellers)):
        found.append((True, row.open + (row.own if is_over else 0)))
    return found


def taken_by(lines: Sequence[PricedLine]) -> list[Taken]:
    """Return what the lines take of campaigns."""
    return [
        Taken(line.allocation_id, line.from_open, line.quantity)
        for line in lines
        if line.allocation_id is not None
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign's units of a variant are: with the seller, open to others, held, sold, stock again.

    Prices in minor units; None: as in the shop. ``phase``: "waiting", "seller", "matrix" or "over".
    """

    goods: CampaignGoods
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


def standing(campaign: Campaign) -> list[Standing]:
    """Return where the units are at this moment, variant by variant; right also where a worker is late."""
    phase = phase_of(campaign)
    goods = {one.allocation_id: one for one in campaign.goods.all()}
    return [
        Standing(
            goods=goods[row.pk],
            allocation=row,
            phase=phase,
            own=row.own if phase in {"waiting", "seller"} else 0,
            open=row.open + row.own if phase == "matrix" else row.open if phase != "over" else 0,
        )
        for row in allocations.of_campaign(campaign.pk).order_by("id")
        if row.pk in goods
    ]


def of_seller(member_id: UUID) -> list[Campaign]:
    """Return the campaigns of a member that are not over, the first to end first."""
    return list(
        Campaign.objects.filter(seller_id=member_id, matrix_until__gt=clock.now()).order_by("ends_at", "id")
    )


def open_to(member_id: UUID) -> list[Campaign]:
    """Return the campaigns of others of which this member's buyers can buy something now."""
    now, tenant = clock.now(), current_tenant().pk
    found = Campaign.objects.filter(starts_at__lte=now, matrix_until__gt=now).exclude(seller_id=member_id)
    rows = Allocation.objects.filter(
        tenant_id=tenant, campaign_id__in=[one.pk for one in found], closed_at=None
    )
    mine = {
        row.campaign_id
        for row in rows
        if any(left for is_open, left in _left(row, frozenset({member_id})) if is_open)
    }
    return [one for one in found if one.pk in mine]


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
