"""Deciding about withdrawals, in either console; and the central team's brake."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice.screens import render
from billing.payouts.accounts import services as account_services
from billing.payouts.suppliers import selectors as supplier_selectors
from billing.payouts.suppliers import statements
from billing.payouts.suppliers.statements import Month
from catalog.models import Supplier
from components import payout_words, statement_files
from kernel.text import pick


def supplier_statement(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Show a supplier's statement as the supplier sees it; ``?file=csv|pdf&month=`` hands out a month."""
    supplier = Supplier.objects.filter(pk=supplier_id).first()
    if supplier is None:
        raise Http404
    wanted, month = request.GET.get("file", ""), request.GET.get("month", "")
    if wanted in {"csv", "pdf"}:
        return (statement_files.csv_answer if wanted == "csv" else statement_files.pdf_answer)(
            supplier, month
        )
    page, lines = supplier_selectors.statement(supplier, request.GET.get("page", 1))
    now = Month.parse("")
    context = {
        "title": _("Statement of %(name)s") % {"name": pick(supplier.name)},
        "account": payout_words.of_account(account_services.account_of("supplier", supplier.id)),
        "totals": supplier_selectors.totals_of(supplier),
        "page": page,
        "lines": [(line, statements.bank_word(line.payable.payout)) for line in lines],
        "months": [now, now.before],
    }
    return render(request, "central/supplier_statement.html", context)
