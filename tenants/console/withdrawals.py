"""Money that leaves, in the shop's console: withdrawals, the margin, the payout account."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import signed_in
from backoffice.forms import AmountField, ConsoleForm, refuse
from backoffice.screens import render
from billing.ledger.models import AccountKind
from billing.payouts.accounts import services as account_services
from billing.payouts.accounts.services import Owner
from billing.payouts.models import PayoutAccount
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from billing.payouts.withdrawals import services as withdrawal_services
from components import payout_words, withdrawals
from kernel.errors import BanyanError
from kernel.ids import new_id
from kernel.outgoing import CallError
from kernel.text import pick
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant


class MoneyForm(ConsoleForm):
    """A form with amounts in the tenant's currency, told apart from others on its page by ``which``."""

    which = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, AmountField):
                field.currency = currency


class TermsForm(MoneyForm):
    """What members' withdrawals cost, and above what somebody has to approve them."""

    minimum = AmountField(label=gettext_lazy("Least amount"))
    fee = AmountField(label=gettext_lazy("Fee of each withdrawal"))
    approval_above = AmountField(
        label=gettext_lazy("Approval needed above"),
        help_text=gettext_lazy("what one person takes out within a day"),
    )


class TakeForm(MoneyForm):
    """How much of the margin to take out."""

    amount = AmountField(label=gettext_lazy("Amount"))


def bound(
    request: HttpRequest, shape: type[MoneyForm], which: str, tenant: Tenant, **initial: Any
) -> MoneyForm:
    """Return the form of a page with several: filled in if it is the one that was sent."""
    data = request.POST if request.POST.get("which") == which else None
    return shape(data, currency=tenant.currency, initial={"which": which, "key": str(new_id()), **initial})


def withdrawals_page(request: HttpRequest) -> HttpResponse:
    """List the withdrawals of this shop, those to be approved first; set the terms; take the margin out."""
    tenant = current_tenant()
    terms = withdrawal_selectors.terms_of(tenant.id, tenant.currency)
    may_set = request.user.has_perm("payouts.add_withdrawalterms")
    may_take = request.user.has_perm(withdrawal_services.MAY_ASK)
    terms_form = bound(
        request,
        TermsForm,
        "terms",
        tenant,
        minimum=terms.minimum,
        fee=terms.fee,
        approval_above=terms.approval_above,
    )
    take_form = bound(request, TakeForm, "take", tenant)
    try:
        if may_set and terms_form.is_bound and terms_form.is_valid():
            asked = {name: terms_form.cleaned_data[name] for name in ("minimum", "fee", "approval_above")}
            withdrawal_selectors.set_terms(tenant=tenant, acting_user=signed_in(request), **asked)
            messages.success(request, _("The terms are set."))
            return redirect("console:withdrawals")
    except BanyanError as error:
        refuse(terms_form, error)
    try:
        if may_take and take_form.is_bound and take_form.is_valid():
            withdrawal_services.request(
                tenant=tenant,
                owner_id=tenant.id,
                currency=tenant.currency,
                amount=take_form.cleaned_data["amount"],
                acting_user=signed_in(request),
                idempotency_key=take_form.cleaned_data["key"],
            )
            messages.success(request, _("The margin is on its way, or waits for somebody else's approval."))
            return redirect("console:withdrawals")
    except BanyanError as error:
        refuse(take_form, error)
    account = account_services.account_of("tenant", tenant.id, tenant.id)
    available = withdrawal_selectors.available(
        tenant_id=tenant.id, owner_id=tenant.id, wallet=AccountKind.TENANT_MARGIN, currency=tenant.currency
    )
    is_able = account is not None and account.state == PayoutAccount.State.ABLE
    shown = []
    if may_take and is_able and available:
        shown.append({"form": take_form, "submit": _("Take it out"), "note": ""})
    if may_set:
        note = _("Who sets these terms needs approval for every withdrawal of their own.")
        shown.append({"form": terms_form, "submit": _("Set the terms"), "note": note})
    context = {
        **withdrawals.lists(request),
        "currency": tenant.currency,
        "own": {
            "available": available,
            "is_able": is_able,
            "reserve_days": withdrawal_selectors.MARGIN_RESERVE.days,
        },
        "forms": shown,
    }
    return render(request, "components/withdrawals.html", context)


def payout_account(request: HttpRequest) -> HttpResponse:
    """Show how the shop's account at the payment service stands; open it."""
    tenant = current_tenant()
    may_open = request.user.has_perm("payouts.add_payoutaccount")
    if request.method == "POST" and may_open:
        name = pick(tenant.name, "en")
        owner = Owner(PayoutAccount.OwnerKind.TENANT, tenant.id, tenant.id, tenant.currency, name)
        try:
            account_services.open_account(owner=owner, acting_user=signed_in(request))
        except BanyanError as error:
            messages.error(request, str(error))
        except CallError:
            messages.error(request, _("The payment service is out of reach. Please try again in a minute."))
        return redirect("console:payout_account")
    account = account_services.account_of("tenant", tenant.id, tenant.id)
    context = {
        "title": _("Payout account"),
        "account": payout_words.of_account(account),
        "may_open": may_open,
    }
    return render(request, "operators/payout_account.html", context)


def complete_account(request: HttpRequest) -> HttpResponse:
    """Go to the payment service's page, where the data are completed."""
    tenant = current_tenant()
    account = account_services.account_of("tenant", tenant.id, tenant.id)
    if account is not None:
        try:
            link = account_services.onboarding_link(
                account=account,
                refresh_url=request.build_absolute_uri(),
                return_url=request.build_absolute_uri("../return/"),
            )
            return redirect(link)
        except (BanyanError, CallError) as error:
            messages.error(request, str(error))
    return redirect("console:payout_account")


def account_returned(request: HttpRequest) -> HttpResponse:
    """Back from the payment service: see at once how the account stands."""
    tenant = current_tenant()
    account = account_services.account_of("tenant", tenant.id, tenant.id)
    if account is not None:
        try:
            account_services.refresh(account=account)
        except CallError:
            messages.error(request, _("The payment service is out of reach. Please try again in a minute."))
    return redirect("console:payout_account")
