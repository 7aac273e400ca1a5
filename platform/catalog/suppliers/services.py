"""Writes of suppliers."""

from typing import Any

from django.db import transaction

from catalog.suppliers.models import Supplier
from kernel import audit

SUPPLIER_FIELDS = frozenset(
    {
        *("name", "email", "region", "branch", "required_licences", "settlement_policy", "currency"),
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
            audit.record_on(supplier, "save_supplier", actor=acting_user, changes=changes)
    return supplier
