"""What the circle does when somebody signs up or in."""

from typing import Any

from allauth.account.signals import user_logged_in, user_signed_up
from django.http import HttpRequest

from accounts.models import User
from billing.payments import purposes
from kernel.tenancy import PUBLIC, current_schema
from tenants.agents import blueprint, deposits, selectors, services, touch
from tenants.registry.blueprints import register_section


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    user_signed_up.connect(on_signed_up, dispatch_uid="agents.signed_up")
    user_logged_in.connect(on_logged_in, dispatch_uid="agents.logged_in")
    purposes.register(
        deposits.PURPOSE, purposes.Purpose(paid=deposits.mark_paid, refunded=deposits.mark_refunded)
    )
    register_section("rules", model=blueprint.RulesSection, apply=blueprint.apply)


def on_signed_up(*, request: HttpRequest, user: User, **_: Any) -> None:
    """A new person joins, and becomes the fan of whoever's link they opened first."""
    _join(request, user, is_new=True)


def on_logged_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody who signs in joins if they have not; where the rules bind by first touch, it counts now."""
    _join(request, user, is_new=False)


def _join(request: HttpRequest, user: User, *, is_new: bool) -> None:
    if current_schema() == PUBLIC:
        return
    member = services.ensure_member(user)
    first = touch.remembered(request)
    if first is None or member.bound_to_id:
        return
    if is_new or selectors.active_rules()[1].document.bind.when == "first_touch":
        services.bind(member=member, code=first.code, how=first.how)
