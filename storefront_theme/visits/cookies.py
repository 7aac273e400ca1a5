"""What a browser remembers in signed cookies: whose link it opened first, and through what it came last.

The first visit through a referral link decides whose fan somebody becomes and lasts until sign-in. A visit to
a live room, note or group decides whose sale an order is, and lasts a day. A third cookie names the device.
"""

from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from kernel.tenancy import current_schema
from tenants.agents.attribution.selectors import Visit

COOKIE = "first_visit"
MAX_AGE = 60 * 60 * 24 * 365
VISIT, VISIT_SECONDS = "visit", 60 * 60 * 24
DEVICE, DEVICE_LENGTH = "device", 43


class FirstVisit(NamedTuple):
    """Whose link it was, and whether it was a link or a poster."""

    code: str
    how: str


def remembered(request: HttpRequest) -> FirstVisit | None:
    """Return the device's first visit in this shop, or None; a forged or foreign cookie counts for none."""
    values = _read(request, COOKIE, MAX_AGE)
    return FirstVisit(*values) if values else None


def remember(response: HttpResponse, visit: FirstVisit) -> None:
    """Keep the first visit on the device, for this host alone and out of reach of scripts."""
    _write(response, COOKIE, signing.dumps(list(visit), salt=_salt(COOKIE)), MAX_AGE)


def visit_of(request: HttpRequest) -> Visit:
    """Return how this browser came: which live room, note or group last, through whom, on which device."""
    origin, bringer = _read(request, VISIT, VISIT_SECONDS) or ("", "")
    return Visit(origin, bringer, device_of(request))


def remember_visit(response: HttpResponse, origin: str, bringer: str) -> None:
    """Let what is bought within a day be a sale of this live room, note or group."""
    _write(response, VISIT, signing.dumps([origin, bringer], salt=_salt(VISIT)), VISIT_SECONDS)


def device_of(request: HttpRequest) -> str:
    """Return the device's name, empty if it has none."""
    value = request.COOKIES.get(DEVICE, "")
    return value if len(value) == DEVICE_LENGTH and value.isascii() else ""


def name_device(response: HttpResponse, device: str) -> None:
    """Let the device keep its name."""
    _write(response, DEVICE, device, MAX_AGE)


def _read(request: HttpRequest, cookie: str, seconds: int) -> tuple[str, str] | None:
    value = request.COOKIES.get(cookie, "")
    if not value or len(value) > 400:
        return None
    try:
        first, second = signing.loads(value, salt=_salt(cookie), max_age=seconds)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(first), str(second)


def _write(response: HttpResponse, cookie: str, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _salt(cookie: str) -> str:
    # The tenant is part of the signature: a cookie of one shop is worth nothing in another.
    return f"agents.{cookie}:{current_schema()}"
