"""The supplier's money in the portal: the statement, as page and as files, and the account it is paid to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.payouts.accounts import services as account_services
from billing.payouts.controls import halts, holds
from billing.payouts.suppliers import selectors as supplier_selectors
from billing.payouts.suppliers import statements
from billing.payouts.suppliers.statements import Month
from catalog.models import Supplier
from components import payout_words
from components.statement_files import csv_answer, pdf_answer
from kernel.errors import BanyanError
from kernel.outgoing import CallError
from portal import navigation
from portal.access import for_suppliers


@require_safe
@for_suppliers
def statement(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show what this supplier is owed, and what it was paid, when and for which order."""
    page, lines = supplier_selectors.statement(supplier, request.GET.get("page", 1))
    month = Month.parse("")
    context = {
        "supplier": supplier,
        "account": payout_words.of_account(account_services.account_of("supplier", supplier.id)),
        "entries": navigation.ENTRIES,
        "held_since": holds.held_since(supplier),
        "is_halted": halts.in_force(),
        "totals": supplier_selectors.totals_of(supplier),
        "page": page,
        "lines": [(line, statements.bank_word(line.payable.payout)) for line in lines],
        "months": [month, month.before],
    }
    return render(request, "portal/statement.html", context)


@require_safe
@for_suppliers
def statement_csv(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Hand out a month as CSV; ``?month=2026-11``, the present one if there is none."""
    return csv_answer(supplier, request.GET.get("month", ""))


@require_safe
@for_suppliers
def statement_pdf(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Hand out a month as PDF; ``?month=2026-11``, the present one if there is none."""
    return pdf_answer(supplier, request.GET.get("month", ""))


@require_POST
@for_suppliers
def open_account(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Open the supplier's account at the payment service; its data are completed there."""
    try:
        account_services.open_account(
            owner=account_services.supplier_owner(supplier), acting_user=request.user
        )
    except (BanyanError, CallError) as error:
        messages.error(request, _why(error))
    return redirect("statements:statement")


@require_safe
@for_suppliers
def complete_account(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Go to the payment service's page; it sends people here again when its link has run out."""
    account = account_services.account_of("supplier", supplier.id)
    if account is not None:
        try:
            link = account_services.onboarding_link(
                account=account,
                refresh_url=request.build_absolute_uri(),
                return_url=request.build_absolute_uri("../return/"),
            )
            return redirect(link)
        except (BanyanError, CallError) as error:
            messages.error(request, _why(error))
    return redirect("statements:statement")


@require_safe
@for_suppliers
def account_returned(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Back from the payment service: see at once how the account stands."""
    account = account_services.account_of("supplier", supplier.id)
    if account is not None:
        try:
            account_services.refresh(account=account)
        except CallError as error:
            messages.error(request, _why(error))
    return redirect("statements:statement")


def _why(error: BanyanError | CallError) -> str:
    if isinstance(error, BanyanError):
        return str(error)
    return _("The payment service is out of reach. Please try again in a minute.")
