"""Savings at the till: what each rule takes off a price, and how low a price may go by it.

A saving never sells below cost and platform fee, unless the rules say ``below_cost: true``: then the shop
bears the loss. ``lowest_price`` is the one place that decides it, for shop, replay, simulation and examples.
"""

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
    lines: Sequence[SaleLine], buyer: Person, rules: Rules, *, first_order: bool = False, fee_bp: int = 0
) -> dict[str, int]:
    """Return what the buyer saves on each line, every line named; ``paid`` is the full price there.

    ``fee_bp``: the platform fee in basis points, which a saving leaves untouched like the cost.
    """
    savings = savings_by_rule(lines, buyer, rules, first_order=first_order, fee_bp=fee_bp)
    return {line_id: sum(amount for _rule, amount in parts) for line_id, parts in savings.items()}


def savings_by_rule(
    lines: Sequence[SaleLine], buyer: Person, rules: Rules, *, first_order: bool = False, fee_bp: int = 0
) -> dict[str, list[tuple[str, int]]]:
    """Return for each line what each rule takes off it: (the rule's id, minor units), in their order.

    A saving never exceeds the line, nor takes it below ``lowest_price``.
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
            most = largest_saving(line.paid, lowest_price(line.cost, rules, fee_bp))
            if part := min(amount, most - saved[line.id]):
                saved[line.id] += part
                savings[line.id].append((entry.earn_id, part))
    return savings


def lowest_price[Amounts: (int, "NDArray[np.int64]")](
    cost: Amounts, rules: Rules, fee_bp: int = 0
) -> Amounts:
    """Return what a line keeps at least of its price when the rules take a saving off it.

    For one cost, or for an array of them. Minor units; the platform fee in basis points.
    """
    return cost * 0 if rules.compiled.below_cost else break_even_price(cost, fee_bp)


def largest_saving[Amounts: (int, "NDArray[np.int64]")](full: Amounts, lowest: Amounts) -> Amounts:
    """Return the most that a saving may take from a full price, which never goes below ``lowest`` by it.

    For one amount, or for arrays of them. Minor units.
    """
    return (full - lowest) * (full > lowest)


def break_even_price[Amounts: (int, "NDArray[np.int64]")](cost: Amounts, fee_bp: int) -> Amounts:
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
