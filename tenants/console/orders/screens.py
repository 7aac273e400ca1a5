"""What operators do about an order that is not paid."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.screens import press
from components.console_questions import asks
from components.questions import Question
from tenants.shop.orders import services as order_services
from tenants.shop.orders.models import Order


def _ask_cancel(request: HttpRequest, order_id: UUID) -> Question:
    order = get_object_or_404(Order, pk=order_id, state=Order.State.PLACED)
    return Question(
        title=_("Cancel order %(number)s?") % {"number": order.number},
        amount=order.total,
        currency=order.currency,
        facts=[
            _("Its goods are free for others at once, and lie in its buyer's cart again."),
            _("Money that is on its way nevertheless goes back by itself."),
        ],
        button=_("Cancel the order"),
        back=reverse("console:shop_order_change", args=[order_id]),
    )


@asks(_ask_cancel)
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Free what an unpaid order keeps from other buyers."""
    order = get_object_or_404(Order, pk=order_id)
    return press(
        request,
        lambda: order_services.cancel_order(order_id=order.pk, acting_user=signed_in(request)),
        "console:shop_order_change",
        order_id,
        said=_("The order is cancelled; its goods are free."),
    )
