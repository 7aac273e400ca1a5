"""Changing a shop's look: a draft is written, then published."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from accounts.models import User
from kernel import audit, clock
from kernel.errors import InvalidDocument, InvalidInput
from tenants.brand import selectors
from tenants.brand.document import BrandDocument
from tenants.brand.models import Brand


def parse_brand(document: Any) -> BrandDocument:
    """Check a document given as plain data. Raises InvalidDocument that lists every fault with its field."""
    try:
        return BrandDocument.model_validate(document)
    except ValidationError as error:
        faults = [
            InvalidInput(
                fault["msg"].removeprefix("Value error, "),
                field=".".join(str(part) for part in fault["loc"]),
                value=fault.get("input"),
            )
            for fault in error.errors()
        ]
        raise InvalidDocument(_("The brand cannot be taken as it is"), list(faults)) from error


def save_draft(*, document: Any, acting_user: User) -> Brand:
    """Store a look without showing it to members yet. The same draft again changes nothing."""
    checked = parse_brand(document).model_dump(mode="json", exclude_unset=True)
    with transaction.atomic(durable=True):
        brand = _locked()
        if brand.draft != checked:
            audit.record(
                "brand.draft",
                actor=acting_user,
                object_type="brand",
                object_id=brand.pk,
                changes={"draft": checked},
            )
            brand.draft = checked
            brand.save(update_fields=["draft", "updated_at"])
    return brand


def publish(*, acting_user: User) -> Brand:
    """Put the draft before the members, under a new version; nothing happens if it is already there."""
    with transaction.atomic(durable=True):
        brand = _locked()
        if brand.draft != brand.published:
            audit.record(
                "brand.publish",
                actor=acting_user,
                object_type="brand",
                object_id=brand.pk,
                object_label=f"v{brand.version + 1}",
                changes={"before": brand.published, "after": brand.draft},
            )
            brand.published = brand.draft
            brand.version += 1
            brand.published_at = clock.now()
            brand.save(update_fields=["published", "version", "published_at", "updated_at"])
    selectors.forget()
    return brand


def install(document: BrandDocument) -> None:
    """Give a new shop its first look. Must run inside a transaction and inside the tenant's schema."""
    look = document.model_dump(mode="json", exclude_unset=True)
    Brand.objects.update_or_create(
        pk=1, defaults={"published": look, "draft": look, "published_at": clock.now()}
    )


def _locked() -> Brand:
    """The one row, locked; made from the default look if the shop has none yet."""
    Brand.objects.get_or_create(pk=1)
    return Brand.objects.select_for_update().get(pk=1)
