"""The first touch: which member's link a device opened first, kept in a signed cookie until sign-in."""

from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from kernel.tenancy import current_schema

COOKIE = "touch"
MAX_AGE = 60 * 60 * 24 * 365


class Touch(NamedTuple):
    """Whose link it was, and whether it was a link or a poster."""

    code: str
    how: str


def remembered(request: HttpRequest) -> Touch | None:
    """Return the device's first touch in this shop, or None; a forged or foreign cookie counts for none."""
    value = request.COOKIES.get(COOKIE, "")
    if not value or len(value) > 400:
        return None
    try:
        code, how = signing.loads(value, salt=_salt(), max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Touch(str(code), str(how))


def remember(response: HttpResponse, touch: Touch) -> None:
    """Keep the touch on the device, for this host alone and out of reach of scripts."""
    response.set_cookie(
        COOKIE,
        signing.dumps(list(touch), salt=_salt()),
        max_age=MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _salt() -> str:
    # The tenant is part of the signature: a cookie of one shop is worth nothing in another.
    return f"agents.touch:{current_schema()}"
