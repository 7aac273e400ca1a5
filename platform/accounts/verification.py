"""When an address turns out to be somebody's: what was set up under it before may be another's."""

from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts import services
from accounts.models import User
from kernel.errors import NotAllowed


def is_verified(user: User) -> bool:
    """True if somebody has shown that they read the mail of this account's address."""
    return bool(EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists())


def require_verified(user: User) -> None:
    """Raise NotAllowed for an account under an address that nobody has shown to be theirs."""
    if not is_verified(user):
        raise NotAllowed(
            gettext_lazy("nobody has shown yet that this address is yours"),
            field="email",
            value=user.email,
            remedy=gettext_lazy("open the link in the mail that we sent, or sign in once with a mailed code"),
            code="unverified",
        )


def on_email_confirmed(*, request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """End what was opened under an address by somebody who never read its mail.

    In the browser that is signed in to the account itself nothing ends: whoever holds it reads the mail.
    """
    user = email_address.user
    if not (request.user.is_authenticated and request.user.pk == user.pk):
        services.drop_unverified_access(user)


def on_password_reset(*, user: User, **_: Any) -> None:
    """Take the address as verified: the link to the new password was in its mail."""
    EmailAddress.objects.filter(user_id=user.pk, email=user.email).update(verified=True)
