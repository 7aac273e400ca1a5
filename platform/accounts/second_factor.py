"""A second factor at sign-in for everybody who works here: a code of an authenticator app (RFC 6238).

Secrets and codes are allauth's; here is when they are asked for. Secrets lie encrypted in the database,
with a key made from SECRET_KEY: whoever reads a copy of the database alone cannot make codes.
"""

from collections.abc import Sequence

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import roles, sessions
from accounts.models import User
from kernel import audit, encryption, limits

SECRET = "second_factor.secret"  # noqa: S105
TRIES, WINDOW = 10, 300


class SecretsAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps secrets encrypted."""

    def encrypt(self, text: str) -> str:
        """Return ``text`` as it is stored."""
        return encryption.encrypt(text, purpose="second factor")

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was stored."""
        return encryption.decrypt(encrypted_text, purpose="second factor")


def is_on(user: User) -> bool:
    """True if this person must give a code."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def is_owed(request: HttpRequest) -> bool:
    """True if whoever works here has signed in with the password, and must still give a code."""
    user = request.user
    if not isinstance(user, User) or user.role == roles.MEMBER or sessions.has_given_code(request):
        return False
    return is_on(user)


def must_set_up(user: User) -> bool:
    """True for everybody who works here without one, where it is required."""
    return settings.SECOND_FACTOR == "required" and not is_on(user)


def secret_of(request: HttpRequest) -> str:
    """Return the secret that is offered to this session, the same until it is taken."""
    secret: str = request.session.get(SECRET) or totp.generate_totp_secret()
    request.session[SECRET] = secret
    return secret


def picture(user: User, secret: str) -> str:
    """Return the QR code that an authenticator app reads, as SVG."""
    address = SecretsAdapter().build_totp_url(user, secret)
    return segno.make(address, error="m").svg_inline(scale=5, border=2)


def turn_on(request: HttpRequest, user: User, code: str) -> Sequence[str]:
    """Begin to ask this person for codes; return the recovery codes, shown once.

    Raises ValidationError if ``code`` is not of the offered secret: then the app does not have it.
    """
    secret = secret_of(request)
    _count(user)
    if not totp.validate_totp_code(secret, code.strip()):
        raise ValidationError(_("This code does not fit. Wait for the next one and check the clock."))
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        totp.TOTP.activate(user, secret)
        codes: Sequence[str] = RecoveryCodes.activate(user).generate_codes()
        audit.record_on(user, "second_factor.on", actor=user)
    del request.session[SECRET]
    return codes


def turn_off(user: User, code: str) -> None:
    """Stop asking; raises ValidationError if the code is wrong. Again: no change."""
    if not is_on(user):
        return
    check(user, code)
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        audit.record_on(user, "second_factor.off", actor=user)


def check(user: User, code: str) -> None:
    """Take a code of the app, once, or a recovery code. Raises ValidationError, also for too many tries."""
    _count(user)
    for authenticator in Authenticator.objects.filter(user=user):
        if authenticator.wrap().validate_code(code.replace(" ", "")):
            limits.forget(f"second-factor:{user.pk}", window=WINDOW)
            return
    raise ValidationError(_("This code does not fit. Wait for the next one and check the clock."))


def _count(user: User) -> None:
    verdict = limits.hit(f"second-factor:{user.pk}", limit=TRIES, window=WINDOW)
    if not verdict.allowed:
        raise ValidationError(
            _("Too many tries. Wait %(minutes)d minutes and try again."),
            params={"minutes": verdict.retry_after // 60 + 1},
        )
