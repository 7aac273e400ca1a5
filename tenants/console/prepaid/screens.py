"""The prepaid balance that pays partner orders: what is on it, what moved it, topping it up."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms import AmountField, ConsoleForm
from backoffice.screens import attempt, render
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payments.topups import services as topup_services
from tenants.registry.selectors import current_tenant

KINDS = {
    "topup": gettext_lazy("topped up"),
    "topup.refund_requested": gettext_lazy("top-up asked back"),
    "topup.refund_failed": gettext_lazy("top-up could not go back"),
    "order.paid": gettext_lazy("order of a partner"),
    "order.refunded": gettext_lazy("refund of a partner's order"),
}


class TopUpForm(ConsoleForm):
    """How much to add."""

    amount = AmountField(label=gettext_lazy("Amount"))


def prepaid(request: HttpRequest) -> HttpResponse:
    """Show the balance and its statement; topping up opens a payment and goes to its page."""
    tenant = current_tenant()
    form = TopUpForm(request.POST or None, currency=tenant.currency)
    may_pay = request.user.has_perm("ledger.add_transfer")
    opened = may_pay and attempt(
        request,
        form,
        lambda: topup_services.open_topup(
            tenant=tenant, amount=form.cleaned_data["amount"], acting_user=request.user
        ),
    )
    if opened:
        return redirect(f"/pay/{opened.result}/")
    balances = ledger_selectors.balances_of("tenant", tenant.id, tenant_id=tenant.id)
    kind, currency = AccountKind.TENANT_PREPAID, tenant.currency
    account = next((row for row in balances if (row.kind, row.currency) == (kind, currency)), None)
    lines = ledger_selectors.account_statement(account.account_id, limit=50) if account else ()
    context = {
        "title": _("Prepaid balance"),
        "form": form if may_pay else None,
        "currency": currency,
        "balance": account.amount if account else 0,
        "rows": [{"row": line, "what": KINDS.get(line.kind, line.kind)} for line in lines],
    }
    return render(request, "console/prepaid/prepaid.html", context)
