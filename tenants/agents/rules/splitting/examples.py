"""A sale that somebody writes down to see what rules make of it: goods, people, what was paid before.

The same format serves ``banyan explain`` and the guide. Amounts are in units of the document's currency.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kernel.money.amounts import decimal_text
from tenants.agents.rules.document import reader
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.faults import FaultyDocument, fault
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.document.quantities import Amount, problem
from tenants.agents.rules.document.schema import Count, Id, Part, Slug
from tenants.agents.rules.document.validation import validated
from tenants.agents.rules.sale.values import Chain, Person, SaleLine, SaleOrder, Spent, Split
from tenants.agents.rules.splitting.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.splitting.savings import price_reductions
from tenants.agents.rules.splitting.split import split_order

_PERSON = re.compile(r"(?P<name>[^()（）,，]+?)\s*(?:[(（](?P<words>[^()（）]*)[)）])?")
COMPANY = "company"


def _is_person(text: str) -> str:
    if not _PERSON.fullmatch(text.strip()):
        raise problem("person", value=text)
    return text


PersonText = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_is_person)]
"""A name, and in brackets the roles held: ``anna``, ``bert (keeper)``, ``carl (provider, company)``."""


class ExampleLine(Part):
    """One line of goods; ``price`` and ``cost`` are for the whole line, ``price`` before any saving."""

    price: Amount
    cost: Amount = Decimal(0)
    quantity: Count = 1
    product: Slug = "product"
    categories: list[Slug] = []
    tags: list[Slug] = []


class ExampleSpent(Part):
    """What was paid before this sale: to a person today, and to all this month."""

    today: dict[str, Amount] = {}
    month: Amount = Decimal(0)


class ExampleSale(ExampleLine):
    """A sale: one line of goods, or several under ``lines``; who bought, who stands above and around."""

    price: Amount | None = None  # type: ignore[assignment]  # only where ``lines`` are not given
    lines: Annotated[list[ExampleLine], Field(max_length=200)] = []
    buyer: Annotated[list[Id], Field(max_length=30)] = []
    first_order: bool = False
    above: Annotated[list[PersonText], Field(max_length=64)] = []
    streamer: PersonText | None = None
    bringer: PersonText | None = None
    author: PersonText | None = None
    leader: PersonText | None = None
    platform_fee: Amount = Decimal(0)
    spent: ExampleSpent = ExampleSpent()
    refunds: Annotated[list[Amount], Field(max_length=100, description="goods refunded, step by step")] = []

    @model_validator(mode="after")
    def _goods(self) -> Self:
        if (self.price is None) == (not self.lines):
            raise problem("one_of", first="price", second="lines")
        return self


class Explained(NamedTuple):
    """What an example comes to. ``clawed_back`` has for each refund what each earning gave back."""

    lines: tuple[SaleLine, ...]
    saved: dict[str, int]
    order: SaleOrder
    chain: Chain
    split: Split
    clawed_back: tuple[tuple[int, ...], ...]


def read_example(text: str | bytes) -> ExampleSale:
    """Read an example from YAML; raise FaultyDocument with every fault found."""
    return reader.parsed(text, lambda data, lines: validated(ExampleSale, data, lines))


def split_example(example: ExampleSale, rules: Rules) -> Explained:
    """Let the buyer save, split the sale, and take the refunds back.

    Raises FaultyDocument if more is refunded than was paid.
    """
    digits, currency = rules.compiled.digits, rules.document.currency

    def minor(amount: Decimal) -> int:
        return minor_units(round(amount, digits), digits)

    example_lines = example.lines or [
        ExampleLine.model_validate(example.model_dump(include=set(ExampleLine.model_fields)))
    ]
    full = tuple(
        SaleLine(
            id=str(number),
            product=example_line.product,
            categories=tuple(example_line.categories),
            tags=tuple(example_line.tags),
            quantity=example_line.quantity,
            paid=minor(example_line.price),
            cost=minor(example_line.cost),
        )
        for number, example_line in enumerate(example_lines, 1)
    )
    chain = _chain(example)
    saved = price_reductions(full, chain.buyer, rules, first_order=chain.first)
    lines = tuple(line._replace(paid=line.paid - saved[line.id]) for line in full)
    order = SaleOrder("example", currency, lines, minor(example.platform_fee))
    spent = Spent(
        {name: minor(amount) for name, amount in example.spent.today.items()}, minor(example.spent.month)
    )
    split = split_order(order, chain, rules, spent)
    clawed_back, so_far = [], NOTHING_YET
    for number, refund in enumerate(example.refunds):
        left = split.paid - so_far.amount
        if minor(refund) > left:
            most = f"≤ {decimal_text(left, currency)}"
            raise FaultyDocument((fault("bounds", f"refunds[{number}]", value=refund, expected=most),))
        step = reverse(split, so_far, minor(refund))
        before = so_far.clawed_back or (0,) * len(step)
        so_far = Refunded(so_far.amount + minor(refund), tuple(map(sum, zip(before, step, strict=True))))
        clawed_back.append(step)
    return Explained(full, saved, order, chain, split, tuple(clawed_back))


def _chain(example: ExampleSale) -> Chain:
    above = tuple(_person(text) for text in example.above)
    around: dict[str, Any] = {
        name: _person(text)
        for name in ("streamer", "bringer", "author", "leader")
        if (text := getattr(example, name))
    }
    sharer, second = (*above[:2], None, None)[:2]
    buyer = Person("buyer", frozenset(example.buyer))
    return Chain(buyer, sharer, second, above, first=example.first_order, **around)


def _person(text: str) -> Person:
    match = _PERSON.fullmatch(text.strip())
    assert match  # validated when the example was read
    words = {word.strip() for word in re.split("[,，]", match["words"] or "")} - {""}
    return Person(match["name"], frozenset(words - {COMPANY}), COMPANY in words)
