"""Writes to the assortment rule and to single listings. Every command may be repeated."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from billing.payments import limits as payment_limits
from kernel import audit
from tenants.shop.listings.assortment import AssortmentRule
from tenants.shop.listings.models import Assortment, Listing, ListingPrice
from tenants.shop.listings.overlay import overlay
from tenants.shop.pricing import margin_guard


def count_change() -> None:
    """Give what the shop offers a new version: what is kept of its pages is made anew."""
    Assortment.objects.get_or_create(id=1, defaults={"rule": {}})
    Assortment.objects.filter(id=1).update(version=F("version") + 1)


def set_assortment(*, rule: AssortmentRule, acting_user: User | str) -> Assortment:
    """Replace the rule by which this shop lists and prices the shared catalogue."""
    with transaction.atomic():
        row, _created = Assortment.objects.select_for_update().get_or_create(id=1, defaults={"rule": {}})
        before, row.rule, row.version = row.rule, rule.model_dump(mode="json"), row.version + 1
        row.save()
        audit.record(
            "assortment.set",
            actor=acting_user,
            object_type="assortment",
            object_id=row.id,
            changes={"before": before, "after": row.rule},
        )
    return row


def override_listing(
    *,
    product_id: UUID,
    acting_user: User,
    title: Mapping[str, str] | None = None,
    is_hidden: bool | None = None,
    is_extra: bool | None = None,
    featured: int | None = None,
    prices: Mapping[UUID, int | None] | None = None,
) -> Listing:
    """Let one product differ from the rule; None leaves a field as it is.

    ``prices``: variant id -> minor units, or None to follow the rule again. Raises InvalidInput for a price
    that does not cover supply cost, platform fee and the lowest allowed price, saying which.
    """
    view = overlay()
    with transaction.atomic():
        row, _created = Listing.objects.select_for_update().get_or_create(product_id=product_id)
        changes: dict[str, Any] = {
            name: value
            for name, value in {
                "title": dict(title) if title is not None else None,
                "is_hidden": is_hidden,
                "is_extra": is_extra,
                "featured": featured,
            }.items()
            if value is not None
        }
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
        for variant_id, amount in (prices or {}).items():
            if amount is None:
                ListingPrice.objects.filter(variant_id=variant_id, listing=row).delete()
                continue
            payment_limits.require_price(amount, view.currency, view.tenant.gateway)
            margin_guard.check_price(view, product_id, variant_id, amount)
            ListingPrice.objects.update_or_create(
                variant_id=variant_id, defaults={"listing": row, "amount": amount}
            )
        count_change()
        audit.record(
            "listing.override",
            actor=acting_user,
            object_type="listing",
            object_id=product_id,
            changes={**changes, "prices": {str(key): value for key, value in (prices or {}).items()}},
        )
    return row
