"""Writes of suppliers."""

from typing import Any

from catalog.suppliers.models import Supplier
from kernel import audit
from kernel.database.unit_of_work import joins_transaction
from kernel.days import usual_zone

SUPPLIER_FIELDS = frozenset(
    {
        *("name", "email", "region", "country", "timezone", "branch", "required_licences"),
        *("settlement_policy", "currency"),
        *("freight", "freight_free_from", "handling_days", "is_active"),
    }
)


@joins_transaction
def save_supplier(*, code: str, acting_user: Any, **fields: Any) -> Supplier:
    """Create the supplier ``code`` or change the ``fields`` given (see SUPPLIER_FIELDS), and return it.

    Amounts are minor units. A new supplier's time zone is the usual one of its country unless it is given.
    Writes, with an audit entry, only if something changed. Raises Django's
    ValidationError for a code or a field that cannot be, ValueError for a field that a supplier has not.
    """
    if unknown := set(fields) - SUPPLIER_FIELDS:
        raise ValueError(f"a supplier has no {sorted(unknown)}")
    supplier = Supplier.objects.select_for_update().filter(code=code).first()
    if supplier is None:
        fields.setdefault("name", {"en": code})
        if "country" in fields:
            fields.setdefault("timezone", usual_zone(fields["country"]))
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
