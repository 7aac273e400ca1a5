"""The refund of an order in the operators' console: what goes back, a look at who gives it, and the yes."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from backoffice.forms import AmountField, ReasonForm, dress, refuse
from backoffice.screens import render
from kernel.errors import BanyanError
from kernel.ids import new_id
from kernel.text import pick
from tenants.registry.selectors import current_tenant
from tenants.shop import money_map
from tenants.shop.models import Order
from tenants.shop.orders import services as order_services
from tenants.shop.refunds import selectors as refund_selectors
from tenants.shop.refunds import services as refund_services
from tenants.shop.refunds.plan import Refundable, RefundPlan, make_plan, refundable_of


class RefundForm(ReasonForm):
    """Units by line, an amount, freight; all empty is everything that is left."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, order: Order, left: Refundable, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {f"units_{part.line.pk.hex}": part for part in left.lines if part.quantity}
        for name, part in self.lines.items():
            self.fields[name] = forms.IntegerField(
                label=pick(part.line.title),
                required=False,
                min_value=0,
                max_value=part.quantity,
                help_text=_("units to be refunded, of %(left)d") % {"left": part.quantity},
            )
        self.fields["amount"] = AmountField(
            currency=order.currency,
            label=_("An amount"),
            required=False,
            help_text=_("is spread over all lines and freight by what is left of them"),
        )
        self.fields["freight"] = AmountField(
            currency=order.currency,
            label=_("Freight"),
            required=False,
            help_text=_("without units and amount: freight alone"),
        )
        self.fields["stop_shipping"] = forms.BooleanField(
            label=_("Unsent units stay unsent"), required=False, initial=True
        )
        self.order_fields([*self.lines, "amount", "freight", "stop_shipping", "reason", "key"])
        for field in self.fields.values():
            dress(field.widget)

    def clean(self) -> dict[str, Any]:
        """Refuse a zero that stands alone: nothing at all written would be everything."""
        data = super().clean() or self.cleaned_data
        given = [data.get(name) for name in (*self.lines, "amount", "freight")]
        if not any(given) and 0 in given:
            raise forms.ValidationError(_("the amount has to be above zero"))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return what is to be refunded, as ``refunds.refund`` takes it."""
        data = self.cleaned_data
        units = {part.line.pk: data[name] for name, part in self.lines.items() if data[name]}
        return {
            "lines": units or None,
            "amount": data["amount"] or None,
            "freight": data["freight"] or None,
        }


def refund(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Refund an order: first what it takes from whom is shown, then it is done, for a reason."""
    order = Order.objects.filter(id=order_id).first()
    if order is None or order.state not in order_services.REFUNDABLE:
        raise Http404
    left = refundable_of(order)
    form = RefundForm(order, left, request.POST or None, initial={"key": str(new_id())})
    preview, total, shown = None, 0, ""
    if request.method == "POST" and form.is_valid():
        try:
            plan = make_plan(left, currency=order.currency, **form.wanted())
            preview, shown = money_map.givers(order, plan), _fingerprint(plan)
            if request.POST.get("shown") == shown:
                return _done(request, order, form)
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
    return render(request, "operators/refund.html", context)


def _fingerprint(plan: RefundPlan) -> str:
    """What was shown: if it changed since, it is shown again before anything happens."""
    return f"{plan.amount} {plan.fee} {plan.earnings} {sorted(plan.suppliers.values())}"


def _done(request: HttpRequest, order: Order, form: RefundForm) -> HttpResponse:
    row = refund_services.refund_order(
        order_id=order.id,
        reason=form.cleaned_data["reason"],
        acting_user=signed_in(request),
        idempotency_key=f"console:{form.cleaned_data['key']}",
        stop_shipping=form.cleaned_data["stop_shipping"],
        **form.wanted(),
    )
    if row.state == row.State.FAILED:
        messages.error(request, gettext_lazy("The payment provider refused it; nothing was taken back."))
    else:
        messages.success(request, _("The money is on its way back; earnings and payables follow it."))
    return redirect("console:shop_order_change", order.pk)
