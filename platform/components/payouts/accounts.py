"""What people do about a payee's account at the payment service: the same for shops and suppliers."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from kernel.calls.errors import CallError
from kernel.errors import BanyanError


def open_account(request: HttpRequest, owner: AccountOwner, acting_user: User) -> None:
    """Open the account; its data are completed at the payment service. A refusal is a message."""
    try:
        payout_account_services.open_account(owner=owner, acting_user=acting_user)
    except (BanyanError, CallError) as error:
        _say(request, error)


def onboarding_link(request: HttpRequest, account: PayoutAccount | None) -> str:
    """Return the payment service's page for the data; "" if there is none now, with a message that says why.

    The service sends people to this address again when its link has run out, to ``../return/`` afterwards.
    """
    try:
        if account is not None:
            return payout_account_services.onboarding_link(
                account=account,
                refresh_url=request.build_absolute_uri(),
                return_url=request.build_absolute_uri("../return/"),
            )
    except (BanyanError, CallError) as error:
        _say(request, error)
    return ""


def refresh(request: HttpRequest, account: PayoutAccount | None) -> None:
    """Fetch how the account stands at the payment service."""
    try:
        if account is not None:
            payout_account_services.refresh(account=account)
    except CallError as error:
        _say(request, error)


def _say(request: HttpRequest, error: BanyanError | CallError) -> None:
    unreachable = _("The payment service is out of reach. Please try again in a minute.")
    messages.error(request, error.text if isinstance(error, BanyanError) else unreachable)
