"""Writing the catalogue. Importers and the demo write whole files through catalog.importing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.models import Category, Price, Stock, Supplier
from catalog.stock.services import (
    reopen_gate,
    set_hot,
)
from kernel import audit
from kernel.errors import InvalidInput

SUPPLIER_FIELDS = frozenset(
    {
        *("name", "email", "region", "branch", "required_licences", "settlement", "currency"),
        *("freight", "freight_free_from", "handling_days", "is_active"),
    }
)


def save_supplier(*, code: str, acting_user: Any, **fields: Any) -> Supplier:
    """Create the supplier ``code`` or change the ``fields`` given (see SUPPLIER_FIELDS).

    Amounts are minor units. Joins or opens a transaction; writes the audit log only if something changed.
    """
    if unknown := set(fields) - SUPPLIER_FIELDS:
        raise ValueError(f"a supplier has no {sorted(unknown)}")
    with transaction.atomic():
        supplier = Supplier.objects.select_for_update().filter(code=code).first()
        if supplier is None:
            fields.setdefault("name", {"en": code})
            supplier = Supplier(code=code, **fields)
            changes = dict(fields)
        else:
            changes = {name: value for name, value in fields.items() if getattr(supplier, name) != value}
            for name, value in changes.items():
                setattr(supplier, name, value)
        if changes:
            supplier.full_clean(validate_unique=False, validate_constraints=False)
            supplier.save()
            audit.record(
                "save_supplier",
                actor=acting_user,
                object_type="supplier",
                object_id=supplier.id,
                object_label=code,
                changes=changes,
            )
    return supplier


def save_category(
    *, slug: str, name: Mapping[str, str], parent: Category | None = None, position: int = 0
) -> Category:
    """Create the category ``slug``, or bring its name, parent and position up to date."""
    category = Category.objects.filter(slug=slug).first() or Category(slug=slug)
    wanted = (dict(name), parent.pk if parent else None, position)
    if category._state.adding or (category.name, category.parent_id, category.position) != wanted:
        category.name, category.parent, category.position = dict(name), parent, position
        category.save()
    return category


def set_stock(*, variant_id: UUID, available: int, acting_user: Any) -> None:
    """Say how many units of a variant can still be sold, beside what is reserved."""
    if available < 0:
        raise InvalidInput(
            _("stock cannot be negative"), field="available", value=available, remedy=_("write 0 or more")
        )
    with transaction.atomic():
        stock, created = Stock.objects.select_for_update().get_or_create(variant_id=variant_id)
        if stock.available == available and not created:
            return
        reopen_gate()
        before, stock.available = stock.available, available
        stock.save(update_fields=["available"])
        audit.record(
            "set_stock",
            actor=acting_user,
            object_type="variant",
            object_id=variant_id,
            changes={"available": [before, available]},
        )


def set_price(
    *, variant_id: UUID, currency: str, suggested: int, cost: int, minimum: int, acting_user: Any
) -> Price:
    """Set a variant's amounts in one currency, minor units; cost <= minimum <= suggested."""
    if not 0 <= cost <= minimum <= suggested:
        raise InvalidInput(
            _("cost, lowest price and suggested price must not fall below each other"),
            field="minimum",
            value=minimum,
            remedy=_("choose a lowest price between cost and suggested price"),
        )
    with transaction.atomic():
        price = Price.objects.select_for_update().filter(variant_id=variant_id, currency=currency).first()
        if price is None:
            price = Price(variant_id=variant_id, currency=currency)
        before = [price.cost, price.minimum, price.suggested]
        price.cost, price.minimum, price.suggested = cost, minimum, suggested
        if price._state.adding or before != [cost, minimum, suggested]:
            price.save()
            audit.record(
                "set_price",
                actor=acting_user,
                object_type="variant",
                object_id=variant_id,
                changes={currency: [before, [cost, minimum, suggested]]},
            )
    return price


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What changes of a variant in one currency; None stays. ``amounts``: cost, minimum and suggested."""

    variant_id: UUID
    currency: str
    amounts: Mapping[str, int] | None
    available: int | None
    is_hot: bool | None


def change_prices(*, changes: Sequence[PriceChange], acting_user: Any) -> None:
    """Set amounts and stock of many variants, all or nothing. Raises InvalidInput."""
    with transaction.atomic(durable=True):
        for change in changes:
            variant: dict[str, Any] = {"variant_id": change.variant_id, "acting_user": acting_user}
            if change.amounts is not None:
                set_price(**variant, currency=change.currency, **dict[str, Any](change.amounts))
            if change.available is not None:
                set_stock(**variant, available=change.available)
            if change.is_hot is not None:
                set_hot(**variant, hot=change.is_hot)


def fold_changes() -> None:
    """Replace the rows of CatalogueChange by one with their sum; the catalogue's version stays the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM public.catalog_cataloguechange RETURNING amount) "
            "INSERT INTO public.catalog_cataloguechange (amount) "
            "SELECT sum(amount) FROM gone HAVING count(*) > 0"
        )
