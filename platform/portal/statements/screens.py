"""A supplier's money: the statement, as page and as files, and the account it is paid to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.requests import signed_in
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.holds import selectors as hold_selectors
from billing.payouts.models import PayoutAccount
from billing.payouts.payables import selectors as payable_selectors
from billing.payouts.payables import statements
from catalog.models import Supplier
from components.payouts import accounts as payout_accounts
from components.payouts import words as payout_words
from components.payouts.accounts import CountryChoice
from components.payouts.statement_files import csv_answer, pdf_answer
from kernel import clock
from kernel.days import Month
from portal.access import for_suppliers
from portal.frame import show


def _account(supplier: Supplier) -> PayoutAccount | None:
    return payout_account_services.account_of("supplier", supplier.id)


@for_suppliers("GET", "HEAD")
def statement(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show what this supplier is owed, and what it was paid, when and for which order."""
    page, lines = payable_selectors.statement(supplier, request.GET.get("page", 1))
    month, account = Month.of(clock.now(), supplier.zone), _account(supplier)
    context = {
        "account": payout_words.of_account(account),
        "countries": CountryChoice.of(supplier.currency, account),
        "on_hold_since": hold_selectors.on_hold_since(supplier),
        "is_halted": halt_selectors.in_force(),
        "totals": payable_selectors.totals_of(supplier),
        "page": page,
        "lines": [(line, statements.bank_word(line.payable.payout, supplier.zone)) for line in lines],
        "months": [month, month.before],
    }
    return show(request, supplier, "statements/statement", context)


@for_suppliers("GET", "HEAD")
def statement_csv(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Hand out a month as CSV; ``?month=2026-11``, the present one if there is none."""
    return csv_answer(supplier, request.GET.get("month", ""))


@for_suppliers("GET", "HEAD")
def statement_pdf(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Hand out a month as PDF; ``?month=2026-11``, the present one if there is none."""
    return pdf_answer(supplier, request.GET.get("month", ""))


@for_suppliers("POST")
def open_account(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Open the supplier's account at the payment service; its data are completed there."""
    payout_accounts.open_account(
        request, payout_account_services.supplier_owner(supplier), signed_in(request)
    )
    return redirect("portal:statement")


@for_suppliers("GET", "HEAD")
def complete_account(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Go to the payment service's page; it sends people here again when its link has run out."""
    return redirect(payout_accounts.onboarding_link(request, _account(supplier)) or "portal:statement")


@for_suppliers("GET", "HEAD")
def account_returned(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Back from the payment service: see at once how the account stands."""
    payout_accounts.refresh(request, _account(supplier))
    return redirect("portal:statement")
