"""A month of a supplier's statement as a file."""

from django.http import HttpResponse

from billing.payouts.payables import statements
from catalog.models import Supplier
from kernel.errors import BanyanError


def csv_answer(supplier: Supplier, month: str) -> HttpResponse:
    """Return a month of a supplier as a CSV file, or what is wrong with the month."""
    try:
        statement_month = statements.read_month(month, supplier)
        text = statements.as_csv(supplier, statement_month)
    except BanyanError as error:
        return HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    return _file(text, "text/csv; charset=utf-8", f"{supplier.code}-{statement_month}.csv")


def pdf_answer(supplier: Supplier, month: str) -> HttpResponse:
    """Return a month of a supplier as a PDF, or what is wrong with the month."""
    # Fonts are large: only a process that writes a PDF loads what reads them.
    from billing.payouts.payables import statement_pdf

    try:
        statement_month = statements.read_month(month, supplier)
        body = statement_pdf.as_pdf(supplier, statement_month)
    except BanyanError as error:
        return HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    return _file(body, "application/pdf", f"{supplier.code}-{statement_month}.pdf")


def _file(body: str | bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
