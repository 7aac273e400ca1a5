"""A member's circle, profile and data."""

import io
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel import clock
from kernel.errors import BanyanError
from kernel.text import pick
from selection import selectors as selection
from storefront_theme import logo, poster
from storefront_theme.context import shown_look
from storefront_theme.forms import ProfileForm
from storefront_theme.requests import MemberRequest
from storefront_theme.views import pay
from tenants.agents import services as agent_services
from tenants.agents.bindings import circles
from tenants.agents.deposits import services as deposit_services
from tenants.shop.orders import selectors as order_selectors


def share_address(request: MemberRequest, path: str = "/") -> str:
    """Return the address that binds whoever opens it first to this member."""
    member = agent_services.ensure_member(user=request.user)
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None) or not path.startswith("/"):
        path = "/"
    return request.build_absolute_uri(f"{path.partition('?')[0]}?{urlencode({'s': member.referral_code})}")


@never_cache
@login_required
@require_safe
def circle(request: MemberRequest) -> HttpResponse:
    """Show the member's fans, and each earning with its amount, order, state and reason."""
    agent_services.ensure_member(user=request.user)
    found = circles.circle_of(request.user)
    context = {"circle": found, "share_url": share_address(request), "tab": "circle"}
    return render(request, "storefront/circle.html", context)


@never_cache
@login_required
@require_POST
def deposit(request: MemberRequest) -> HttpResponse:
    """Pay the deposit that the shop's rules ask, or have it returned."""
    agent_services.ensure_member(user=request.user)
    try:
        if "return" in request.POST:
            deposit_services.return_on_request(user=request.user)
            messages.success(request, _("Your deposit is on its way back to you."))
        else:
            payment = deposit_services.open_deposit(user=request.user)
            return pay.begin(request, payment.id)
    except BanyanError as error:
        messages.error(request, str(error.message))
    return redirect("circle")


@never_cache
@login_required
@require_POST
def invitation(request: MemberRequest) -> HttpResponse:
    """Become the fan of whoever's code is entered."""
    member = agent_services.ensure_member(user=request.user)
    if agent_services.bind(member=member, code=request.POST.get("code", "")[:20], how="code"):
        messages.success(request, _("Welcome! You now belong to the circle of your friend."))
    else:
        messages.error(request, _("This code cannot be used. Ask your friend for another one."))
    return redirect("circle")


@never_cache
@login_required
@require_safe
def share(request: MemberRequest) -> HttpResponse:
    """Show the link and the QR code of one page of the shop."""
    path = request.GET.get("path", "/")
    url = share_address(request, path)
    context = {
        "share_url": url,
        "path": path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/",
    }
    return render(request, "storefront/share.html", context)


@never_cache
@login_required
@require_safe
def share_qr(request: MemberRequest) -> HttpResponse:
    """Draw the referral link as a QR code."""
    code = segno.make(share_address(request, request.GET.get("path", "/")), error="m")
    out = io.BytesIO()
    code.save(out, kind="svg", scale=8, border=2, dark="#111111", light="#ffffff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@never_cache
@login_required
@require_safe
def share_poster(request: MemberRequest) -> HttpResponse:
    """Draw a poster with the member's QR code, to be saved and sent."""
    look = shown_look(request)
    svg = poster.draw(
        look.document,
        name=pick(request.tenant.name),
        mark=logo.characters(look.document, pick(request.tenant.name)),
        address=share_address(request),
        person=str(request.user),
    )
    return HttpResponse(svg, content_type="image/svg+xml")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponse:
    """Show and change what the member says about themselves."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    to_judge = selection.waiting_for(tenant_id=request.tenant.pk, user_id=request.user.pk)
    return render(request, "storefront/profile.html", {"form": form, "to_judge": to_judge, "tab": "me"})


@never_cache
@login_required
@require_safe
def export(request: MemberRequest) -> HttpResponse:
    """Hand the member everything the shop keeps about them, as JSON."""
    user = request.user
    document = {
        "exported_at": clock.now().isoformat(),
        "shop": request.tenant.name,
        "person": {
            "email": user.email,
            "name": user.name,
            "phone": user.phone,
            "language": user.language,
            "joined_at": user.date_joined.isoformat(),
        },
        "orders": [_order(order) for order in order_selectors.orders_of(user)],
        "circle": _circle(circles.circle_of(user)),
    }
    return JsonResponse(
        document,
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )


def _order(order: Any) -> dict[str, Any]:
    return {
        "number": order.number,
        "state": order.state,
        "placed_at": order.placed_at.isoformat(),
        "currency": order.currency,
        "goods": order.goods,
        "reduction": order.reduction,
        "freight": order.freight,
        "total": order.total,
        "ship_to": order.ship_to,
        "lines": [
            {
                "title": line.title,
                "options": line.options,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "paid": line.paid,
            }
            for line in order.lines.all()
        ],
    }


def _circle(found: Any) -> dict[str, Any]:
    return {
        "referral_code": found.code,
        "fans": [
            {"name": fan.name, "bound_at": fan.bound_at.isoformat(), "orders": fan.orders}
            for fan in found.fans
        ],
        "earnings": [
            {
                "order": earning.order_number,
                "amount": earning.amount,
                "clawed_back": earning.clawed_back,
                "currency": earning.currency,
                "state": earning.state,
                "why": earning.why,
            }
            for earning in found.earnings
        ],
    }
