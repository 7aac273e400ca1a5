"""Which goods subsidies run, and what they pay of a line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.subsidies.models import SubsidyBudget
from kernel.errors import Conflict, NotFound
from tenants.registry.selectors import current_tenant

# Read with the overlay, in its statement: what runs now, and what its budget has left.
RUNNING = """
SELECT jsonb_agg(jsonb_build_object(
    'id', subsidy.id, 'budget', subsidy.budget_id, 'amount', subsidy.amount, 'left', balance.amount,
    'products', subsidy.products, 'variants', subsidy.variants, 'category', subsidy.category)
    ORDER BY subsidy.amount DESC, subsidy.id)
FROM shop_goodssubsidy subsidy
JOIN public.subsidies_subsidybudget budget ON budget.id = subsidy.budget_id AND budget.is_open
JOIN public.ledger_account account
  ON account.owner_id = budget.id AND account.kind = 'subsidy_budget' AND account.tenant_id = budget.tenant_id
JOIN public.ledger_balance balance ON balance.account_id = account.id AND balance.amount >= subsidy.amount
WHERE subsidy.ended_at IS NULL AND subsidy.starts_at <= %s AND subsidy.ends_at > %s
"""


@dataclass(frozen=True, slots=True)
class RunningSubsidy:
    """A goods subsidy that is in force: ``amount`` of each unit, while ``left`` of its budget is enough."""

    id: UUID
    budget_id: UUID
    amount: int
    left: int
    products: frozenset[str]
    variants: frozenset[str]
    category: str

    def covers(self, product_id: UUID, variant_id: UUID, categories: Collection[str]) -> bool:
        """True if these goods are meant; ``categories`` are the slugs from the root down."""
        return (
            str(variant_id) in self.variants
            or str(product_id) in self.products
            or bool(self.category and self.category in categories)
        )


class SoldLine(Protocol):
    """What a subsidy asks of a line. ``paid``: what the shop gets for the whole line, minor units."""

    @property
    def product_id(self) -> UUID: ...
    @property
    def variant_id(self) -> UUID: ...
    @property
    def categories(self) -> Collection[str]: ...
    @property
    def quantity(self) -> int: ...
    @property
    def paid(self) -> int: ...


def running_subsidies(rows: Sequence[Mapping[str, Any]] | None) -> tuple[RunningSubsidy, ...]:
    """Return the rows that ``RUNNING`` reads, the largest amount first."""
    return tuple(
        RunningSubsidy(
            UUID(row["id"]),
            UUID(row["budget"]),
            row["amount"],
            row["left"],
            frozenset(row["products"]),
            frozenset(row["variants"]),
            row["category"],
        )
        for row in rows or ()
    )


def of_lines(
    running: Sequence[RunningSubsidy], lines: Sequence[SoldLine], *, together: bool
) -> list[tuple[int, UUID | None]]:
    """Return for each line what a budget pays of it (minor units) and which: the whole line, or nothing.

    At least one minor unit is left to the buyer. ``together``: the lines are bought at once and share the
    budgets; otherwise each is looked at by itself.
    """
    left = {subsidy.budget_id: subsidy.left for subsidy in running}
    paid: list[tuple[int, UUID | None]] = []
    for line in lines:
        part: tuple[int, UUID | None] = (0, None)
        for subsidy in running:
            if not subsidy.covers(line.product_id, line.variant_id, line.categories):
                continue
            amount = min(subsidy.amount * line.quantity, line.paid - 1)
            if 0 < amount <= left[subsidy.budget_id]:
                left[subsidy.budget_id] -= amount if together else 0
                part = (amount, subsidy.budget_id)
                break
        paid.append(part)
    return paid


def open_budget(budget_id: UUID) -> SubsidyBudget:
    """Return a budget of the present shop that is open. Raises NotFound, Conflict."""
    budget = SubsidyBudget.objects.filter(id=budget_id, tenant_id=current_tenant().id).first()
    if budget is None:
        raise NotFound(_("there is no such budget"), field="budget")
    if not budget.is_open:
        raise Conflict(_("this budget is closed"), field="budget", code="budget_closed")
    return budget
