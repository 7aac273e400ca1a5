"""Which goods subsidies run, and what they pay of a line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tenants.shop.pricing.shapes import PricedLine

# Read with the overlay, in its statement: what runs now, and what its budget holds.
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


def running_subsidies(rows: Sequence[Mapping[str, Any]] | None) -> tuple[RunningSubsidy, ...]:
    """Return what ``RUNNING`` found, the largest first."""
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


def of_unit(
    found: Sequence[RunningSubsidy],
    *,
    product_id: UUID,
    variant_id: UUID,
    categories: Collection[str],
    price: int,
) -> int:
    """Return what is paid of a unit that a buyer would pay ``price`` for; at least one minor unit is left."""
    for one in found:
        if one.covers(product_id, variant_id, categories):
            return max(0, min(one.amount, price - 1))
    return 0


def apply(found: Sequence[RunningSubsidy], lines: Sequence[PricedLine]) -> list[PricedLine]:
    """Return the lines with what budgets pay of them: a line as a whole, or not at all."""
    if not found:
        return list(lines)
    left = {one.budget_id: one.left for one in found}
    applied = []
    for line in lines:
        for one in found:
            if not one.covers(line.product_id, line.variant_id, line.categories):
                continue
            wanted = min(one.amount * line.quantity, line.paid - 1)
            if 0 < wanted <= left[one.budget_id]:
                left[one.budget_id] -= wanted
                line = replace(line, subsidy=wanted, subsidy_budget=one.budget_id)
                break
        applied.append(line)
    return applied
