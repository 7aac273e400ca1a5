"""What the circle does when somebody signs up or in, and when goods arrive."""

from typing import Any
from uuid import UUID

from allauth.account.signals import user_logged_in, user_signed_up
from django.http import HttpRequest

from accounts.models import User
from billing.payments import purposes
from billing.payouts import accounts
from kernel import outbox
from kernel.models import OutboxEvent
from kernel.tenancy import PUBLIC, current_schema, in_tenant
from tenants.agents import (
    account_doubts,
    attribution,
    blueprint,
    deposits,
    reviews,
    selectors,
    services,
    shares,
    touch,
)
from tenants.agents.middleware import NEW_DEVICE
from tenants.agents.models import Member
from tenants.registry.blueprints import register_section
from tenants.registry.selectors import active_tenants, tenant_of_schema


def register() -> None:
    """Subscribe; called once from AppConfig.ready."""
    user_signed_up.connect(on_signed_up, dispatch_uid="agents.signed_up")
    user_logged_in.connect(on_logged_in, dispatch_uid="agents.logged_in")
    purposes.register(
        deposits.PURPOSE,
        purposes.Purpose(
            paid=deposits.mark_paid, refunded=deposits.mark_refunded, dispute_lost=deposits.mark_lost
        ),
    )
    register_section("rules", model=blueprint.RulesSection, apply=blueprint.apply)
    reviews.register()
    outbox.subscribe("order.received", on_order_received)
    outbox.subscribe(shares.DUE, on_share_due)
    outbox.subscribe(accounts.CHANGED, on_account_changed)


def on_order_received(event: OutboxEvent) -> None:
    """All of an order has arrived: from now on count the days after which its shares are payable."""
    with in_tenant(tenant_of_schema(event.schema)):
        shares.hold(order_id=UUID(event.payload["order_id"]))


def on_share_due(event: OutboxEvent) -> None:
    """The days of the rules are over for some shares of an order."""
    with in_tenant(tenant_of_schema(event.schema)):
        shares.release_due(order_id=UUID(event.payload["order_id"]))


def on_account_changed(event: OutboxEvent) -> None:
    """A member is paid to another bank account: shares that wait may look like the buyer's own now."""
    if event.payload["owner_kind"] != accounts.OwnerKind.MEMBER:
        return
    tenant = active_tenants().filter(pk=event.payload["tenant_id"]).first()
    if tenant is not None:
        with in_tenant(tenant):
            account_doubts.review(member_id=UUID(event.payload["owner_id"]))


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
    _note_device(request, member)
    first = touch.remembered(request)
    if first is None or member.bound_to_id:
        return
    if is_new or selectors.active_rules()[1].document.bind.when == "first_touch":
        services.bind(member=member, code=first.code, how=first.how)


def _note_device(request: HttpRequest, member: Member) -> None:
    device = touch.device_of(request) or getattr(request, NEW_DEVICE, "")
    if not device:
        device = attribution.new_device()
        setattr(request, NEW_DEVICE, device)
    attribution.note_device(member=member, device=device)
