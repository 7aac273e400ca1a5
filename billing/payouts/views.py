"""The supplier's statement in the portal."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.payouts import selectors
from catalog.models import Supplier
from fulfilment import portal_nav
from fulfilment.access import for_suppliers


@require_safe
@for_suppliers
def statement(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Show what this supplier is owed, and what it was paid, when and for which order."""
    page, lines = selectors.statement(supplier, request.GET.get("page", 1))
    context = {
        "supplier": supplier,
        "entries": portal_nav.entries(),
        "totals": selectors.totals_of(supplier),
        "page": page,
        "lines": lines,
    }
    return render(request, "payouts/statement.html", context)
