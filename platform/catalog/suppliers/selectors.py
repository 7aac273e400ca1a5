"""Reads of suppliers."""

from django.utils.translation import gettext as _

from catalog.suppliers.models import Supplier
from kernel.errors import NotFound


def find_supplier(code: str) -> Supplier:
    """Return the supplier of this code, or raise NotFound."""
    supplier = Supplier.objects.filter(code=code).first()
    if supplier is None:
        raise NotFound(
            _("there is no supplier of this code"),
            field="supplier",
            value=code,
            remedy=_("create it first; its code is written in small letters"),
        )
    return supplier
