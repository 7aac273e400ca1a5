"""Reads of licences: what is missing, what ends soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from catalog.licences.models import Licence
from catalog.suppliers.models import Supplier
from kernel import clock

WARNED_BEFORE = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class LicenceGap:
    """A kind of licence of a supplier that ends on ``ends_on``, has ended, or (None) is missing."""

    supplier: Supplier
    kind: str
    ends_on: date | None

    @property
    def is_over(self) -> bool:
        """True if nothing that needs it may be sold today, where the supplier is."""
        return self.ends_on is None or self.ends_on < clock.today(self.supplier.zone)

    @property
    def name(self) -> str:
        """The kind of licence in the reader's language."""
        return str(Licence(kind=self.kind).get_kind_display())


def gaps(supplier: Supplier | None = None) -> list[LicenceGap]:
    """Return what is missing, has ended or ends within WARNED_BEFORE, the most urgent first.

    Of one supplier, or of all that supply. What only a category asks for is shown once it is missing.
    """
    suppliers = Supplier.objects.filter(is_active=True).prefetch_related("licences").order_by("code")
    if supplier is not None:
        suppliers = suppliers.filter(pk=supplier.pk)
    required = _required_by_categories(supplier)
    missing = []
    for owner in suppliers:
        ends: dict[str, date] = {}
        for licence in owner.licences.all():
            ends[licence.kind] = max(ends.get(licence.kind, date.min), licence.expires_on or date.max)
        horizon = clock.today(owner.zone) + WARNED_BEFORE
        for kind in sorted({*owner.required_licences, *required.get(owner.pk, ()), *ends}):
            end = ends.get(kind)
            if end is None or end <= horizon:
                missing.append(LicenceGap(owner, kind, end))
    return sorted(missing, key=lambda gap: (gap.ends_on or date.min, gap.supplier.code))


def _required_by_categories(supplier: Supplier | None) -> dict[UUID, set[str]]:
    """Return what the categories of a supplier's products, and those above them, ask for; None: of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE need AS ("
            " SELECT id, kind FROM catalog_category, unnest(required_licences) AS kind"
            " UNION SELECT c.id, need.kind FROM catalog_category c JOIN need ON c.parent_id = need.id)"
            " SELECT DISTINCT p.supplier_id, need.kind"
            " FROM need JOIN catalog_product p ON p.category_id = need.id WHERE p.status = 'active'"
            " AND (%(supplier)s::uuid IS NULL OR p.supplier_id = %(supplier)s)",
            {"supplier": supplier.pk if supplier else None},
        )
        required: dict[UUID, set[str]] = {}
        for supplier_id, kind in cursor.fetchall():
            required.setdefault(supplier_id, set()).add(kind)
    return required


def licences_of(supplier: Supplier) -> Sequence[Licence]:
    """Return a supplier's licences by kind, the latest first."""
    return list(supplier.licences.all())
