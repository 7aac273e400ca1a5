"""People, chains and orders for the engine's tests."""

from collections.abc import Sequence

from tenants.agents.rules.sale.values import Chain, Person, SaleLine, SaleOrder, Split

BUYER = Person("buyer", frozenset({"member", "promoter"}))


def person(name: str, *roles: str, company: bool = False) -> Person:
    """Somebody with these roles."""
    return Person(name, frozenset(roles), company)


def chain(*above: Person, buyer: Person = BUYER, first: bool = False) -> Chain:
    """The buyer below ``above``, nearest first."""
    return Chain(
        buyer, above[0] if above else None, above[1] if len(above) > 1 else None, tuple(above), first=first
    )


def line(
    paid: int, cost: int = 0, *, name: str = "1", quantity: int = 1, **fields: tuple[str, ...]
) -> SaleLine:
    """A line of product ``p<name>`` in category food."""
    categories, tags = fields.get("categories", ("food",)), fields.get("tags", ())
    return SaleLine(name, f"p{name}", categories, tags, quantity, paid, cost)


def order(*lines: SaleLine, fee: int = 0, **facts: object) -> SaleOrder:
    """An order in CNY."""
    return SaleOrder("order", "CNY", tuple(lines), fee, **facts)  # type: ignore[arg-type]


def amounts(earnings: Sequence[object]) -> dict[str, int]:
    """What each line of ``earn`` paid; the shop's margin under "margin"."""
    result: dict[str, int] = {}
    for earning in earnings:
        result[earning.earn_id] = result.get(earning.earn_id, 0) + earning.amount  # type: ignore[attr-defined]
    return result


def undivided(split: Split) -> list[list[int]]:
    """The portions of an order with a single line."""
    return [[earning.amount] for earning in split.earnings]
