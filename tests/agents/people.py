"""Members of a shop under rules, and what they buy. Everything here runs in the shop's schema."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from kernel.ids import new_id
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings import services as binding_services
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.earnings import services as earning_services
from tenants.agents.members import services as member_services
from tenants.agents.models import Member, RulesVersion, Sale
from tenants.agents.roles import services as role_services
from tenants.agents.rules import presets
from tenants.agents.rules.splitting.reversal import give_back
from tenants.agents.rules.splitting.split import split_order
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.agents.rules_versions import services as rules_version_services
from tenants.agents.rules_versions.services import SignOff
from tests.agents.sales import line, order, undivided

SIGNED = SignOff(by="Lin Xiao", reason="looked at with counsel")


def switch_on(document: Any, sign_off: SignOff | None = SIGNED) -> RulesVersion:
    """Put a document, or the preset of that name, in force."""
    document = presets.source(document) if document in presets.names() else document
    return rules_version_services.activate_rules(document=document, acting_user=None, sign_off=sign_off)


def make_member(name: str, *, company: bool = False) -> Member:
    """A member of that name, with a registered company behind them if asked for."""
    # Without a password: hashing a hundred of them is all that the test would do.
    member = member_services.ensure_member(user=User.objects.create_user(f"{name}@example.test"))
    if company:
        member = role_services.register_company(
            member=member, name="Grain Ltd", number="91310000MA1", acting_user=None
        )
    return member


def buy(buyer: Member, paid: int = 10_000, cost: int = 5_000) -> UUID:
    """A paid order of this buyer under the rules and the chain of the moment; returns its id."""
    order_id = new_id()
    with transaction.atomic():
        _version, rules = rules_version_selectors.active_rules()
        sale = order(line(paid, cost))._replace(id=str(order_id))
        split = split_order(sale, binding_selectors.chain_of(buyer.user), rules)
        earning_services.record(
            order_id=order_id,
            order_number=f"N{order_id.hex[-8:]}",
            currency="CNY",
            split=split,
            portions=undivided(split),
        )
    return order_id


def bound(name: str, to: Member) -> Member:
    """A new member who opened the link of ``to``."""
    fan = make_member(name)
    assert binding_services.bind(member=fan, code=to.referral_code, how="link")
    return fan


def invitations_left(member: Member) -> int:
    """How many people a member may still bring by code."""
    invites = circle_selectors.circle_of(member.user).invites
    assert invites is not None
    return invites.left


def refund(order_id: UUID, amount: int | None = None) -> int:
    """Take the earnings of so much of the goods paid back, as a refund of the order does."""
    sale = Sale.objects.get(pk=order_id)
    open_amount = sale.paid - sale.refunded
    goods = open_amount if amount is None else amount
    clawed_back = give_back(
        [earning.left for earning in sale.earnings.order_by("position")], open_amount, goods
    )
    with transaction.atomic():
        earning_services.claw_back(
            order_id=order_id, amounts=clawed_back, goods=goods, is_whole=goods == open_amount
        )
    return sum(clawed_back)
