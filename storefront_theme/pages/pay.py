"""The page on which a member pays: the sandbox's test cards, or Stripe's own form with real keys."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods

from billing.payments.gateways.wechat import sign_in
from billing.payments.models import Payment
from billing.payments.payments import selectors as payment_selectors
from billing.payments.payments import services as payment_services
from kernel.errors import BanyanError
from kernel.text import pick
from storefront_theme.context import shown_look
from storefront_theme.in_app import pages as in_app_pages
from storefront_theme.requests import MemberRequest
from tenants.agents.deposits import selectors as deposit_selectors
from tenants.agents.deposits import services as deposit_services
from tenants.brand import stylesheet
from tenants.shop.models import Order

CARDS = [
    {"key": "success", "number": "4242 4242 4242 4242", "label": gettext_lazy("Pays at once")},
    {"key": "declined", "number": "4000 0000 0000 0002", "label": gettext_lazy("Is declined by the bank")},
    {
        "key": "three_d_secure",
        "number": "4000 0025 0000 3155",
        "label": gettext_lazy("Asks the bank first (3-D Secure)"),
    },
]
_STRIPE = ["https://js.stripe.com", "https://*.js.stripe.com"]
STRIPE_CSP: dict[str, list[str]] = {
    **cast("dict[str, list[str]]", settings.SECURE_CSP),
    "script-src": [CSP.SELF, *_STRIPE],
    "frame-src": [*_STRIPE, "https://hooks.stripe.com"],
    "connect-src": [CSP.SELF, "https://api.stripe.com"],
    # Stripe's script sets styles on the frame that it inserts.
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}
_ENDED = {Payment.State.SUCCEEDED, Payment.State.CANCELLED}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """Show a payment that this person may make, or try a test card on it."""
    payment = _payment(request, payment_id)
    if payment.state in _ENDED:
        return redirect(_back(payment, waiting=payment.state == Payment.State.SUCCEEDED))
    if (
        payment.purpose == "order"
        and not Order.objects.filter(payment_id=payment.id, state=Order.State.PLACED).exists()
    ):
        # Cancelled or too late: what would be charged now would only be sent back.
        return redirect(_back(payment))
    if payment.gateway == "wechat":
        return _by_phone(request, payment)
    if request.method == "POST" and settings.PAYMENT_SANDBOX:
        return _try_card(request, payment)
    if not payment.client_secret:
        # The order stands, but the payment service could not be reached when it was placed.
        payment_services.start(payment_id=payment.id)
        payment = _payment(request, payment_id)
    return _page(request, payment) if settings.PAYMENT_SANDBOX else _stripe_page(request, payment)


def _try_card(request: MemberRequest, payment: Payment) -> HttpResponse:
    try:
        tried = payment_services.confirm_with_test_card(
            payment_id=payment.id,
            card=request.POST.get("card", ""),
            return_url=_return_url(request, payment),
        )
    except BanyanError as error:
        return _page(request, payment, fault=str(error.message), status=error.status)
    if tried.state == Payment.State.REQUIRES_ACTION and tried.next_action_url:
        return _page(request, tried)
    if tried.state in {Payment.State.SUCCEEDED, Payment.State.PROCESSING}:
        return redirect(_back(tried, waiting=True))
    return _page(request, tried, fault=tried.error_text or _("The card was declined."), status=402)


def _page(request: MemberRequest, payment: Payment, *, fault: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "payment": payment,
        "label": payment.description,
        "fault": fault,
        "sandbox": True,
        "cards": CARDS,
        "bank_url": payment.next_action_url,
        "back": _back(payment),
    }
    return render(request, "storefront/pay.html", context, status=status)


def begin(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """Send a member on to the page on which they pay. Inside WeChat they have to be known there first."""
    if not _is_inside_wechat(request):
        payment_services.start(payment_id=payment_id)
    return redirect("pay", payment_id)


def _is_inside_wechat(request: MemberRequest) -> bool:
    is_wechat = (request.tenant.gateway or settings.PAYMENT_GATEWAY) == "wechat"
    return is_wechat and _screen(request) == "wechat" and sign_in.is_possible()


def _by_phone(request: MemberRequest, payment: Payment) -> HttpResponse:
    """Show the code that the member's phone reads, or inside WeChat the way to its own payment.

    The page looks again by itself until it was paid. What was opened inside WeChat is not pulled from under
    the member by another screen that looks again: there a code comes only when it is asked for.
    """
    screen, back = _screen(request), _return_url(request, payment)
    if request.method == "POST":
        payment_services.place_for(payment_id=payment.id, payer="")
        return redirect("pay", payment.id)
    inside = ""
    if _is_inside_wechat(request):
        inside = in_app_pages.link(request, payment, back=back, shop=pick(request.tenant.name))
    elif not payment.client_secret:
        payment_services.start(payment_id=payment.id)
        payment = _payment(request, payment.id)
    code = "" if inside or payment.payer else payment.client_secret
    query = urlencode({"back": back})
    context = {
        "payment": payment,
        "label": payment.description,
        "inside": inside,
        "is_elsewhere": bool(payment.payer) and not inside,
        "picture": segno.make(code, error="m").svg_inline(scale=6, dark="#111111", light="#ffffff")
        if code
        else "",
        "phone": f"{settings.STRIPE_API_BASE}/wechat/pay/{payment.external_id}?{query}"
        if settings.PAYMENT_SANDBOX
        else "",
        "return_url": back,
        "back": _back(payment),
        "screen": screen,
    }
    return render(request, "storefront/pay_wechat.html", context)


def _screen(request: MemberRequest) -> str:
    """Return where the page is read: a phone cannot scan its own screen."""
    agent = request.headers.get("User-Agent", "")
    if "MicroMessenger" in agent:
        return "wechat"
    return "phone" if "Mobile" in agent or "Android" in agent else ""


@csp_override(STRIPE_CSP)
def _stripe_page(request: MemberRequest, payment: Payment) -> HttpResponse:
    colours = stylesheet.colours(shown_look(request).document)
    context = {
        "payment": payment,
        "label": payment.description,
        "sandbox": False,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "return_url": _return_url(request, payment),
        "primary": colours["primary"],
        "back": _back(payment),
    }
    return render(request, "storefront/pay.html", context)


@never_cache
@login_required
def returned(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """The payer comes back from the payment service: ask it what happened, do not wait for its webhook."""
    payment = _payment(request, payment_id)
    payment_services.sync(payment_id=payment.id)
    payment = _payment(request, payment_id)
    if payment.error_text and payment.state not in _ENDED:
        messages.error(request, payment.error_text)
        return redirect("pay", payment.id)
    return redirect(_back(payment, waiting=True))


def _payment(request: MemberRequest, payment_id: UUID) -> Payment:
    """Return the payment if this person may make it: their own order or deposit, or the shop's balance."""
    payment: Payment | None = payment_selectors.for_page(payment_id, request.tenant.id)
    if payment is None:
        raise Http404
    if payment.purpose == "order":
        allowed = Order.objects.filter(payment_id=payment.id, buyer_id=request.user.pk).exists()
    elif payment.purpose == deposit_services.PURPOSE:
        allowed = deposit_selectors.is_own(user=request.user, payment_id=payment.id)
    else:
        allowed = bool(getattr(request.user, "is_staff", False))
    if not allowed:
        raise Http404
    return payment


def _return_url(request: MemberRequest, payment: Payment) -> str:
    return request.build_absolute_uri(reverse("pay_return", args=[payment.id]))


def _back(payment: Payment, *, waiting: bool = False) -> str:
    if payment.purpose == deposit_services.PURPOSE:
        return reverse("circle")
    if payment.purpose != "order":
        return "/console/"
    number = Order.objects.values_list("number", flat=True).get(payment_id=payment.id)
    return reverse("order", args=[number]) + ("?wait=1" if waiting else "")
