"""A member's circle, profile and data."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kernel import clock
from selection.samples import selectors as sample_selectors
from storefront_theme.addresses import home_of
from storefront_theme.forms import ProfileForm
from storefront_theme.requests import MemberRequest, member_page
from tenants.agents.circles import selectors as circle_selectors
from tenants.shop.orders import selectors as order_selectors


@member_page("GET", "POST")
def profile(request: MemberRequest) -> HttpResponse:
    """Show and change what the member says about themselves."""
    form = ProfileForm(request.POST or None, instance=request.user, home=home_of(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    to_judge = sample_selectors.waiting_for(tenant_id=request.tenant.pk, user_id=request.user.pk)
    return render(request, "storefront/profile.html", {"form": form, "to_judge": to_judge, "tab": "me"})


@member_page("GET")
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
        "circle": _circle(circle_selectors.circle_of(user)),
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
        "saving": order.saving,
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


def _circle(circle: Any) -> dict[str, Any]:
    return {
        "referral_code": circle.code,
        "fans": [
            {"name": fan.name, "bound_at": fan.bound_at.isoformat(), "orders": fan.orders}
            for fan in circle.fans
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
            for earning in circle.earnings
        ],
    }
