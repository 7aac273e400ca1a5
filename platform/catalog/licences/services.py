"""Writes of licences: recorded with their papers, removed, and what their ends change."""

from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.licences.models import Licence
from catalog.suppliers.models import LicenceKind, Supplier
from kernel import audit
from kernel.errors import InvalidInput

MAX_FILE = 10 * 1024 * 1024
PAPERS = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How a PDF, a JPEG and a PNG begin; nothing else is taken as a paper."""


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
    """Record a licence with its paper (PDF, JPEG or PNG, at most 10 MB) and return it. The outermost command.

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
    with transaction.atomic(durable=True):
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        if Licence.objects.filter(supplier=supplier, kind=kind, number=number).exists():
            raise InvalidInput(_("this licence is recorded already"), field="number", value=number)
        licence = Licence(
            supplier=supplier, kind=kind, number=number, valid_from=valid_from, expires_on=expires_on
        )
        if file is not None:
            licence.file.save(file.name or "paper", file, save=False)
        licence.save()
        audit.record_on(
            supplier,
            "add_licence",
            actor=acting_user,
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
    with transaction.atomic(durable=True):
        audit.record_on(
            licence.supplier,
            "remove_licence",
            actor=acting_user,
            changes={"kind": licence.kind, "number": licence.number},
        )
        licence.delete()


def refresh_licensing() -> int:
    """Bring ``licensed_until`` and the caches to today; return how many products came or went.

    A licence ends by the date alone, and no row changes then: what the feed and the pages still show as
    for sale is marked as changed. Safe to repeat. The outermost command.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
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
