"""The prepaid balance that pays partner orders: what is on it, what moved it, topping it up."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms import AmountField, ConsoleForm, refuse
from backoffice.screens import render
from billing.ledger import selectors as ledger
from billing.ledger.models import AccountKind
from billing.payments.payments import services as payment_services
from kernel import audit
from kernel.errors import BanyanError
from kernel.ids import new_id
from kernel.money import parse_amount
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant

MOST_MAJOR_UNITS = 1_000_000
MOVES = {
    "topup": gettext_lazy("topped up"),
    "topup.refund_requested": gettext_lazy("top-up asked back"),
    "topup.refund_failed": gettext_lazy("top-up could not go back"),
    "order.paid": gettext_lazy("order of a partner"),
    "order.refunded": gettext_lazy("refund of a partner's order"),
}


def prepaid_balance(tenant: Tenant) -> int:
    """Return what is left on a tenant's prepaid balance, minor units of its currency."""
    return ledger.balance(
        owner_kind="tenant",
        owner_id=tenant.id,
        kind=AccountKind.TENANT_PREPAID,
        currency=tenant.currency,
        tenant_id=tenant.id,
    )


class TopUpForm(ConsoleForm):
    """How much to add."""

    amount = AmountField(label=gettext_lazy("Amount"))

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)
        field.currency, self.currency = currency, currency

    def clean_amount(self) -> int:
        """Refuse nothing, and more than anybody means."""
        amount: int = self.cleaned_data["amount"]
        if not 0 < amount <= parse_amount(MOST_MAJOR_UNITS, self.currency):
            self.add_error("amount", _("Write an amount above zero and below a million."))
        return amount


def prepaid(request: HttpRequest) -> HttpResponse:
    """Show the balance and its statement; topping up opens a payment and goes to its page."""
    tenant = current_tenant()
    form = TopUpForm(request.POST or None, currency=tenant.currency)
    may_pay = request.user.has_perm("ledger.add_transfer")
    if request.method == "POST" and may_pay and form.is_valid():
        try:
            return redirect(f"/pay/{_open_topup(tenant, form.cleaned_data['amount'], request.user)}/")
        except BanyanError as error:
            refuse(form, error)
    account = next(
        (
            row
            for row in ledger.balances_of("tenant", tenant.id, tenant_id=tenant.id)
            if row.kind == AccountKind.TENANT_PREPAID and row.currency == tenant.currency
        ),
        None,
    )
    context = {
        "title": _("Prepaid balance"),
        "form": form if may_pay else None,
        "currency": tenant.currency,
        "balance": account.amount if account else 0,
        "rows": [
            {"row": row, "what": MOVES.get(row.kind, row.kind)}
            for row in (ledger.account_statement(account.account_id, limit=50) if account else ())
        ],
    }
    return render(request, "operators/prepaid.html", context)


def _open_topup(tenant: Tenant, amount: int, user: Any) -> str:
    reference = new_id()
    with transaction.atomic(durable=True):
        payment = payment_services.open_payment(
            tenant=tenant,
            purpose="topup",
            reference_id=reference,
            amount=amount,
            currency=tenant.currency,
            description=_("Prepaid balance"),
        )
        audit.record(
            "prepaid.topup_opened",
            actor=user,
            object_type="payments.payment",
            object_id=payment.id,
            changes={"amount": amount, "currency": tenant.currency},
        )
    payment_services.start(payment_id=payment.id)
    return str(payment.id)
