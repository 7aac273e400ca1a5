"""Savings at the till: what each rule takes off a price, and that none goes below cost and platform fee."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kernel.money.amounts import BASIS_POINTS, allocate
from tenants.agents.rules.document.compiling import CompiledEarn, buyer_qualifies
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.document.quantities import MILLION
from tenants.agents.rules.sale.values import Person, SaleLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def price_reductions(
    lines: Sequence[SaleLine], buyer: Person, rules: Rules, *, first_order: bool = False
) -> dict[str, int]:
    """Return what the buyer saves on each line, every line named; ``paid`` is the full price there."""
    savings = savings_by_rule(lines, buyer, rules, first_order=first_order)
    return {line_id: sum(amount for _rule, amount in parts) for line_id, parts in savings.items()}


def savings_by_rule(
    lines: Sequence[SaleLine], buyer: Person, rules: Rules, *, first_order: bool = False
) -> dict[str, list[tuple[str, int]]]:
    """Return for each line what each rule takes off it: (the rule's id, minor units), in their order.

    A saving never exceeds the line, nor takes it below its cost unless the rules allow that.
    """
    compiled = rules.compiled
    savings: dict[str, list[tuple[str, int]]] = {line.id: [] for line in lines}
    saved = dict.fromkeys(savings, 0)
    whole = sum(line.paid for line in lines)
    for entry in compiled.reductions:
        if not buyer_qualifies(entry, buyer, whole, first_order):
            continue
        chosen = [line for line in lines if entry.matches is None or entry.matches(line)]
        for line, amount in zip(chosen, _reduction_of(entry, chosen), strict=True):
            most = largest_saving(line.paid, 0 if compiled.below_cost else line.cost)
            if part := min(amount, most - saved[line.id]):
                saved[line.id] += part
                savings[line.id].append((entry.earn_id, part))
    return savings


def largest_saving[Amounts: (int, "NDArray[np.int64]")](full: Amounts, lowest: Amounts) -> Amounts:
    """Return the most that a saving may take from a full price, which never goes below ``lowest`` by it.

    The one definition of "never below cost": for one amount, or for arrays of them. Minor units.
    """
    return (full - lowest) * (full > lowest)


def break_even_price(cost: int, fee_bp: int) -> int:
    """Return the lowest price that covers supply cost and the platform fee on it (basis points)."""
    return -(-cost * BASIS_POINTS // (BASIS_POINTS - fee_bp))


def _reduction_of(entry: CompiledEarn, lines: Sequence[SaleLine]) -> list[int]:
    weights = [line.paid for line in lines]
    if entry.rate:
        amounts = [line.paid * entry.rate // MILLION for line in lines]
    elif entry.per_unit:
        amounts = [entry.fixed * line.quantity for line in lines]
    else:
        amounts = allocate(min(entry.fixed, sum(weights)), weights)
    if entry.cap is not None and sum(amounts) > entry.cap:
        amounts = allocate(entry.cap, amounts)
    return amounts
