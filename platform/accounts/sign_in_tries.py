"""How often a password may be tried, so that nobody guesses one and nobody locks another out.

Tries are counted for an address from one client, and for a client. For the address alone they are counted
only where the browser has never signed in to that account: strangers wear out their own limit, not the
owner's.
"""

from hashlib import sha256

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kernel import limits

WINDOW, HOUR = 300, 3600
PER_ADDRESS_AND_CLIENT, PER_CLIENT, PER_ADDRESS_BY_STRANGERS = 10, 300, 200
KNOWN_SECONDS = 365 * 24 * 3600
COOKIE, _SALT = "known_device", "accounts.known_device"


def count(request: HttpRequest, address: str) -> None:
    """Count a try; raise ValidationError, which says how long to wait, if it is one too many."""
    address, client = address.strip().lower()[:254], request.META.get("REMOTE_ADDR", "")
    counters = [
        (f"sign-in:{address}:{client}", PER_ADDRESS_AND_CLIENT, WINDOW),
        (f"sign-in-client:{client}", PER_CLIENT, WINDOW),
    ]
    if not _is_known(request, address):
        counters.append((f"sign-in-strangers:{address}", PER_ADDRESS_BY_STRANGERS, HOUR))
    for key, limit, window in counters:
        verdict = limits.hit(key, limit=limit, window=window)
        if not verdict.allowed:
            raise ValidationError(
                _("Too many tries. Wait %(minutes)d minutes and try again."),
                params={"minutes": verdict.retry_after // 60 + 1},
            )


def succeeded(request: HttpRequest, address: str) -> None:
    """Forget the tries that came before the right password."""
    client = request.META.get("REMOTE_ADDR", "")
    limits.forget(f"sign-in:{address.strip().lower()[:254]}:{client}", window=WINDOW)


def remember(response: HttpResponse, address: str, *, secure: bool) -> None:
    """Let the browser be known for the account that it has just signed in to."""
    response.set_cookie(
        COOKIE,
        signing.dumps(_digest(address), salt=_SALT),
        max_age=KNOWN_SECONDS,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def _is_known(request: HttpRequest, address: str) -> bool:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KNOWN_SECONDS)
    except signing.BadSignature:
        return False
    return bool(known == _digest(address))


def _digest(address: str) -> str:
    return sha256(address.strip().lower().encode()).hexdigest()
