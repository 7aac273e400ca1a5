"""Whoever signs up or in on a shop's pages joins its circle."""

from typing import Any

from django.http import HttpRequest

from accounts.models import User
from kernel.tenancy import PUBLIC, current_schema
from storefront_theme.visits import cookies
from storefront_theme.visits.middleware import NEW_DEVICE
from tenants.agents.attribution import services as attribution_services
from tenants.agents.bindings import services as binding_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Member
from tenants.agents.rules_versions import selectors as rules_version_selectors


def on_signed_up(*, request: HttpRequest, user: User, **_: Any) -> None:
    """A new person joins, and becomes the fan of whoever's link they opened first."""
    _join(request, user, is_new=True)


def on_logged_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody who signs in joins if they have not; where the rules bind by first touch, it counts now."""
    _join(request, user, is_new=False)


def _join(request: HttpRequest, user: User, *, is_new: bool) -> None:
    if current_schema() == PUBLIC:
        return
    member = member_services.ensure_member(user=user)
    _note_device(request, member)
    first = cookies.remembered(request)
    if first is None or member.bound_to_id:
        return
    if is_new or rules_version_selectors.active_rules()[1].document.bind.when == "first_touch":
        binding_services.bind(member=member, code=first.code, how=first.how)


def _note_device(request: HttpRequest, member: Member) -> None:
    device = cookies.device_of(request) or getattr(request, NEW_DEVICE, "")
    if not device:
        device = attribution_services.new_device()
        setattr(request, NEW_DEVICE, device)
    attribution_services.note_device(member=member, device=device)
