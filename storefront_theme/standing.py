"""What an unpaid plan does to a shop's pages: it is only to be read, and at last closed to members.

Orders placed before go on: they can be paid, looked at, received and asked back. The console stays open to
be read, and the page of the plan to be used, or nobody could pay and open the shop again.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from billing.plans import limits
from billing.plans.limits import PlanRefuses
from billing.plans.selectors import Standing, standing_of
from billing.plans.usage import Metric
from kernel.tenancy import PUBLIC
from storefront_theme.pages.errors import shop_page

READING = frozenset({"GET", "HEAD", "OPTIONS"})
CONSOLE, API, SIGN_UP = "/console/", "/api/", "/account/signup/"
STILL_WRITTEN = ("/console/plan/", "/console/login/", "/console/logout/", "/console/language/")
STILL_OPEN = (
    "/account/",
    "/brand/",
    "/circle/",
    "/favicon.ico",
    "/healthz",
    "/language/",
    "/manifest.webmanifest",
    "/me/",
    "/media/",
    "/orders/",
    "/pay/",
    "/readyz",
    "/region/",
    "/static/",
    "/sw.js",
    "/theme.css",
    "/tls-allowed",
    "/wallet/",
)
NEW_ORDERS = ("/cart/", "/checkout/")


class StandingMiddleware:
    """Runs after everything a page needs is there; asks the database for nothing while terms are warm."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant = getattr(request, "tenant", None)
        if tenant is None or tenant.schema_name == PUBLIC:
            return self.get_response(request)
        path, reads = request.path, request.method in READING
        standing = standing_of(tenant.id)
        if standing in {Standing.READ_ONLY, Standing.SUSPENDED}:
            if path.startswith(CONSOLE):
                if not reads and not path.startswith(STILL_WRITTEN):
                    messages.error(
                        request,
                        _("Nothing was changed: the plan of this shop is not paid. Pay it here first."),
                    )
                    return redirect("/console/plan/")
            elif standing == Standing.SUSPENDED and not path.startswith((*STILL_OPEN, API)):
                return shop_page(
                    request,
                    503,
                    "clock",
                    _("This shop is closed at present"),
                    _("Orders you have placed go on; you find them under your orders."),
                )
            elif not reads and path.startswith(NEW_ORDERS):
                return shop_page(
                    request,
                    503,
                    "clock",
                    _("This shop takes no new orders at present"),
                    _("Please come back in some days. Your cart is kept."),
                )
        if path == SIGN_UP and not reads:
            try:
                limits.require_within(tenant.id, Metric.MEMBERS)
            except PlanRefuses:
                return shop_page(
                    request,
                    503,
                    "clock",
                    _("This shop takes no new members at present"),
                    _("Please come back in some days."),
                )
        return self.get_response(request)
