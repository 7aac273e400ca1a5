"""What people do about a payee's account at the payment service: the same for shops and suppliers."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from billing.payments.gateway import gateway
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from components.payouts.words import country_name
from kernel.calls.errors import CallError
from kernel.calls.outgoing import own_id
from kernel.errors import BanyanError


@dataclass(frozen=True, slots=True)
class CountryChoice:
    """The countries in which payees can be paid, by name in the reader's language, and the one suggested."""

    choices: list[tuple[str, str]]
    suggested: str

    @classmethod
    def of(cls, currency: str, account: PayoutAccount | None) -> "CountryChoice":
        """Return the choice for somebody who earns ``currency``; with an account, its country comes first."""
        choices = [(code, country_name(code)) for code in gateway().payee_countries]
        suggested = account.country if account else payout_account_services.suggested_country(currency)
        return cls(sorted(choices, key=lambda choice: choice[1]), suggested)


def open_chosen(request: HttpRequest, owner: AccountOwner, acting_user: User) -> None:
    """Open the account in the country chosen; its data are completed at the payment service.

    With ``instead_of`` in the form it takes the place of that account. Raises as the services do.
    """
    country = request.POST.get("country", "").strip().upper()[:2]
    if instead_of := request.POST.get("instead_of", ""):
        payout_account_services.open_another_account(
            owner=owner, country=country, acting_user=acting_user, instead_of=own_id(instead_of)
        )
    else:
        payout_account_services.open_account(owner=owner, country=country, acting_user=acting_user)


def open_account(request: HttpRequest, owner: AccountOwner, acting_user: User) -> None:
    """Open the account in the country chosen; a refusal is a message."""
    try:
        open_chosen(request, owner, acting_user)
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
