"""Licences of suppliers: what is missing, what ends soon, and the day on which it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.models import Licence, LicenceKind, Supplier
from kernel import audit, clock
from kernel.errors import InvalidInput

WARNED_BEFORE = timedelta(days=45)
MAX_FILE = 10 * 1024 * 1024
PAPERS = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How a PDF, a JPEG and a PNG begin; nothing else is taken as a paper."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A kind of licence of a supplier that ends on ``ends_on``, has ended, or (None) is missing."""

    supplier: Supplier
    kind: str
    ends_on: date | None

    @property
    def is_over(self) -> bool:
        """True if nothing that needs it may be sold today."""
        return self.ends_on is None or self.ends_on < clock.now().date()

    @property
    def name(self) -> str:
        """The kind of licence in the reader's language."""
        return str(Licence(kind=self.kind).get_kind_display())


def gaps(supplier: Supplier | None = None) -> list[Gap]:
    """Return what is missing, has ended or ends within WARNED_BEFORE, the most urgent first.

    Of one supplier, or of all that supply. What only a category asks for is shown once it is missing.
    """
    suppliers = Supplier.objects.filter(is_active=True).prefetch_related("licences").order_by("code")
    if supplier is not None:
        suppliers = suppliers.filter(pk=supplier.pk)
    horizon = clock.now().date() + WARNED_BEFORE
    asked = _asked_by_categories(supplier)
    found = []
    for one in suppliers:
        ends: dict[str, date] = {}
        for licence in one.licences.all():
            ends[licence.kind] = max(ends.get(licence.kind, date.min), licence.expires_on or date.max)
        for kind in sorted({*one.required_licences, *asked.get(one.pk, ()), *ends}):
            end = ends.get(kind)
            if end is None or end <= horizon:
                found.append(Gap(one, kind, end))
    return sorted(found, key=lambda gap: (gap.ends_on or date.min, gap.supplier.code))


def _asked_by_categories(supplier: Supplier | None) -> dict[UUID, set[str]]:
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
        found: dict[UUID, set[str]] = {}
        for supplier_id, kind in cursor.fetchall():
            found.setdefault(supplier_id, set()).add(kind)
    return found


def add_licence(
    *,
    supplier: Supplier,
    kind: str,
    number: str,
    expires_on: date | None,
    acting_user: Any,
    valid_from: date | None = None,
    file: UploadedFile[bytes] | None = None,
) -> Licence:
    """Record a licence with its paper (PDF, JPEG or PNG, at most 10 MB); joins or opens a transaction.

    Raises InvalidInput for an unknown kind, an end before its beginning, a number that is recorded already
    or a file that is none of these.
    """
    if kind not in LicenceKind.values:
        raise InvalidInput(_("this kind of licence is unknown"), field="kind", value=kind)
    if valid_from and expires_on and expires_on < valid_from:
        raise InvalidInput(
            _("the licence ends before it begins"), field="expires_on", value=expires_on.isoformat()
        )
    if file is not None:
        _check_paper(file)
    with transaction.atomic():
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        if Licence.objects.filter(supplier=supplier, kind=kind, number=number).exists():
            raise InvalidInput(_("this licence is recorded already"), field="number", value=number)
        licence = Licence(
            supplier=supplier, kind=kind, number=number, valid_from=valid_from, expires_on=expires_on
        )
        if file is not None:
            licence.file.save(file.name or "paper", file, save=False)
        licence.save()
        audit.record(
            "add_licence",
            actor=acting_user,
            object_type="supplier",
            object_id=supplier.pk,
            object_label=supplier.code,
            changes={"kind": kind, "number": number, "expires_on": str(expires_on)},
        )
    return licence


def _check_paper(file: UploadedFile[bytes]) -> None:
    head = file.read(8)
    file.seek(0)
    if not head.startswith(PAPERS) or (file.size or 0) > MAX_FILE:
        raise InvalidInput(
            _("this is no PDF, JPEG or PNG of at most 10 MB"),
            field="file",
            value=file.name,
            remedy=_("scan the paper again"),
        )


def remove_licence(*, licence: Licence, acting_user: Any) -> None:
    """Remove a licence that was recorded by mistake; what needs it is off sale at once."""
    with transaction.atomic():
        audit.record(
            "remove_licence",
            actor=acting_user,
            object_type="supplier",
            object_id=licence.supplier_id,
            object_label=licence.supplier.code,
            changes={"kind": licence.kind, "number": licence.number},
        )
        licence.delete()


def of(supplier: Supplier) -> Sequence[Licence]:
    """Return a supplier's licences by kind, the latest first."""
    return list(supplier.licences.all())


def refresh() -> int:
    """Bring ``licensed_until`` and the caches to today; return how many products came or went.

    A licence ends by the date alone, and no row changes then: what the feed and the pages still show as
    for sale is marked as changed. Safe to repeat; opens a transaction.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT public.catalog_refresh_licences(id) FROM public.catalog_supplier ORDER BY id")
        cursor.execute(
            "WITH marked AS ("
            " INSERT INTO public.catalog_feedmark (what, key) SELECT 'p', p.id"
            " FROM public.catalog_feedentry e JOIN public.catalog_product p ON p.id = e.product_id"
            " WHERE e.for_sale <> public.catalog_for_sale(p) RETURNING 1"
            "), counted AS ("
            " INSERT INTO public.catalog_cataloguechange (amount) SELECT 1 FROM marked LIMIT 1"
            ") SELECT count(*) FROM marked"
        )
        return int(cursor.fetchone()[0])
