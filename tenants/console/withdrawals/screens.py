"""Withdrawals of the shop: approving them, their terms, taking the margin out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.forms import AmountField, KeyedForm
from backoffice.screens import attempt, render
from billing.ledger.models import AccountKind
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import PayoutAccount
from billing.payouts.withdrawal_terms import selectors as withdrawal_term_selectors
from billing.payouts.withdrawal_terms import services as withdrawal_term_services
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from billing.payouts.withdrawals import services as withdrawal_services
from components.console_questions import asks
from components.payouts import withdrawals as withdrawal_parts
from components.questions import Question
from kernel.errors import BanyanError
from kernel.money.money import format_money
from tenants.registry.selectors import current_tenant

TERMS = ("minimum", "fee", "approval_above")


class TermsForm(KeyedForm):
    """What members' withdrawals cost, and above what somebody has to approve them."""

    minimum = AmountField(label=gettext_lazy("Least amount"))
    fee = AmountField(label=gettext_lazy("Fee of each withdrawal"))
    approval_above = AmountField(
        label=gettext_lazy("Approval needed above"),
        help_text=gettext_lazy("what one person takes out within a day"),
    )


class MarginForm(KeyedForm):
    """How much of the margin to take out."""

    amount = AmountField(label=gettext_lazy("Amount"))


def _ask_margin(request: HttpRequest) -> Question | None:
    tenant = current_tenant()
    form = MarginForm.of(request, "take", currency=tenant.currency)
    if not (form.is_bound and form.is_valid()):
        return None
    amount = form.cleaned_data["amount"]
    try:
        quote = withdrawal_selectors.quote(
            tenant=tenant,
            owner_id=tenant.id,
            wallet=AccountKind.TENANT_MARGIN,
            currency=tenant.currency,
            amount=amount,
            asked_by=signed_in(request).pk,
        )
    except BanyanError:
        return None  # the command says what is wrong
    fee = {"fee": format_money(quote.fee, tenant.currency), "amount": format_money(amount, tenant.currency)}
    return Question(
        title=_("Take this out of the shop's margin?"),
        amount=quote.net,
        currency=tenant.currency,
        facts=[_("%(amount)s leave the margin, of which %(fee)s are the fee.") % fee],
        button=_("Take it out"),
        back=reverse("console:withdrawals"),
    )


@asks(_ask_margin)
def withdrawals(request: HttpRequest) -> HttpResponse:
    """List the withdrawals of this shop, those to be approved first; set the terms; take the margin out."""
    tenant = current_tenant()
    terms = withdrawal_term_selectors.terms_of(tenant.id, tenant.currency)
    may_set = request.user.has_perm("payouts.add_withdrawalterms")
    may_take = request.user.has_perm(withdrawal_services.MAY_ASK)
    terms_form = TermsForm.of(
        request, "terms", currency=tenant.currency, **{name: getattr(terms, name) for name in TERMS}
    )
    margin_form = MarginForm.of(request, "take", currency=tenant.currency)
    if may_set and attempt(
        request,
        terms_form,
        lambda: withdrawal_term_services.set_terms(
            tenant_id=tenant.id,
            currency=tenant.currency,
            acting_user=signed_in(request),
            **{name: terms_form.cleaned_data[name] for name in TERMS},
        ),
        _("The terms are set."),
    ):
        return redirect("console:withdrawals")
    if may_take and attempt(
        request,
        margin_form,
        lambda: withdrawal_services.request(
            tenant=tenant,
            owner_id=tenant.id,
            currency=tenant.currency,
            amount=margin_form.cleaned_data["amount"],
            acting_user=signed_in(request),
            idempotency_key=margin_form.cleaned_data["key"],
        ),
        _("The margin is on its way, or waits for somebody else's approval."),
    ):
        return redirect("console:withdrawals")
    account = payout_account_services.account_of("tenant", tenant.id, tenant.id)
    is_able = account is not None and account.state == PayoutAccount.State.ABLE
    available = withdrawal_selectors.available(
        tenant_id=tenant.id, owner_id=tenant.id, wallet=AccountKind.TENANT_MARGIN, currency=tenant.currency
    )
    forms = []
    if may_take and is_able and available:
        forms.append({"form": margin_form, "submit": _("Take it out"), "note": ""})
    if may_set:
        note = _("Who sets these terms needs approval for every withdrawal of their own.")
        forms.append({"form": terms_form, "submit": _("Set the terms"), "note": note})
    reserve_days = withdrawal_selectors.MARGIN_RESERVE.days
    context = {
        **withdrawal_parts.lists(request),
        "currency": tenant.currency,
        "own": {"available": available, "is_able": is_able, "reserve_days": reserve_days},
        "forms": forms,
    }
    return render(request, "components/withdrawals.html", context)
