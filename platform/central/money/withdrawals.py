"""Deciding about withdrawals, in either console; and the central team's brake."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.payouts import selectors
from billing.payouts.accounts import services as account_services
from billing.payouts.suppliers import statements
from billing.payouts.suppliers.statements import Month
from catalog.models import Supplier
from central.sites import central
from components import payout_words, statement_files
from components.withdrawals import decide, invoice_of, listed
from kernel.text import pick


@central.screen(
    "withdrawals/<uuid:withdrawal_id>/invoice/",
    name="withdrawal_invoice",
    permission="payouts.change_withdrawal",
)
def withdrawal_invoice(request: HttpRequest, withdrawal_id: UUID) -> FileResponse:
    """Send the invoice's file to whoever of the central team decides about withdrawals."""
    return invoice_of(withdrawal_id, None)


@central.screen(
    "withdrawals/",
    name="withdrawals",
    permission="payouts.view_withdrawal",
    title=gettext_lazy("Withdrawals"),
    icon="payments",
    group="money",
    place=21,
)
def all_withdrawals(request: HttpRequest) -> HttpResponse:
    """List the withdrawals of all shops."""
    context = {"title": _("Withdrawals"), **listed(central, request, None)}
    return central.render(request, "components/withdrawals.html", context)


@central.screen("withdrawals/<uuid:withdrawal_id>/", name="withdrawal", permission="payouts.view_withdrawal")
def one_withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Decide about a withdrawal of any shop."""
    return decide(central, request, withdrawal_id, None)


@central.screen(
    "statements/<uuid:supplier_id>/", name="supplier_statement", permission="payouts.view_payable"
)
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
    page, lines = selectors.statement(supplier, request.GET.get("page", 1))
    now = Month.parse("")
    context = {
        "title": _("Statement of %(name)s") % {"name": pick(supplier.name)},
        "account": payout_words.of_account(account_services.account_of("supplier", supplier.id)),
        "totals": selectors.totals_of(supplier),
        "page": page,
        "lines": [(line, statements.bank_word(line.payable.payout)) for line in lines],
        "months": [now, now.before],
    }
    return central.render(request, "central/supplier_statement.html", context)
