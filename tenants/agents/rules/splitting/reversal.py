"""Taking earnings back when goods are refunded, whole or in parts, without leaving or inventing a cent."""

from typing import NamedTuple

from kernel.money.amounts import allocate
from tenants.agents.rules.sale.values import Split


class Refunded(NamedTuple):
    """How far an order was refunded: ``amount`` of the goods paid, and what each earning has given back."""

    amount: int = 0
    clawed_back: tuple[int, ...] = ()


NOTHING_YET = Refunded()


def reverse(split: Split, refunded_so_far: Refunded, refund: int) -> tuple[int, ...]:
    """Return what each earning of ``split`` gives back for a further ``refund`` of the goods paid.

    The refund's part of what is left to refund is taken from what is left of the earnings, split by largest
    remainder. So no step is negative, no earning gives back more than it got, and when the whole order is
    refunded, in however many steps, nothing remains. A refund of an order that cost nothing takes all.
    Raises ValueError if the refund is negative or exceeds what is left.
    """
    open_amount = split.paid - refunded_so_far.amount
    if not 0 <= refund <= open_amount:
        raise ValueError(f"cannot refund {refund} of {open_amount}")
    clawed_back = refunded_so_far.clawed_back or (0,) * len(split.earnings)
    left = [earning.amount - back for earning, back in zip(split.earnings, clawed_back, strict=True)]
    return tuple(give_back(left, open_amount, refund))


def give_back(left: list[int], open_amount: int, refund: int) -> list[int]:
    """Split ``refund``/``open_amount`` of ``left`` by largest remainder; all of ``left`` have one sign."""
    whole = sum(left)
    sign, size = (-1, -whole) if whole < 0 else (1, whole)
    part = size if refund == open_amount else size * refund // open_amount
    return [sign * amount for amount in allocate(part, [abs(amount) for amount in left])]
