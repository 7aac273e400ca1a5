"""The file of a withdrawal's invoice, sent to whoever may see it."""

from pathlib import PurePath
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse

from billing.payouts.models import Withdrawal
from billing.payouts.withdrawals.invoices import TYPES


def answer(withdrawals: QuerySet[Withdrawal], withdrawal_id: UUID) -> FileResponse | None:
    """Return the file of one of ``withdrawals``, which the caller has limited to what its reader may see.

    Always as a download: nothing that somebody sent is shown under our own address.
    """
    row = withdrawals.filter(id=withdrawal_id).exclude(invoice_file="").first()
    if row is None:
        return None
    kind = PurePath(str(row.invoice_file.name)).suffix[1:]
    response = FileResponse(
        row.invoice_file.open("rb"),
        as_attachment=True,
        filename=row.invoice_name,
        content_type=TYPES.get(kind, "application/octet-stream"),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
