"""How long a session of somebody who works here lasts, and what it has proved.

A member's session lives as long as its cookie. Of people with a role it ends twelve hours after signing in,
or when nothing was asked for half an hour; what matters most wants the password to have been given lately.
"""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from accounts.models import User
from kernel import clock

LONGEST_SECONDS = 12 * 3600
IDLE_SECONDS = 30 * 60
RECENT_SECONDS = 15 * 60
_SIGNED_IN, _SEEN, _CONFIRMED, _CODE = "signed_in_at", "seen_at", "confirmed_at", "code_given"
SIGNED_IN_AS = "signed_in_as"
"""The attribute of a request in which somebody has just signed in: with which address."""
_SEEN_STEP = 60
"""Seconds within which a visit is not written down anew."""


def on_signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Begin to count."""
    now = _now()
    # Where a shop's members sign in allauth itself has taken the code by now.
    has_given_code = any(record["method"] == "mfa" for record in get_authentication_records(request, user))
    setattr(request, SIGNED_IN_AS, user.email)
    request.session.update({_SIGNED_IN: now, _SEEN: now, _CONFIRMED: now, _CODE: has_given_code})


def has_ended(request: HttpRequest) -> bool:
    """True if the session of who works here is too old, or lay idle for too long; else it goes on."""
    now = _now()
    seen = request.session.get(_SEEN, 0)
    if now - request.session.get(_SIGNED_IN, 0) > LONGEST_SECONDS or now - seen > IDLE_SECONDS:
        return True
    if now - seen > _SEEN_STEP:
        request.session[_SEEN] = now
    return False


def is_confirmed(request: HttpRequest) -> bool:
    """True if the password, or a code, was given within the last quarter of an hour."""
    return bool(_now() - request.session.get(_CONFIRMED, 0) <= RECENT_SECONDS)


def confirm(request: HttpRequest) -> None:
    """Note that the person has just proved again who they are."""
    request.session[_CONFIRMED] = _now()


def note_code(request: HttpRequest) -> None:
    """Note that the second factor was given in this session."""
    request.session[_CODE] = True
    confirm(request)


def has_given_code(request: HttpRequest) -> bool:
    """True if the second factor was given in this session."""
    return bool(request.session.get(_CODE))


def _now() -> int:
    return int(clock.now().timestamp())
