"""A member's orders."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from components.questions import Question
from storefront_theme.requests import MemberRequest, asks, member_page, press, requested_part
from tenants.shop.cart import services as cart_services
from tenants.shop.orders import selectors as order_selectors
from tenants.shop.orders import services as order_services
from tenants.shop.orders.access import order_of
from tenants.shop.orders.models import REFUNDABLE, Order
from tenants.shop.refunds import selectors as refund_selectors

PER_PAGE = 10
MAX_WAITS = 20
STATES = [
    {"key": "", "label": gettext_lazy("All")},
    {"key": "placed", "label": gettext_lazy("To be paid")},
    {"key": "paid", "label": gettext_lazy("Being packed")},
    {"key": "shipped", "label": gettext_lazy("On the way to you")},
    {"key": "received", "label": gettext_lazy("Received")},
    {"key": "refunded", "label": gettext_lazy("Refunded")},
]
_STEPS = [
    ("placed", gettext_lazy("Placed")),
    ("paid", gettext_lazy("Paid")),
    ("shipped", gettext_lazy("Sent")),
    ("received", gettext_lazy("Received")),
]
_VOUCHER_STEPS = [
    ("placed", gettext_lazy("Placed")),
    ("shipped", gettext_lazy("Ready to use")),
    ("received", gettext_lazy("Used")),
]


@member_page("GET")
def index(request: MemberRequest) -> HttpResponse:
    """List the member's orders, newest first."""
    state = request.GET.get("state", "")
    member_orders = order_selectors.orders_of(request.user)
    if state := (state if state in Order.State.values else ""):
        member_orders = member_orders.filter(state=state)
    page = Paginator(member_orders, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "states": STATES, "state": state, "tab": "me"}
    return render(request, "storefront/orders.html", context)


@member_page("GET")
def show(request: MemberRequest, number: str) -> HttpResponse:
    """Show one order. ``?wait=n``: the payer has just come back and its event is on the way."""
    view = order_selectors.order_view(number=number, user=request.user)
    order: Order = view.order
    waits = request.GET.get("wait", "")
    count = int(waits) if waits.isascii() and waits.isdigit() and len(waits) < 4 else 0
    waiting = 0 < count <= MAX_WAITS and order.state == Order.State.PLACED
    # Nothing travels: vouchers are there as soon as they are paid.
    only_vouchers = order.state != Order.State.PAID and all(
        supplier_order.vouchers and not supplier_order.parcels for supplier_order in view.supplier_orders
    )
    template = "storefront/order.html"
    if requested_part(request) == "state":
        if waiting:
            template += "#state"
        else:
            # The whole page shows what changed; the fragment alone would leave the timeline behind.
            return HttpResponse(status=204, headers={"HX-Location": request.path})
    return render(
        request,
        template,
        {
            "view": view,
            "order": order,
            "refunds": [
                row
                for row in refund_selectors.refunds_of(order)
                if row.state != "failed" and not row.is_dispute
            ],
            "waiting": waiting,
            "next_wait": count + 1,
            "only_vouchers": only_vouchers,
            "steps": _steps(order.state, _VOUCHER_STEPS if only_vouchers else _STEPS),
            "can_ask": order.state in REFUNDABLE,
            "can_order_again": order.state != Order.State.PLACED,
            "tab": "me",
        },
    )


def _steps(state: str, steps: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    keys = [key for key, _label in steps]
    if state not in keys:
        return []
    reached = keys.index(state)
    return [
        {"label": label, "done": index <= reached, "current": index == reached}
        for index, (_key, label) in enumerate(steps)
    ]


def _ask_cancel(request: MemberRequest, number: str) -> Question | None:
    order = order_of(number=number, user=request.user)
    if order.state != Order.State.PLACED:
        return None
    return Question(
        title=_("Cancel order %(number)s?") % {"number": number},
        amount=order.total,
        currency=order.currency,
        facts=[
            _("Its goods are no longer reserved for you; they go back into your cart."),
            _("If you have paid already, the money comes back by itself."),
        ],
        button=_("Cancel the order"),
        back=reverse("order", args=[number]),
    )


@member_page("POST")
@asks(_ask_cancel)
def cancel(request: MemberRequest, number: str) -> HttpResponse:
    """Cancel an order that is not paid; its goods are in the cart again."""
    said = _("The order is cancelled. Its goods are in your cart again.")
    return _act(request, number, order_services.cancel_order, said)


@member_page("POST")
def again(request: MemberRequest, number: str) -> HttpResponse:
    """Put the goods of an order into the cart once more."""
    cart_services.order_again(order_id=order_of(number=number, user=request.user).id)
    return redirect("cart")


def _ask_receive(request: MemberRequest, number: str) -> Question | None:
    order = order_of(number=number, user=request.user)
    if order.state != Order.State.SHIPPED:
        return None
    return Question(
        title=_("Do you have everything of order %(number)s?") % {"number": number},
        amount=order.total - order.refunded,
        currency=order.currency,
        facts=[_("The suppliers are paid for it then. It cannot be taken back; a case can still be opened.")],
        button=_("Yes, everything has arrived"),
        back=reverse("order", args=[number]),
    )


@member_page("POST")
@asks(_ask_receive)
def receive(request: MemberRequest, number: str) -> HttpResponse:
    """Say that everything has arrived."""
    return _act(request, number, order_services.receive_order, _("Thank you. Enjoy!"))


def _act(request: MemberRequest, number: str, command: Any, done: str) -> HttpResponse:
    order = order_of(number=number, user=request.user)
    press(request, lambda: command(order_id=order.id, acting_user=request.user), done)
    return redirect("order", number)
