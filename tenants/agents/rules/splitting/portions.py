"""Which part of each earning, of the fee and of the margin comes from which line, for refunds by line.

Every line's portions sum exactly to what was paid for it, and an earning's portions to the earning. So taking
one line back changes only what that line paid.
"""

from collections.abc import Sequence

from kernel.money.amounts import allocate
from tenants.agents.rules.document.compiling import CompiledEarn
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.sale.values import MARGIN, SaleLine, SaleOrder, Split


def fee_portions(fee: int, paid: Sequence[int]) -> list[int]:
    """Split the platform's fee over the lines by what was paid for each."""
    return allocate(fee, list(paid) if any(paid) else [1] * len(paid))


def portions(order: SaleOrder, split: Split, rules: Rules) -> list[list[int]]:
    """Return, for each earning of ``split``, its part of each line of ``order``, in minor units.

    An earning is split over the lines it was promised for in proportion to its base. The margin of a line
    is what is left of it, and is negative where a line was sold below cost, fee and earnings.
    """
    entries = {entry.earn_id: entry for entry in rules.compiled.earnings}
    fees = fee_portions(order.platform_fee, [line.paid for line in order.lines])
    rest = [line.paid - line.cost - fee for line, fee in zip(order.lines, fees, strict=True)]
    portions_by_earning = []
    for earning in split.earnings:
        if earning.kind == MARGIN:
            portions_by_earning.append(rest)
            continue
        part = allocate(earning.amount, _weights(entries[earning.earn_id], order.lines))
        rest = [left - amount for left, amount in zip(rest, part, strict=True)]
        portions_by_earning.append(part)
    return portions_by_earning


def _weights(entry: CompiledEarn, lines: Sequence[SaleLine]) -> list[int]:
    chosen = [entry.matches is None or entry.matches(line) for line in lines]
    bases = (
        [max(line.paid - line.cost, 0) if entry.on_margin else line.paid for line in lines]
        if entry.rate or not entry.per_unit
        else [line.quantity for line in lines]
    )
    # A fixed sum for an order of gifts has no base: then by units.
    for weights in (bases, [line.quantity for line in lines]):
        chosen_weights = [
            weight if is_chosen else 0 for weight, is_chosen in zip(weights, chosen, strict=True)
        ]
        if any(chosen_weights):
            return chosen_weights
    return [1] * len(lines)


def take_portions(left: Sequence[int], amount: int, numerator: int, denominator: int) -> list[int]:
    """Return what each of ``left`` gives when ``numerator``/``denominator`` of them goes back.

    The result sums to ``amount``, which is that fraction of their sum, rounded down. Each part moves towards
    zero and never past it, so that steps without end leave no residue and no step is negative. Parts below
    zero (a loss) give back their fraction of the loss; the others make up for it by largest remainder. With
    ``numerator == denominator`` everything goes. Raises ValueError for another amount.
    """
    if numerator == denominator:
        if sum(left) != amount:
            raise ValueError(f"all that is left is {sum(left)}, not {amount}")
        return list(left)
    if not 0 <= amount <= sum(left) * numerator // denominator:
        raise ValueError(f"{amount} is more than {numerator}/{denominator} of {sum(left)}")
    losses = [-(-part * numerator // denominator) if part < 0 else 0 for part in left]
    gains = allocate(amount - sum(losses), [max(part, 0) for part in left])
    return [loss + gain for loss, gain in zip(losses, gains, strict=True)]
