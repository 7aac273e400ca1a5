"""A member's deposit, and whether a payment is one."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from kernel.money.amounts import exponent
from kernel.texts.translated import pick
from tenants.agents.members.models import Member
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.people.progress import condition_text
from tenants.agents.rules_versions import selectors as rules_version_selectors


@dataclass(frozen=True, slots=True)
class DepositView:
    """The deposit that the rules ask, and how the member's own stands. Minor units."""

    amount: int
    currency: str
    state: str
    payment_id: UUID | None
    on_request: bool
    returned_when: str


def deposit_of(member: Member) -> DepositView | None:
    """Return the deposit as the member sees it, or None where none is asked and none is held.

    What was paid keeps its own amount, also where the rules ask another, or none, by now.
    """
    document = rules_version_selectors.active_rules()[1].document
    deposit = document.join.deposit
    if deposit is None and member.deposit_state in {Member.DepositState.NONE, Member.DepositState.RETURNED}:
        return None
    is_own = member.deposit_state not in {Member.DepositState.NONE, Member.DepositState.RETURNED}
    amount = minor_units(deposit.amount, exponent(document.currency)) if deposit else 0
    condition = deposit.returned_when if deposit else None
    return DepositView(
        amount=member.deposit_amount if is_own else amount,
        currency=document.currency,
        state=member.deposit_state,
        payment_id=member.deposit_payment_id,
        on_request=deposit is None or deposit.returned_on_request,
        returned_when=pick(condition_text(condition, document.currency)) if condition else "",
    )


def is_own(*, user: User, payment_id: UUID) -> bool:
    """True if the payment is this person's deposit."""
    return Member.objects.filter(pk=user.pk, deposit_payment_id=payment_id).exists()
