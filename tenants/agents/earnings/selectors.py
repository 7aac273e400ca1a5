"""What an order gave to whom, and why one earning is what it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User
from kernel.errors import NotFound
from tenants.agents.earnings.models import Earning
from tenants.agents.members import selectors as member_selectors
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.registry.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class MemberEarning:
    """What a member earned from one order, and why, in minor units; ``until`` when its holding period ends.

    ``state`` is the earning's own or, in a wallet, "withdrawn" or "under_review".
    """

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
    until: datetime | None

    @property
    def left(self) -> int:
        """What has not been clawed back."""
        return self.amount - self.clawed_back


@dataclass(frozen=True, slots=True)
class EarningStory:
    """Why one earning is what it is, in minor units, as its payee may read it."""

    earning: MemberEarning
    buyer: str
    paid: int
    refunded: int
    version: int
    rules_name: dict[str, str] | str
    is_under_review: bool


def story_of(user: User, earning_id: UUID) -> EarningStory:
    """Return why an earning of this member's is what it is. Raises NotFound, for anybody else's too."""
    earning = (
        Earning.objects.filter(pk=earning_id, payee_id=user.pk).select_related("sale__buyer__user").first()
    )
    if earning is None:
        raise NotFound("there is no such earning")
    sale = earning.sale
    rules = rules_version_selectors.rules_of(sale.rules_version)
    return EarningStory(
        earning=member_earning(earning),
        buyer=member_selectors.masked_name(sale.buyer.user) if sale.buyer else "",
        paid=sale.paid,
        refunded=sale.refunded,
        version=sale.rules_version,
        rules_name=rules.document.name,
        is_under_review=any(suspicion["member"] == str(user.pk) for suspicion in sale.suspicions),
    )


def member_earning(earning: Earning, state: str = "") -> MemberEarning:
    """Return an earning, whose sale is read already, as its member sees it."""
    return MemberEarning(
        id=earning.pk,
        order_number=earning.sale.order_number,
        kind=earning.kind,
        level=earning.level,
        amount=earning.amount,
        clawed_back=earning.clawed_back,
        currency=earning.sale.currency,
        state=state or earning.state,
        why=earning.payee_why,
        at=earning.sale.at,
        until=earning.payable_at if earning.state == Earning.State.HOLDING else None,
    )


def portions_of(order_id: UUID) -> list[list[int]]:
    """Return, for each earning of an order, what each line gave to it; the tenant's margin is the last."""
    return list(
        Earning.objects.filter(sale_id=order_id).order_by("position").values_list("portions", flat=True)
    )


def ids_of(order_id: UUID) -> list[UUID]:
    """Return the ids of an order's earnings that belong to people."""
    return list(Earning.objects.filter(sale_id=order_id, payee__isnull=False).values_list("id", flat=True))


@dataclass(frozen=True, slots=True)
class EarningView:
    """One earning of an order. ``payee_id`` is the member's id, or the tenant's own for the shop's margin."""

    payee_id: str
    payee_kind: str
    kind: str
    earn_id: str
    level: int
    amount: int
    clawed_back: int
    state: str
    why: dict[str, str]


def earnings_of(order_id: UUID) -> list[EarningView]:
    """Return the earnings of an order in the order in which they were made, the shop's margin last."""
    tenant = str(current_tenant().id)
    return [
        EarningView(
            payee_id=str(earning.payee_id or tenant),
            payee_kind=earning.payee_kind,
            kind=earning.kind,
            earn_id=earning.earn_id,
            level=earning.level,
            amount=earning.amount,
            clawed_back=earning.clawed_back,
            state=earning.state,
            why=earning.why,
        )
        for earning in Earning.objects.filter(sale_id=order_id).order_by("position")
    ]
