"""What each shop brought in the last thirty days and what payment providers kept of it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice.screens import render
from billing.watch import shop_results
from billing.watch.shop_results import ShopResult
from kernel import clock
from tenants.registry.selectors import tenant_name

DAYS = 30


def results_now() -> list[ShopResult]:
    """Return the shops' results of the last thirty days, the worst first."""
    return shop_results.since(clock.now() - timedelta(days=DAYS))


def results(request: HttpRequest) -> HttpResponse:
    """List the shops with what they brought and cost; those that cost more stand first and are marked."""
    shops = results_now()
    context = {
        "title": _("What shops bring"),
        "rows": [{"shop": tenant_name(row.tenant_id), "row": row} for row in shops],
        "losses": sum(row.is_loss for row in shops),
    }
    return render(request, "central/shops/results.html", context)
