"""Campaigns: goods set aside for one seller's buyers for a while, and then sold off by the others.

Units are the catalogue's (catalog.allocations); who sells, at what price and how long is the shop's.
Before a campaign's end its units are for those who come through its seller, or for everybody in the shop
where it has none. What is left then, or is released before, is for the buyers of the other sellers; what is
left after that is stock again. The hour decides when an order is placed, however late a worker is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.allocations import services as allocation_services
from catalog.models import Allocation, Variant
from kernel import audit, clock
from kernel.database.unit_of_work import lock_name
from kernel.errors import InvalidInput, NotFound
from kernel.events import outbox
from kernel.tenancy import current_schema
from tenants.agents.models import Member
from tenants.registry.selectors import current_tenant
from tenants.shop.listings import selectors as listing_selectors
from tenants.shop.listings import services as listing_services
from tenants.shop.listings.overlay import overlay
from tenants.shop.pricing import margin_guard
from tenants.shop.promotions.campaigns.models import Campaign, CampaignItem

LONGEST = timedelta(days=31)
"""From now to the very end: what one shop sets aside, no other can sell meanwhile."""
TURNED = "campaign.turned"


@dataclass(frozen=True, slots=True)
class NewCampaignItem:
    """Units of a variant to set aside. Prices in minor units; None: the shop's own."""

    variant_id: UUID
    units: int
    price: int | None = None
    sell_off_price: int | None = None


def open_campaign(
    *,
    campaign_id: UUID,
    name: str,
    seller: Member | None,
    starts_at: datetime,
    ends_at: datetime,
    matrix_until: datetime,
    items: Sequence[NewCampaignItem],
    acting_user: User | str,
    sellers: Sequence[Member] = (),
) -> Campaign:
    """Set goods aside at once, and write the hours at which they move on. The same id again: no change.

    ``sellers`` sell off what is left; without any named, everybody does. Raises InvalidInput (hours, a price
    below what it must cover or above the shop's own), OutOfStock; then nothing is set aside.
    """
    now = clock.now()
    if not name.strip() or not items:
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
        campaign = Campaign.objects.create(
            id=campaign_id,
            name=name.strip()[:120],
            seller=seller,
            starts_at=starts_at,
            ends_at=ends_at,
            matrix_until=matrix_until,
        )
        for item in sorted(items, key=lambda item: item.variant_id):
            _set_aside(campaign, item, [member.pk for member in sellers])
        for hour in (starts_at, ends_at, matrix_until):
            outbox.emit(TURNED, {"campaign_id": str(campaign.pk)}, delay=max(hour - now, timedelta(0)))
        audit.record(
            "campaign.opened",
            actor=acting_user,
            object_type="campaign",
            object_id=campaign.pk,
            object_label=campaign.name,
            changes={str(item.variant_id): item.units for item in items},
        )
    return campaign


def _set_aside(campaign: Campaign, item: NewCampaignItem, sellers: list[UUID]) -> None:
    variant = Variant.objects.filter(pk=item.variant_id).first()
    ordinary = listing_selectors.price_of(item.variant_id)
    if variant is None or ordinary is None:
        raise NotFound(_("this product is not on sale here"), field="goods", value=item.variant_id)
    if item.units < 1:
        raise InvalidInput(_("only whole units can be set aside"), field="goods", value=item.units)
    for amount in (item.price, item.sell_off_price):
        if amount is not None and amount > ordinary:
            raise InvalidInput(_("a campaign asks no more than the shop"), field="price", value=amount)
        if amount is not None:
            margin_guard.check_price(overlay(), variant.product_id, variant.pk, amount)
    allocation = Allocation(
        tenant_id=current_tenant().pk,
        campaign_id=campaign.pk,
        variant=variant,
        holder=campaign.seller_id,
        sellers=sellers,
        units=item.units,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        matrix_until=campaign.matrix_until,
    )
    allocation_services.create_allocation(allocation)
    CampaignItem.objects.create(
        campaign=campaign,
        variant_id=variant.pk,
        allocation_id=allocation.pk,
        price=item.price,
        sell_off_price=item.sell_off_price,
    )


def release_units(*, campaign: Campaign, acting_user: User, units: Mapping[UUID, int] | None = None) -> int:
    """Let the other sellers have units (variant id -> units), or all that are left; return how many."""
    with transaction.atomic(durable=True):
        released = allocation_services.open_to_others(
            tenant_id=current_tenant().pk, campaign_id=campaign.pk, units=units
        )
        _record(campaign, "campaign.released", acting_user)
    return released


def end_campaign(*, campaign: Campaign, acting_user: User) -> None:
    """End a campaign now: what nobody bought is stock again. Again: no change."""
    with transaction.atomic(durable=True):
        now = clock.now()
        if Campaign.objects.filter(pk=campaign.pk, matrix_until__gt=now).update(
            starts_at=min(campaign.starts_at, now), ends_at=min(campaign.ends_at, now), matrix_until=now
        ):
            allocation_services.end_allocations(tenant_id=current_tenant().pk, campaign_id=campaign.pk)
            _record(campaign, "campaign.ended", acting_user)


def _record(campaign: Campaign, action: str, acting_user: User) -> None:
    listing_services.count_change()
    audit.record(
        action,
        actor=acting_user,
        object_type="campaign",
        object_id=campaign.pk,
        object_label=campaign.name,
    )
