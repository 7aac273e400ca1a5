"""A member's own page: whom they brought, what that earned, what they are, and why. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from kernel.errors import NotFound
from tenants.agents.bindings import selectors as binding_selectors
from tenants.agents.bindings.selectors import NO_PURCHASES
from tenants.agents.circle_transfers import selectors as circle_transfer_selectors
from tenants.agents.deposits import selectors as deposit_selectors
from tenants.agents.deposits.selectors import DepositView
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings.models import Earning, Sale
from tenants.agents.earnings.selectors import MemberEarning
from tenants.agents.member_tasks import selectors as member_task_selectors
from tenants.agents.member_tasks.selectors import TaskView
from tenants.agents.members import selectors as member_selectors
from tenants.agents.members.models import Member
from tenants.agents.roles import selectors as role_selectors
from tenants.agents.roles.selectors import RoleView
from tenants.agents.rules.people.invitations import Quota
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class Fan:
    """Somebody bound to the member. ``name`` shows no address."""

    name: str
    bound_at: datetime
    orders: int
    spent: int


@dataclass(frozen=True, slots=True)
class CircleTotals:
    """Sums over all of the member's earnings, minor units of the tenant's currency."""

    currency: str
    pending: int
    clawed_back: int
    fans: int
    fan_sales: int


@dataclass(frozen=True, slots=True)
class Offer:
    """The one who brought this member goes to another shop; at ``address`` the member may follow."""

    shop: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A member's own page: whom they brought, what that earned, and why."""

    code: str
    link_path: str
    roles: list[RoleView]
    fans: list[Fan]
    earnings: list[MemberEarning]
    totals: CircleTotals
    deposit: DepositView | None
    invites: Quota | None
    may_enter_code: bool
    lost: list[RoleView]
    tasks: list[TaskView]
    bound_name: str
    consents: list[str]
    follow: Offer | None
    is_transfer_offered: bool
    invited_to_follow: int


def circle_of(user: User, limit: int = 100) -> Circle:
    """Return the member's circle with at most ``limit`` fans and earnings, newest first. Raises NotFound."""
    member = Member.objects.filter(pk=user.pk).first()
    if member is None:
        raise NotFound("this person has not joined the circle")
    _version, active = rules_version_selectors.active_rules()
    earnings = Earning.objects.filter(payee=member)
    sums = earnings.aggregate(
        pending=Coalesce(Sum(F("amount") - F("clawed_back")), 0), clawed_back=Coalesce(Sum("clawed_back"), 0)
    )
    sales = Sale.objects.filter(sharer=member).aggregate(net=Coalesce(Sum(F("paid") - F("refunded")), 0))
    return Circle(
        code=member.referral_code,
        link_path=f"/?s={member.referral_code}",
        roles=role_selectors.roles_of(member),
        fans=_fans_of(member, limit),
        earnings=[
            earning_selectors.member_earning(earning)
            for earning in earnings.select_related("sale").order_by("-id")[:limit]
        ],
        totals=CircleTotals(
            currency=current_tenant().currency,
            pending=sums["pending"],
            clawed_back=sums["clawed_back"],
            fans=member.fans.count(),
            fan_sales=sales["net"],
        ),
        deposit=deposit_selectors.deposit_of(member),
        invites=binding_selectors.invites_of(member, active),
        may_enter_code=member.bound_to_id is None and "code" in active.document.bind.by,
        lost=role_selectors.lost_roles_of(member),
        tasks=member_task_selectors.tasks_of(member, active),
        bound_name=member_selectors.masked_name(member.bound_to.user) if member.bound_to else "",
        consents=member.consents,
        follow=_offer_to(member),
        is_transfer_offered=bool(member.transfer_offer),
        invited_to_follow=member.fans.filter(consents__contains=[circle_transfer_selectors.TRANSFER]).count(),
    )


def _offer_to(member: Member) -> Offer | None:
    there = circle_transfer_selectors.offered_to(member)
    return Offer(there.name, circle_transfer_selectors.follow_address(member, there)) if there else None


def _fans_of(member: Member, limit: int) -> list[Fan]:
    fans = list(member.fans.select_related("user").order_by("-bound_at", "-pk")[:limit])
    purchases = binding_selectors.purchases_through(member, fans)
    return [
        Fan(
            member_selectors.masked_name(fan.user),
            fan.bound_at or fan.joined_at,
            *purchases.get(fan.pk, NO_PURCHASES),
        )
        for fan in fans
    ]
