"""Which goods subsidies run, and what they pay of a line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.subsidy_budgets.models import SubsidyBudget
from kernel.errors import Conflict, NotFound
from tenants.registry.selectors import current_tenant

# Read with the overlay, in its statement: what runs now, and what its budget has left.
RUNNING = """
SELECT jsonb_agg(jsonb_build_object(
    'id', subsidy.id, 'budget', subsidy.budget_id, 'amount', subsidy.amount, 'left', balance.amount,
    'products', subsidy.products, 'variants', subsidy.variants, 'category', subsidy.category)
    ORDER BY subsidy.amount DESC, subsidy.id)
FROM shop_goodssubsidy subsidy
JOIN public.subsidy_budgets_subsidybudget budget ON budget.id = subsidy.budget_id AND budget.is_open
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


def open_budget(budget_id: UUID) -> SubsidyBudget:
    """Return a budget of the present shop that is open. Raises NotFound, Conflict."""
    budget = SubsidyBudget.objects.filter(id=budget_id, tenant_id=current_tenant().id).first()
    if budget is None:
        raise NotFound(_("there is no such budget"), field="budget")
    if not budget.is_open:
        raise Conflict(_("this budget is closed"), field="budget", code="budget_closed")
    return budget
