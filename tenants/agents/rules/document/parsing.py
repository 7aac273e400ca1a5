"""A document in, Rules out; or every fault with its path, line, value and remedy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from kernel.money.amounts import exponent
from tenants.agents.rules.document import compiling, reader
from tenants.agents.rules.document.faults import (
    MAX_FAULTS,
    DocumentFault,
    FaultyDocument,
    Lines,
    fault,
    line_of,
    path_text,
)
from tenants.agents.rules.document.schema import MONEY_METRICS, Condition, Document, Earn, GoodsFilter
from tenants.agents.rules.document.validation import validated


@dataclass(frozen=True)
class Rules:
    """A document that was checked, ready to split orders by. ``version`` is 0 until it is switched on."""

    document: Document
    version: int = 0
    lines: Lines = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def compiled(self) -> compiling.CompiledRules:
        """The flat form that ``split_order`` works from."""
        return compiling.compile_document(self.document, self.version)

    @property
    def limited_by_time(self) -> bool:
        """Whether ``split_order`` needs to know what was ``Spent`` earlier this day and month."""
        return self.compiled.per_person_day is not None or self.compiled.budget_month is not None

    def at_version(self, version: int) -> "Rules":
        """Return the same rules under a version's number."""
        return replace(self, version=version)

    def as_json(self) -> dict[str, Any]:
        """Return the document as JSON-ready data that ``parse`` reads back to the same rules."""
        return self.document.model_dump(mode="json", exclude_defaults=True)

    def as_yaml(self) -> str:
        """Return the document as YAML that ``parse`` reads back to the same rules."""
        return reader.write(self.as_json())


def parse(source: str | bytes | Mapping[str, Any]) -> Rules:
    """Read a document from YAML text or from plain data; raise FaultyDocument with every fault found."""
    if isinstance(source, str | bytes):
        return reader.parsed(source, _rules)
    return _rules(reader.plain(dict(source)), {})


def _rules(data: dict[str, Any], lines: Lines) -> Rules:
    document = validated(Document, data, lines)
    if faults := list(_cross_check(document, lines)):
        raise FaultyDocument(tuple(faults[:MAX_FAULTS]))
    return Rules(document, lines=lines)


def _cross_check(document: Document, lines: Lines) -> Iterator[DocumentFault]:
    """What only the whole document shows: double ids, unknown roles, too fine amounts, sums over 100 %."""
    roles = [role.id for role in document.roles]
    yield from _twice(roles, "roles", lines)
    yield from _twice([earn.id for earn in document.earn], "earn", lines)
    for location, role in _role_references(document):
        if role not in roles:
            known = ", ".join(roles) or "–"
            yield fault("unknown_role", path_text(location), line_of(location, lines), role, known=known)
    yield from _circles(document, lines)
    digits = exponent(document.currency)
    for location, amount in amounts_of(document):
        if amount != round(amount, digits):
            yield fault(
                "too_precise", path_text(location), line_of(location, lines), f"{amount:f}", digits=digits
            )
    yield from _sums(document, lines)


def _twice(ids: list[str], part: str, lines: Lines) -> Iterator[DocumentFault]:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            location = (part, index, "id")
            yield fault("duplicate_id", path_text(location), line_of(location, lines), name)


def conditions(condition: Condition, location: tuple[str | int, ...]) -> Iterator[tuple[Any, Condition]]:
    """Every metric inside a condition, with its place."""
    for name in ("all", "any"):
        for index, inner in enumerate(getattr(condition, name) or ()):
            yield from conditions(inner, (*location, name, index))
    if condition.metric:
        yield location, condition


def reach_conditions(document: Document) -> Iterator[tuple[Any, Condition]]:
    """Every metric that a role or the deposit asks for, with its place."""
    for index, role in enumerate(document.roles):
        if role.reach:
            yield from conditions(role.reach, ("roles", index, "reach"))
        if role.lost:
            yield from conditions(role.lost.needs, ("roles", index, "lost", "needs"))
    if document.join.deposit and document.join.deposit.returned_when:
        yield from conditions(document.join.deposit.returned_when, ("join", "deposit", "returned_when"))


def _role_references(document: Document) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, role in enumerate(document.join.grants):
        yield ("join", "grants", index), role
    for location, condition in reach_conditions(document):
        if condition.role:
            yield (*location, "role"), condition.role
    for index, earn in enumerate(document.earn):
        for name in ("buyer_roles", "payee_roles"):
            for place, role in enumerate(getattr(earn.when, name)):
                yield ("earn", index, "when", name, place), role


def _circles(document: Document, lines: Lines) -> Iterator[DocumentFault]:
    """A role that is reached by having holders of a role that needs this one can never be reached first."""
    needs = {
        role.id: {c.role for _, c in conditions(role.reach, ()) if c.role} if role.reach else set()
        for role in document.roles
    }
    for index, role in enumerate(document.roles):
        reached, waiting = set[str](), [name for name in needs[role.id] if name]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [other for other in needs.get(name, ()) if other]
        if role.id in reached:
            location = ("roles", index, "reach")
            yield fault("role_circle", path_text(location), line_of(location, lines), role.id)


def amounts_of(document: Document) -> Iterator[tuple[tuple[str | int, ...], Decimal]]:
    """Every amount of money in the document, with its place."""
    join, limits, invites = document.join, document.limits, document.invites
    singles: list[tuple[tuple[str | int, ...], Decimal | None]] = [
        (("join", "deposit", "amount"), join.deposit.amount if join.deposit else None),
        (("join", "fee", "amount"), join.fee.amount if join.fee else None),
        (("limits", "per_person_day"), limits.per_person_day),
        (("limits", "budget_month"), limits.budget_month),
        (("invites", "one_per_own_sales"), invites.one_per_own_sales if invites else None),
        (("invites", "price"), invites.price if invites else None),
        (("invites", "reward"), invites.reward if invites else None),
    ]
    for index, earn in enumerate(document.earn):
        singles += [
            (("earn", index, "fixed"), earn.fixed),
            (("earn", index, "cap"), earn.cap),
            (("earn", index, "when", "order_at_least"), earn.when.order_at_least),
        ]
    singles += [
        (("rewards_per_head", i, "amount"), reward.amount)
        for i, reward in enumerate(document.rewards_per_head)
    ]
    singles += [(("roles", i, "allowance"), role.allowance) for i, role in enumerate(document.roles)]
    singles += [
        ((*location, "at_least"), condition.at_least)
        for location, condition in reach_conditions(document)
        if condition.metric in MONEY_METRICS
    ]
    yield from ((location, amount) for location, amount in singles if amount is not None)


_ALL_GOODS = GoodsFilter().model_dump_json()


def _sums(document: Document, lines: Lines) -> Iterator[DocumentFault]:
    """Rates on the same base that fall on the same goods must not exceed the whole of it.

    Rates that ask different roles of one payee or of the buyer, or a first and a later order, are
    alternatives, of which the highest counts. Who holds several roles gets what the limits leave.
    """
    for base in ("goods_paid", "margin"):
        rated = [
            (i, e, e.goods.model_dump_json())
            for i, e in enumerate(document.earn)
            if e.percent is not None and e.base == base
        ]
        for goods in dict.fromkeys(of for _, _, of in rated):
            together = [(i, e) for i, e, of in rated if of in {_ALL_GOODS, goods}]
            total = _most_together([e for _, e in together])
            if total > 100:
                location = ("earn", together[-1][0], "percent")
                yield fault(
                    "sum_over_100", path_text(location), line_of(location, lines), f"{total.normalize():f}"
                )
                break


def _most_together(earns: list[Earn]) -> Decimal:
    """The highest sum of percents that one sale pays, where nobody holds more than one role."""
    buyers = {None, *(role for earn in earns for role in earn.when.buyer_roles)}
    return max(
        sum((_most_for(payee, applying) for payee in {earn.payee for earn in applying}), Decimal(0))
        for is_first in (True, False)
        for buyer in buyers
        for applying in [
            [
                earn
                for earn in earns
                if (not earn.when.buyer_roles or buyer in earn.when.buyer_roles)
                and earn.when.first_order in {None, is_first}
            ]
        ]
    )


def _most_for(payee: str, earns: list[Earn]) -> Decimal:
    """The highest sum of percents for one payee; the nearest above may be somebody else for each line."""
    own = [earn for earn in earns if earn.payee == payee]
    if payee == "nearest_above":
        return sum((earn.percent or Decimal(0) for earn in own), Decimal(0))
    roles = {None, *(role for earn in own for role in earn.when.payee_roles)}
    return max(
        sum(
            (
                earn.percent or Decimal(0)
                for earn in own
                if not earn.when.payee_roles or role in earn.when.payee_roles
            ),
            Decimal(0),
        )
        for role in roles
    )
