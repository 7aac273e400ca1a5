"""The refund of an order: what goes back, a look at who gives it, and the yes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.forms import refuse
from backoffice.screens import render
from kernel.errors import BanyanError
from kernel.ids import new_id
from tenants.console.refunds.forms import RefundForm
from tenants.registry.selectors import current_tenant
from tenants.shop import money_map
from tenants.shop.orders.models import REFUNDABLE, Order
from tenants.shop.refunds import selectors as refund_selectors
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.plan import RefundPlan, make_plan, refundable_of


def refund(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Refund an order: first what it takes from whom is shown, then it is done, for a reason."""
    order = get_object_or_404(Order, id=order_id, state__in=REFUNDABLE)
    left = refundable_of(order)
    form = RefundForm(left, order.currency, request.POST or None, initial={"key": str(new_id())})
    preview, total, shown = None, 0, ""
    if request.method == "POST" and form.is_valid():
        try:
            plan = make_plan(left, currency=order.currency, **form.scope())
            preview, shown = money_map.givers(order, plan), _fingerprint(plan)
            if request.POST.get("shown") == shown:
                return _refund(request, order, form)
            total = plan.amount
        except BanyanError as error:
            refuse(form, error)
    context = {
        "title": _("Refund order %(number)s") % {"number": order.number},
        "order": order,
        "tenant": current_tenant(),
        "form": form,
        "left": left.amount,
        "preview": preview,
        "amount": total,
        "shown": shown,
        "refunds": refund_selectors.refunds_of(order),
    }
    return render(request, "console/refunds/refund.html", context)


def _fingerprint(plan: RefundPlan) -> str:
    """What was shown: if it changed since, it is shown again before anything happens."""
    return f"{plan.amount} {plan.fee} {plan.earnings} {sorted(plan.suppliers.values())}"


def _refund(request: HttpRequest, order: Order, form: RefundForm) -> HttpResponse:
    refund = refund_services.refund_order(
        order_id=order.id,
        reason=form.cleaned_data["reason"],
        acting_user=signed_in(request),
        idempotency_key=f"console:{form.cleaned_data['key']}",
        stop_shipping=form.cleaned_data["stop_shipping"],
        **form.scope(),
    )
    if refund.state == refund.State.FAILED:
        messages.error(request, _("The payment provider refused it; nothing was clawed back."))
    else:
        messages.success(request, _("The money is on its way back; earnings and payables follow it."))
    return redirect("console:shop_order_change", order.pk)
