"""The shop's account at the payment service, to which the margin is paid."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.screens import render
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from components.payouts import accounts as payout_accounts
from components.payouts import words as payout_words
from components.payouts.accounts import CountryChoice
from kernel.texts.translated import pick
from tenants.registry.selectors import current_tenant


def _account() -> PayoutAccount | None:
    tenant = current_tenant()
    return payout_account_services.account_of("tenant", tenant.id, tenant.id)


def payout_account(request: HttpRequest) -> HttpResponse:
    """Show how the shop's account at the payment service stands; open it."""
    may_open = request.user.has_perm("payouts.add_payoutaccount")
    if request.method == "POST" and may_open:
        tenant = current_tenant()
        name = pick(tenant.name, "en")
        owner = AccountOwner(PayoutAccount.OwnerKind.TENANT, tenant.id, tenant.id, name)
        payout_accounts.open_account(request, owner, signed_in(request))
        return redirect("console:payout_account")
    account = _account()
    context = {
        "title": _("Payout account"),
        "account": payout_words.of_account(account),
        "countries": CountryChoice.of(current_tenant().currency, account),
        "may_open": may_open,
    }
    return render(request, "console/payout_account/payout_account.html", context)


def complete(request: HttpRequest) -> HttpResponse:
    """Go to the payment service's page, where the data are completed."""
    return redirect(payout_accounts.onboarding_link(request, _account()) or "console:payout_account")


def returned(request: HttpRequest) -> HttpResponse:
    """Back from the payment service: see at once how the account stands."""
    payout_accounts.refresh(request, _account())
    return redirect("console:payout_account")
