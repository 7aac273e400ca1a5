"""Paying inside WeChat, on the platform's host: WeChat lets neither its sign-in nor its payment run on many.

A shop sends its member here with a signed link, and gets them back at the address in it. What is known on
the way (payment, way back, who it is for WeChat) lies in a signed cookie; nothing of it is kept.
"""

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from billing.payments.gateway import gateway
from billing.payments.gateways.wechat import sign_in
from billing.payments.models import Payment
from billing.payments.payments import services as payment_services
from billing.payments.purposes import purpose_of
from kernel.calls.errors import CallRefused, NoClearAnswer
from kernel.money.money import format_money

LASTS = 15 * 60  # seconds
COOKIE, SALT = "paying", "storefront_theme.in_app.pages"
Known = dict[str, Any]
View = Callable[[HttpRequest, Known], HttpResponse]


def link(request: HttpRequest, payment: Payment, *, back: str, shop: str) -> str:
    """Return where ``payment`` is made inside WeChat; ``back`` is the shop's address to return to."""
    known = {"payment": str(payment.id), "back": back, "shop": shop, "language": get_language()}
    path = reverse("in_app", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    host = f"{request.scheme}://{settings.PLATFORM_HOST}{settings.PUBLIC_PORT}"
    return f"{host}{path}?{urlencode({'t': signing.dumps(known, salt=SALT)})}"


@never_cache
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Take a shop's link, and let WeChat say who it is."""
    try:
        known: Known = signing.loads(request.GET.get("t", ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return _lapsed(request)
    state = secrets.token_hex(16)
    back = request.build_absolute_uri(reverse("in_app_back"))
    return _go_on(request, sign_in.address(back=back, state=state), known | {"state": state})


def _with_cookie(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Give a view what the cookie knows, in the language that the member reads in the shop."""

    @never_cache
    @require_GET
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        text = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=LASTS)
        if not text:
            return _lapsed(request)
        known: Known = json.loads(text)
        with translation.override(known["language"]):
            return view(request, known)

    return answer


@_with_cookie
def back(request: HttpRequest, known: Known) -> HttpResponse:
    """WeChat sends the member back with a code that stands for who they are."""
    if not constant_time_compare(request.GET.get("state", ""), known["state"]):
        return _lapsed(request, known)
    try:
        openid = sign_in.openid(request.GET.get("code", ""))
    except CallRefused:
        return _lapsed(request, known)
    except NoClearAnswer:
        return _fault(
            request, known, _("WeChat does not answer at present. Please try again in a moment."), 502
        )
    return _go_on(request, reverse("in_app_pay"), known | {"payer": openid})


@_with_cookie
def pay(request: HttpRequest, known: Known) -> HttpResponse:
    """Place the payment for this member, and show the page that opens WeChat's own."""
    if not (payer := known.get("payer")):
        return _lapsed(request, known)
    payment = payment_services.place_for(payment_id=UUID(known["payment"]), payer=payer)
    if payment.state != Payment.State.CREATED:
        return redirect(known["back"])
    if payment.payer != payer or not payment.client_secret:
        return _fault(
            request,
            known,
            _("WeChat Pay cannot take this payment here at present. Please try again in a moment."),
            502,
        )
    context = known | {
        "payment": payment,
        "title": purpose_of(payment.purpose).title(payment),
        "amount": format_money(payment.amount, payment.currency),
        "order": json.loads(payment.client_secret),
    }
    if test_page := gateway(payment.gateway).test_page(payment.external_id or ""):
        context["phone"] = f"{test_page}?{urlencode({'back': known['back']})}"
    return render(request, "payments/in_app.html", context)


def _go_on(request: HttpRequest, address: str, known: Known) -> HttpResponse:
    answer = redirect(address)
    answer.set_signed_cookie(
        COOKIE,
        json.dumps(known),
        salt=SALT,
        max_age=LASTS,
        path=reverse("in_app"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def _lapsed(request: HttpRequest, known: Known | None = None) -> HttpResponse:
    said = _("This page has lapsed. Go back to the shop and pay from there.")
    return _fault(request, known or {}, said, 400)


def _fault(request: HttpRequest, known: Known, said: str, status: int) -> HttpResponse:
    return render(request, "payments/in_app.html", known | {"fault": said}, status=status)
