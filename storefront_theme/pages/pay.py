"""The page on which a member pays: a form for cards (or the sandbox's test cards), or a code for an app."""

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

from billing.payments.gateway import Gateway, PaymentPage, gateway
from billing.payments.models import Payment
from billing.payments.payments import sandbox_cards
from billing.payments.payments import selectors as payment_selectors
from billing.payments.payments import services as payment_services
from billing.payments.purposes import purpose_of
from kernel.errors import BanyanError
from kernel.texts.translated import pick
from storefront_theme.context import shown_look
from storefront_theme.in_app import pages as in_app_pages
from storefront_theme.requests import MemberRequest, member_page
from tenants.brand import stylesheet

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


@member_page("GET", "POST")
def pay(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """Show a payment that this person may make, or try a test card on it."""
    payment = _payment(request, payment_id)
    if payment.state in _ENDED:
        return redirect(_back(payment, waiting=payment.state == Payment.State.SUCCEEDED))
    if not purpose_of(payment.purpose).is_payable(payment):
        return redirect(_back(payment))
    return PAGES[gateway(payment.gateway).payment_page](request, payment)


def _by_card(request: MemberRequest, payment: Payment) -> HttpResponse:
    """Show the form for a card, or the sandbox's test cards."""
    if request.method == "POST" and settings.PAYMENT_SANDBOX:
        return _try_card(request, payment)
    if not payment.client_secret:
        # It stands, but the payment service could not be reached when it was opened.
        payment_services.start(payment_id=payment.id)
        payment = _payment(request, payment.id)
    return _page(request, payment) if settings.PAYMENT_SANDBOX else _stripe_page(request, payment)


def _try_card(request: MemberRequest, payment: Payment) -> HttpResponse:
    try:
        tried = sandbox_cards.confirm_with_test_card(
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
        "title": purpose_of(payment.purpose).title(payment),
        "fault": fault,
        "sandbox": True,
        "cards": CARDS,
        "bank_url": payment.next_action_url,
        "back": _back(payment),
    }
    return render(request, "storefront/pay.html", context, status=status)


def begin(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """Send a member on to the page on which they pay. In the provider's app they have to be known first."""
    if not _opens_in_app(request, gateway(request.tenant.gateway)):
        payment_services.start(payment_id=payment_id)
    return redirect("pay", payment_id)


def _opens_in_app(request: MemberRequest, provider: Gateway) -> bool:
    return _is_inside(request, provider) and provider.opens_in_app()


def _is_inside(request: MemberRequest, provider: Gateway) -> bool:
    return bool(provider.app_agent) and provider.app_agent in request.headers.get("User-Agent", "")


def _by_code(request: MemberRequest, payment: Payment) -> HttpResponse:
    """Show the code that the member's phone reads, or inside WeChat the way to its own payment.

    The page looks again by itself until it was paid. What was opened inside WeChat is not pulled from under
    the member by another screen that looks again: there a code comes only when it is asked for.
    """
    provider, back = gateway(payment.gateway), _return_url(request, payment)
    if request.method == "POST":
        payment_services.place_for(payment_id=payment.id, payer="")
        return redirect("pay", payment.id)
    inside = ""
    if _opens_in_app(request, provider):
        inside = in_app_pages.link(request, payment, back=back, shop=pick(request.tenant.name))
    elif not payment.client_secret:
        payment_services.start(payment_id=payment.id)
        payment = _payment(request, payment.id)
    code = "" if inside or payment.payer else payment.client_secret
    test_page, query = provider.test_page(payment.external_id or ""), urlencode({"back": back})
    context = {
        "payment": payment,
        "title": purpose_of(payment.purpose).title(payment),
        "inside": inside,
        "is_elsewhere": bool(payment.payer) and not inside,
        "picture": segno.make(code, error="m").svg_inline(scale=6, dark="#111111", light="#ffffff")
        if code
        else "",
        "phone": f"{test_page}?{query}" if test_page else "",
        "return_url": back,
        "back": _back(payment),
        "screen": _screen(request, provider),
    }
    return render(request, "storefront/pay_wechat.html", context)


PAGES = {PaymentPage.CARD_FORM: _by_card, PaymentPage.CODE: _by_code}


def _screen(request: MemberRequest, provider: Gateway) -> str:
    """Return where the page is read: a phone cannot scan its own screen."""
    if _is_inside(request, provider):
        return "app"
    agent = request.headers.get("User-Agent", "")
    return "phone" if "Mobile" in agent or "Android" in agent else ""


@csp_override(STRIPE_CSP)
def _stripe_page(request: MemberRequest, payment: Payment) -> HttpResponse:
    colours = stylesheet.colours(shown_look(request).document)
    context = {
        "payment": payment,
        "title": purpose_of(payment.purpose).title(payment),
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
    """Return the payment if this person may make it."""
    payment: Payment | None = payment_selectors.for_page(payment_id, request.tenant.id)
    if payment is None or not purpose_of(payment.purpose).may_pay(payment, request.user):
        raise Http404
    return payment


def _return_url(request: MemberRequest, payment: Payment) -> str:
    return request.build_absolute_uri(reverse("pay_return", args=[payment.id]))


def _back(payment: Payment, *, waiting: bool = False) -> str:
    page = purpose_of(payment.purpose).return_page(payment)
    return reverse(page.name, args=page.args) + ("?wait=1" if waiting and page.follows else "")
