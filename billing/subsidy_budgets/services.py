"""Subsidy budgets: money a tenant sets aside first and gives away later, never more than is there.

The ledger's account of a budget cannot go below zero, so any number of claims at once take what there is
and no more. Where the money is for something that may not come about, an order that is not paid yet or red
packets that nobody has used, it is set aside first, on ``subsidy_claimed``, which is guarded the same way:
``claimed_leg`` takes it from there when the order is paid, ``give_back`` and ``returned_leg`` bring back what
was not used or was refunded, never more than was claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from billing.payouts.withdrawals.selectors import PayingTenant
from billing.subsidy_budgets.models import SubsidyBudget, SubsidyClaim
from kernel import audit, clock
from kernel.database.unit_of_work import lock_name
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.money.money import require_positive

MAY_FUND = "subsidy_budgets.add_subsidybudget"


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget and what became of it: what is ``left``, ``set_aside`` for what is not paid, and ``spent``.

    ``claimed`` is the sum of the last two. Minor units.
    """

    id: UUID
    name: str
    currency: str
    is_open: bool
    left: int
    claimed: int
    claims: int
    set_aside: int = 0

    @property
    def spent(self) -> int:
        """What has lowered prices that were paid."""
        return self.claimed - self.set_aside

    @property
    def total(self) -> int:
        """All that is left of what was ever put in and not taken out again."""
        return self.left + self.claimed


def budgets_of(tenant_id: UUID) -> list[BudgetView]:
    """Return a tenant's budgets, oldest first."""
    claimed = Q(claims__state=SubsidyClaim.State.CLAIMED)
    rows = SubsidyBudget.objects.filter(tenant_id=tenant_id).annotate(
        taken=Sum(F("claims__amount") - F("claims__returned"), filter=claimed),
        number=Count("claims", filter=claimed),
    )
    waiting = _set_aside(tenant_id)
    return [
        BudgetView(
            row.id,
            row.name,
            row.currency,
            row.is_open,
            left(row),
            int(row.taken or 0),
            row.number,
            waiting.get(row.id, 0),
        )
        for row in rows.order_by("id")
    ]


_SET_ASIDE = """
SELECT budget_id, sum(amount)::bigint FROM (
    SELECT coalesce(claim.budget_id, account.owner_id) AS budget_id, balance.amount
    FROM public.ledger_account account JOIN public.ledger_balance balance ON balance.account_id = account.id
    LEFT JOIN public.subsidy_budgets_subsidyclaim claim ON claim.reference_id = account.owner_id
    WHERE account.tenant_id = %s AND account.kind = 'subsidy_claimed') found
GROUP BY 1
"""


def _set_aside(tenant_id: UUID) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, [tenant_id])
        return dict(cursor.fetchall())


def left(budget: SubsidyBudget) -> int:
    """Return what can still be claimed, minor units."""
    return ledger_selectors.balance(
        owner_kind="tenant",
        owner_id=budget.id,
        kind=AccountKind.SUBSIDY_BUDGET,
        currency=budget.currency,
        tenant_id=budget.tenant_id,
    )


def fund(
    *,
    tenant: PayingTenant,
    name: str,
    amount: int,
    source: AccountKind,
    acting_user: User,
    idempotency_key: str,
) -> SubsidyBudget:
    """Set ``amount`` (minor units) aside on the budget ``name``, which is made if it is new.

    ``source`` is ``tenant_prepaid`` or ``tenant_margin``; of the margin only what no refund can want back.
    The same key again adds nothing. Must run outside transactions. Raises NotAllowed, InvalidInput,
    InsufficientBalance, Conflict for a budget that was closed.
    """
    _require(acting_user)
    name = name.strip()[:80]
    if not name:
        raise InvalidInput(_("a budget needs a name"), field="name")
    require_positive(amount, tenant.currency)
    if source not in {AccountKind.TENANT_PREPAID, AccountKind.TENANT_MARGIN}:
        raise InvalidInput(_("a budget is filled from the prepaid balance or the margin"), field="source")
    with transaction.atomic(durable=True):
        lock_name(f"wallet {tenant.id} {tenant.id}")
        budget, _created = SubsidyBudget.objects.get_or_create(
            tenant_id=tenant.id, name=name, defaults={"currency": tenant.currency}
        )
        # Not while it is closed: nobody could claim or close it again.
        budget = SubsidyBudget.objects.select_for_update().get(id=budget.id)
        key = f"{budget.id} {idempotency_key[:80]}"
        is_new = not _was_posted(tenant.id, key)
        if is_new and not budget.is_open:
            raise Conflict(
                _("this budget is closed"), field="name", code="budget_closed", remedy=_("take another name")
            )
        if source == AccountKind.TENANT_MARGIN and is_new:
            free = withdrawal_selectors.available(
                tenant_id=tenant.id, owner_id=tenant.id, wallet=source, currency=budget.currency
            )
            if amount > free:
                raise InsufficientBalance(
                    _("the margin that no refund can want back does not cover this"),
                    field="amount",
                    missing=amount - free,
                )
        posted = ledger_services.post(
            tenant_id=tenant.id,
            kind="subsidy.funded",
            idempotency_key=key,
            legs=[
                Leg("tenant", tenant.id, source, budget.currency, -amount),
                Leg("tenant", budget.id, AccountKind.SUBSIDY_BUDGET, budget.currency, amount),
            ],
            subject_id=budget.id,
        )
        if not posted.replayed:
            _audit(budget, "subsidy.funded", acting_user, amount)
    return budget


def close(*, budget_id: UUID, tenant: PayingTenant, acting_user: User) -> SubsidyBudget:
    """End a budget: nothing more can be claimed, and what is left goes back to the prepaid balance.

    Must run outside transactions; again takes what claims gave back since. Raises NotAllowed, NotFound.
    """
    _require(acting_user)
    with transaction.atomic(durable=True):
        budget = SubsidyBudget.objects.select_for_update().filter(id=budget_id, tenant_id=tenant.id).first()
        if budget is None:
            raise NotFound(_("there is no such budget"))
        rest = left(budget)
        if not budget.is_open and not rest:
            return budget
        if rest:
            ledger_services.post(
                tenant_id=tenant.id,
                kind="subsidy.closed",
                idempotency_key=f"{budget.id} {clock.now().isoformat()}",
                legs=[
                    Leg("tenant", budget.id, AccountKind.SUBSIDY_BUDGET, budget.currency, -rest),
                    Leg("tenant", tenant.id, AccountKind.TENANT_PREPAID, budget.currency, rest),
                ],
                subject_id=budget.id,
            )
        budget.is_open = False
        budget.save(update_fields=["is_open"])
        _audit(budget, "subsidy.closed", acting_user, rest)
    return budget


def claim(
    *, budget_id: UUID, reference_id: UUID, amount: int, to: Sequence[Leg] | None = None
) -> SubsidyClaim:
    """Take ``amount`` (minor units) off a budget for ``reference_id`` (an order), inside a transaction.

    The money goes to ``to``, legs that sum to ``amount``; to the tenant's margin if none are given. Again for
    the same reference: the first claim, or Conflict for another amount. Raises InsufficientBalance if less is
    left (the caller's transaction can then only be rolled back), NotFound, Conflict for a closed budget.
    """
    # No lock on the budget: closing it takes all it has, so a claim at the same moment finds nothing.
    budget = SubsidyBudget.objects.filter(id=budget_id).first()
    if budget is None:
        raise NotFound(_("there is no such budget"))
    subsidy_claim, is_new = SubsidyClaim.objects.get_or_create(
        budget=budget, reference_id=reference_id, defaults={"amount": amount}
    )
    if not is_new:
        if subsidy_claim.amount != amount or subsidy_claim.state != SubsidyClaim.State.CLAIMED:
            raise Conflict(
                _("something else was claimed for this already"),
                field="reference_id",
                value=reference_id,
                code="already_claimed",
            )
        return subsidy_claim
    if not budget.is_open:
        raise Conflict(_("this budget is closed"), code="budget_closed")
    legs = list(to or [Leg("tenant", budget.tenant_id, AccountKind.TENANT_MARGIN, budget.currency, amount)])
    ledger_services.post(
        tenant_id=budget.tenant_id,
        kind="subsidy.claimed",
        idempotency_key=str(subsidy_claim.id),
        legs=[Leg("tenant", budget.id, AccountKind.SUBSIDY_BUDGET, budget.currency, -amount), *legs],
        subject_id=reference_id,
    )
    return subsidy_claim


def release(*, budget_id: UUID, reference_id: UUID, reason: str, acting_user: User | str) -> SubsidyClaim:
    """Give a whole claim back to its budget, once. Must run inside a transaction. Raises NotFound.

    Also on a budget that was closed meanwhile: the money lies there until that is closed once more.
    """
    subsidy_claim = (
        SubsidyClaim.objects.select_for_update()
        .filter(budget_id=budget_id, reference_id=reference_id)
        .select_related("budget")
        .first()
    )
    if subsidy_claim is None:
        raise NotFound(_("nothing was claimed for this"))
    if subsidy_claim.state == SubsidyClaim.State.RELEASED:
        return subsidy_claim
    transfer = ledger_selectors.transfer_of(
        tenant_id=subsidy_claim.budget.tenant_id,
        kind="subsidy.claimed",
        idempotency_key=str(subsidy_claim.id),
    )
    assert transfer is not None
    ledger_services.reverse(transfer_id=transfer.id, reason=reason, acting_user=acting_user)
    subsidy_claim.state, subsidy_claim.released_at, subsidy_claim.returned = (
        SubsidyClaim.State.RELEASED,
        clock.now(),
        subsidy_claim.amount,
    )
    subsidy_claim.save(update_fields=["state", "released_at", "returned"])
    return subsidy_claim


def set_aside(*, budget_id: UUID, reference_id: UUID, amount: int, holder: UUID) -> SubsidyClaim:
    """Claim ``amount`` (minor units) for what may not come about; it waits on the account of ``holder``.

    As ``claim``, with its errors. ``holder`` is the budget itself for orders, or red packets' own id.
    """
    budget = SubsidyBudget.objects.filter(id=budget_id).first()
    if budget is None:
        raise NotFound(_("there is no such budget"))
    leg = Leg("tenant", holder, AccountKind.SUBSIDY_CLAIMED, budget.currency, amount)
    return claim(budget_id=budget_id, reference_id=reference_id, amount=amount, to=[leg])


def claimed_leg(holder: UUID, currency: str, amount: int) -> Leg:
    """Return the leg that takes what was set aside: it is spent now."""
    return Leg("tenant", holder, AccountKind.SUBSIDY_CLAIMED, currency, -amount)


def give_back(*, budget_id: UUID, reference_id: UUID, amount: int, holder: UUID, key: str) -> None:
    """Bring money that was set aside, and will not be used, back to its budget.

    Must run inside a transaction, once for a ``key``.
    """
    leg = returned_leg(budget_id=budget_id, reference_id=reference_id, amount=amount)
    ledger_services.post(
        tenant_id=SubsidyBudget.objects.values_list("tenant_id", flat=True).get(id=budget_id),
        kind="subsidy.returned",
        idempotency_key=key,
        legs=[claimed_leg(holder, leg.currency, amount), leg],
        subject_id=reference_id,
    )


def returned_leg(*, budget_id: UUID, reference_id: UUID, amount: int) -> Leg:
    """Count ``amount`` of a claim as given back; return the leg that brings it to the budget.

    Must run inside the transaction that posts the leg. The database refuses more than was claimed.
    """
    changed = SubsidyClaim.objects.filter(budget_id=budget_id, reference_id=reference_id).update(
        returned=F("returned") + amount
    )
    if not changed:
        raise NotFound(_("nothing was claimed for this"))
    currency = SubsidyBudget.objects.values_list("currency", flat=True).get(id=budget_id)
    return Leg("tenant", budget_id, AccountKind.SUBSIDY_BUDGET, currency, amount)


def _require(user: User) -> None:
    if not user.has_perm(MAY_FUND):
        raise NotAllowed(_("your role may not set money aside"))


def _was_posted(tenant_id: UUID, key: str) -> bool:
    transfer = ledger_selectors.transfer_of(tenant_id=tenant_id, kind="subsidy.funded", idempotency_key=key)
    return transfer is not None


def _audit(budget: SubsidyBudget, action: str, user: User, amount: int) -> None:
    audit.record_on(
        budget, action, actor=user, label=budget.name, changes={"amount": amount, "currency": budget.currency}
    )
