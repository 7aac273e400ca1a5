"""A document flattened once, so that splitting an order is integer arithmetic over short tuples."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from kernel.money.amounts import exponent
from tenants.agents.rules.document.quantities import parts_per_million
from tenants.agents.rules.document.schema import Document, Earn, GoodsFilter
from tenants.agents.rules.sale.values import Chain, Person, SaleLine

NEAREST_ABOVE = -1
_LEVELS = {"sharer": 1, "second": 2}
# No index for "third": nothing is ever paid beyond the second level, whatever a document says.
_INDEXES = {name: Chain._fields.index(name) for name in Chain._fields if name not in {"above", "first"}} | {
    "nearest_above": NEAREST_ABOVE
}
Matcher = Callable[[SaleLine], bool]


class CompiledEarn(NamedTuple):
    """One line of ``earn``. ``payee`` is an index into Chain; amounts are minor units, ``rate`` ppm."""

    earn_id: str
    kind: str
    payee_name: str
    payee: int
    level: int
    rate: int
    fixed: int
    per_unit: bool
    on_margin: bool
    matches: Matcher | None
    buyer_roles: frozenset[str]
    payee_roles: frozenset[str]
    first_order: bool | None
    order_at_least: int
    cap: int | None
    company: bool
    conditional: bool


class CompiledRules(NamedTuple):
    """Everything ``split_order`` and ``price_reductions`` need, and nothing else."""

    version: int
    digits: int
    reductions: tuple[CompiledEarn, ...]
    earnings: tuple[CompiledEarn, ...]
    payout_rate: int | None
    payout_of_margin: bool
    per_person_day: int | None
    budget_month: int | None
    below_cost: bool


def compile_document(document: Document, version: int) -> CompiledRules:
    """Flatten ``document``; the same document always gives the same compiled."""
    digits = exponent(document.currency)
    entries = [_entry(earn, digits) for earn in document.earn if _pays(earn)]
    payout = document.limits.payout
    return CompiledRules(
        version=version,
        digits=digits,
        reductions=tuple(entry for entry in entries if entry.kind == "price_reduction"),
        earnings=tuple(entry for entry in entries if entry.kind != "price_reduction"),
        payout_rate=parts_per_million(payout.percent) if payout else None,
        payout_of_margin=payout is None or payout.of == "margin",
        per_person_day=_optional(document.limits.per_person_day, digits),
        budget_month=_optional(document.limits.budget_month, digits),
        below_cost=document.limits.below_cost,
    )


def _pays(earn: Earn) -> bool:
    """Nothing is paid beyond the second level, nor a saving as income, nor income as a saving."""
    return earn.payee in _INDEXES and (earn.kind == "price_reduction") == (earn.payee == "buyer")


def minor_units(amount: Decimal, digits: int) -> int:
    """Return an amount as an integer of the currency's smallest coin; exact after parsing."""
    return int(amount.scaleb(digits))


def _optional(amount: Decimal | None, digits: int) -> int | None:
    return None if amount is None else minor_units(amount, digits)


def _entry(earn: Earn, digits: int) -> CompiledEarn:
    return CompiledEarn(
        earn_id=earn.id,
        kind=earn.kind,
        payee_name=earn.payee,
        payee=_INDEXES[earn.payee],
        level=_LEVELS.get(earn.payee, 0),
        rate=parts_per_million(earn.percent) if earn.percent is not None else 0,
        fixed=minor_units(earn.fixed, digits) if earn.fixed is not None else 0,
        per_unit=earn.per == "unit",
        on_margin=earn.base == "margin",
        matches=_matcher(earn.goods),
        buyer_roles=frozenset(earn.when.buyer_roles),
        payee_roles=frozenset(earn.when.payee_roles),
        first_order=earn.when.first_order,
        order_at_least=_optional(earn.when.order_at_least, digits) or 0,
        cap=_optional(earn.cap, digits),
        company=earn.kind == "service_fee",
        conditional=bool(
            earn.when.buyer_roles or earn.when.order_at_least or earn.when.first_order is not None
        ),
    )


def _matcher(goods: GoodsFilter) -> Matcher | None:
    """Return a test for one line, or None where all goods count."""
    if goods == GoodsFilter():
        return None
    categories, tags, products = frozenset(goods.categories), frozenset(goods.tags), frozenset(goods.products)
    no_categories, no_tags = frozenset(goods.not_categories), frozenset(goods.not_tags)
    no_products = frozenset(goods.not_products)

    def matches(line: SaleLine) -> bool:
        return (
            (not categories or not categories.isdisjoint(line.categories))
            and (not tags or not tags.isdisjoint(line.tags))
            and (not products or line.product in products)
            and no_categories.isdisjoint(line.categories)
            and no_tags.isdisjoint(line.tags)
            and line.product not in no_products
        )

    return matches


def buyer_qualifies(entry: CompiledEarn, buyer: Person, paid: int, first_order: bool) -> bool:
    return (
        (not entry.buyer_roles or not entry.buyer_roles.isdisjoint(buyer.roles))
        and (entry.first_order is None or entry.first_order == first_order)
        and paid >= entry.order_at_least
    )
