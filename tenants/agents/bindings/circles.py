"""Reads: a member's own page. Whom they brought, what that earned, what they are, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from kernel import clock
from kernel.amounts import exponent
from kernel.errors import NotFound
from kernel.tenancy import in_tenant
from kernel.text import pick
from tenants.agents import selectors
from tenants.agents.bindings import circle_transfers, invitations
from tenants.agents.models import Earning, Member, Sale, Task, TaskDone
from tenants.agents.rules.document import Role
from tenants.agents.rules.invitations import Quota
from tenants.agents.rules.parsing import Rules, reach_conditions
from tenants.agents.rules.plan import minor_units
from tenants.agents.rules.progress import condition_text
from tenants.agents.rules.reviews import local_day, next_edge
from tenants.registry.selectors import current_tenant, get_tenant


@dataclass(frozen=True, slots=True)
class Fan:
    """Somebody bound to the member. ``name`` shows no address."""

    name: str
    bound_at: datetime
    orders: int
    spent: int


@dataclass(frozen=True, slots=True)
class CircleEarning:
    """What the member earned from one order, and why. Amounts are minor units."""

    id: UUID
    order_number: str
    kind: str
    level: int
    amount: int
    clawed_back: int
    currency: str
    state: str
    why: dict[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role the member holds, its names, and the fact that brought it."""

    id: str
    name: dict[str, str] | str
    since: str
    why: dict[str, str]
    review_on: date | None = None

    @property
    def at(self) -> datetime | None:
        """When it was gained or lost."""
        return datetime.fromisoformat(self.since) if self.since else None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of the shop, and the member's state: empty, reported, confirmed or refused."""

    id: UUID
    name: dict[str, str]
    about: dict[str, str]
    state: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all of the member's earnings, minor units of the tenant's currency."""

    currency: str
    pending: int
    clawed_back: int
    fans: int
    fan_sales: int


@dataclass(frozen=True, slots=True)
class DepositView:
    """The deposit that the rules ask, and how the member's own stands. Minor units."""

    amount: int
    currency: str
    state: str
    payment_id: UUID | None
    on_request: bool
    returned_when: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The one who brought this member goes to another shop; at ``address`` the member may follow."""

    shop: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class EarningStory:
    """Why one earning is what it is, in minor units; ``rule`` is the line of ``earn`` as it stands."""

    earning: CircleEarning
    buyer: str
    paid: int
    refunded: int
    version: int
    rules_name: dict[str, str] | str
    rule: str
    left: int
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """A member's own page: whom they brought, what that earned, and why."""

    code: str
    link_path: str
    roles: list[RoleView]
    fans: list[Fan]
    earnings: list[CircleEarning]
    totals: Totals
    deposit: DepositView | None
    invites: Quota | None
    may_enter_code: bool
    lost: list[RoleView]
    tasks: list[TaskView]
    bound_name: str
    consents: list[str]
    follow: Offer | None
    is_transfer_offered: bool
    asked_to_follow: int


def count_members(tenant_id: UUID) -> int:
    """Return how many people belong to a shop."""
    with in_tenant(get_tenant(tenant_id)):
        return Member.objects.count()


def circle_of(user: User, limit: int = 100) -> Circle:
    """Return the member's circle with at most ``limit`` fans and earnings, newest first. Raises NotFound."""
    member = Member.objects.filter(pk=user.pk).first()
    if member is None:
        raise NotFound("this person has not joined the circle")
    _version, active = selectors.active_rules()
    earnings = Earning.objects.filter(payee=member)
    sums = earnings.aggregate(
        pending=Coalesce(Sum(F("amount") - F("clawed_back")), 0), clawed_back=Coalesce(Sum("clawed_back"), 0)
    )
    sales = Sale.objects.filter(sharer=member).aggregate(net=Coalesce(Sum(F("paid") - F("refunded")), 0))
    return Circle(
        code=member.referral_code,
        link_path=f"/?s={member.referral_code}",
        roles=_roles_of(member),
        fans=_fans_of(member, limit),
        earnings=[_earned(earning) for earning in earnings.select_related("sale").order_by("-id")[:limit]],
        totals=Totals(
            currency=current_tenant().currency,
            pending=sums["pending"],
            clawed_back=sums["clawed_back"],
            fans=member.fans.count(),
            fan_sales=sales["net"],
        ),
        deposit=_deposit_of(member),
        invites=invitations.invites_of(member, active),
        may_enter_code=member.bound_to_id is None and "code" in active.document.bind.by,
        lost=_lost_by(member),
        tasks=_tasks_of(member, active),
        bound_name=masked(member.bound_to.user) if member.bound_to else "",
        consents=member.consents,
        follow=_offer_to(member),
        is_transfer_offered=bool(member.transfer_offer),
        asked_to_follow=member.fans.filter(consents__contains=[circle_transfers.TRANSFER]).count(),
    )


def story_of(user: User, earning_id: UUID) -> EarningStory:
    """Return why an earning of this member's is what it is. Raises NotFound, for anybody else's too."""
    earning = (
        Earning.objects.filter(pk=earning_id, payee_id=user.pk).select_related("sale__buyer__user").first()
    )
    if earning is None:
        raise NotFound("there is no such earning")
    sale = earning.sale
    rules = selectors.rules_of(sale.rules_version)
    lines = rules.as_json().get("earn", [])
    line: dict[str, Any] = next((line for line in lines if line["id"] == earning.earn_id), {})
    return EarningStory(
        earning=_earned(earning),
        buyer=masked(sale.buyer.user) if sale.buyer else "",
        paid=sale.paid,
        refunded=sale.refunded,
        version=sale.rules_version,
        rules_name=rules.document.name,
        rule=yaml.safe_dump(line, allow_unicode=True, sort_keys=False).strip() if line else "",
        left=earning.left,
        is_held_back=any(found["member"] == str(user.pk) for found in sale.suspicions),
    )


def _earned(earning: Earning) -> CircleEarning:
    return CircleEarning(
        id=earning.pk,
        order_number=earning.sale.order_number,
        kind=earning.kind,
        level=earning.level,
        amount=earning.amount,
        clawed_back=earning.clawed_back,
        currency=earning.sale.currency,
        state=earning.state,
        why=earning.why,
        at=earning.sale.at,
    )


def _offer_to(member: Member) -> Offer | None:
    there = circle_transfers.offered_to(member)
    return Offer(there.name, circle_transfers.follow_address(member, there)) if there else None


def _deposit_of(member: Member) -> DepositView | None:
    document = selectors.active_rules()[1].document
    asked = document.join.deposit
    if asked is None and member.deposit_state in {Member.DepositState.NONE, Member.DepositState.RETURNED}:
        return None
    is_own = member.deposit_state not in {Member.DepositState.NONE, Member.DepositState.RETURNED}
    amount = minor_units(asked.amount, exponent(document.currency)) if asked else 0
    condition = asked.returned_when if asked else None
    return DepositView(
        amount=member.deposit_amount if is_own else amount,
        currency=document.currency,
        state=member.deposit_state,
        payment_id=member.deposit_payment_id,
        on_request=asked is None or asked.returned_on_request,
        returned_when=pick(condition_text(condition, document.currency)) if condition else "",
    )


def _roles_of(member: Member) -> list[RoleView]:
    document = selectors.active_rules()[1].document
    held = []
    for role_id in member.roles:
        role, fact = document.role(role_id), member.role_facts.get(role_id, {})
        name = role.name if role else role_id
        held.append(RoleView(role_id, name, fact.get("at", ""), fact.get("why", {}), _review_day(role)))
    return held


def _review_day(role: Role | None) -> date | None:
    if role is None or role.lost is None:
        return None
    return next_edge(role.lost.every, local_day(clock.now(), ZoneInfo(current_tenant().timezone)))


def _lost_by(member: Member) -> list[RoleView]:
    document = selectors.active_rules()[1].document
    lost = []
    for role_id, fact in member.role_losses.items():
        role = document.role(role_id)
        lost.append(
            RoleView(role_id, role.name if role else role_id, fact.get("at", ""), fact.get("why", {}))
        )
    return lost


def _tasks_of(member: Member, active: Rules) -> list[TaskView]:
    """The shop's tasks and how the member stands; none where no role asks for tasks."""
    asked = {leaf.metric for _place, leaf in reach_conditions(active.document)}
    if "tasks" not in asked:
        return []
    states = dict(TaskDone.objects.filter(member=member).values_list("task_id", "state"))
    return [
        TaskView(task.pk, task.name, task.about, states.get(task.pk, ""))
        for task in Task.objects.order_by("id")
        if task.is_open or task.pk in states
    ]


def _fans_of(member: Member, limit: int) -> list[Fan]:
    # Counted from sales of this sharer only: what a fan bought before they were bound is theirs alone.
    fans = member.fans.select_related("user").order_by("-bound_at", "-pk")[:limit]
    bought = {
        row["buyer_id"]: (row["orders"], row["spent"])
        for row in Sale.objects.filter(sharer=member, buyer__in=[fan.pk for fan in fans])
        .values("buyer_id")
        .annotate(orders=Count("order_id"), spent=Sum(F("paid") - F("refunded")))
    }
    return [
        Fan(
            name=masked(fan.user),
            bound_at=fan.bound_at or fan.joined_at,
            orders=bought.get(fan.pk, (0, 0))[0],
            spent=bought.get(fan.pk, (0, 0))[1],
        )
        for fan in fans
    ]


def masked(user: User) -> str:
    """The name somebody chose, or the beginning of their address: a fan's address is theirs to give."""
    return user.name or f"{user.email[:2]}***"
