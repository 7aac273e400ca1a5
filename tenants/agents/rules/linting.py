"""What a document would do that a law, or plain arithmetic, stands against."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from tenants.agents.rules.document import Document, Earn
from tenants.agents.rules.faults import Lines
from tenants.agents.rules.findings import ORDER, Change, Finding, Location, finding
from tenants.agents.rules.parsing import Rules, conditions

Profile = Literal["cn", "generic"]
HEADCOUNT = frozenset({"bound_fans", "holders_below"})
SALES_PER_HEAD = Decimal(1000)
"""What the patch of a headcount asks in sales instead of one head, in units of the document's currency."""


def lint(rules: Rules, profile: Profile = "cn") -> tuple[Finding, ...]:
    """Return what should be known before ``rules`` are switched on, gravest first.

    ``cn`` looks at the laws of mainland China; ``generic`` at levels and arithmetic alone.
    """
    document, lines = rules.document, rules.lines
    found = [*_levels(document, lines), *_arithmetic(document, lines)]
    if profile == "cn":
        found += [
            *_recruiting(document, lines),
            *_entry(document, lines),
            *_headcount(document, lines),
            *_deposit(document, lines),
            *_tax(document, lines),
            *_companies(document, lines),
        ]
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.severity), one.line, one.path)))


def _incomes(document: Document) -> list[tuple[int, Earn]]:
    return [(index, earn) for index, earn in enumerate(document.earn) if earn.kind != "price_reduction"]


def _levels(document: Document, lines: Lines) -> Iterator[Finding]:
    commissions = [(index, earn) for index, earn in _incomes(document) if earn.kind == "commission"]
    payees = {earn.payee for _, earn in commissions}
    for index, earn in commissions:
        location: Location = ("earn", index)
        patch = [Change("remove", location)]
        both_levels = {"sharer", "second"} <= payees
        if earn.payee == "third" or (earn.payee == "nearest_above" and both_levels):
            yield finding("refuse", "third_level", (*location, "payee"), patch, lines)
        elif earn.payee in {"second", "nearest_above"}:
            yield finding("sign_off", "second_level", (*location, "payee"), patch, lines)
    for index, earn in _incomes(document):
        if earn.kind == "service_fee" and earn.payee == "third":
            location = ("earn", index)
            yield finding("refuse", "third_level", (*location, "payee"), [Change("remove", location)], lines)


def _arithmetic(document: Document, lines: Lines) -> Iterator[Finding]:
    payout = document.limits.payout
    risky = any(earn.base == "goods_paid" or earn.fixed is not None for _, earn in _incomes(document))
    if risky and (payout is None or payout.of != "margin"):
        change = Change("set", ("limits", "payout"), {"percent": "100", "of": "margin"})
        yield finding("refuse", "above_margin", ("limits", "payout"), [change], lines)


def _recruiting(document: Document, lines: Lines) -> Iterator[Finding]:
    if document.rewards_per_head:
        location: Location = ("rewards_per_head",)
        yield finding("refuse", "head_reward", location, [Change("remove", location)], lines)
    for name in ("price", "reward"):
        if document.invites and getattr(document.invites, name):
            location = ("invites", name)
            yield finding("refuse", "code_price", location, [Change("remove", location)], lines)


def _entry(document: Document, lines: Lines) -> Iterator[Finding]:
    fee, earns = document.join.fee, bool(_incomes(document))
    if fee and fee.amount and earns:
        location: Location = ("join", "fee")
        amount = f"{fee.amount:f} {document.currency}"
        if fee.refundable:
            deposit = Change(
                "set", ("join", "deposit"), {"amount": f"{fee.amount:f}", "returned_on_request": True}
            )
            patch = [Change("remove", location), deposit]
            yield finding("warn", "refundable_fee", location, patch, lines, amount=amount)
        else:
            patch = [Change("remove", location)]
            yield finding("refuse", "entry_fee", location, patch, lines, amount=amount)
    if document.join.who == "buyers" and earns:
        location = ("join", "who")
        yield finding("sign_off", "any_purchase", location, [Change("set", location, "anyone")], lines)
    for index, role in enumerate(document.roles):
        place: Location = ("roles", index, "reach")
        for location, condition in conditions(role.reach, place) if role.reach else ():
            if condition.metric == "purchases" and _raises_income(document, role.id):
                patch = [
                    Change("remove", place),
                    Change("set", ("join", "grants"), _granted(document, role.id)),
                ]
                yield finding("sign_off", "any_purchase", location, patch, lines)
                break


def _headcount(document: Document, lines: Lines) -> Iterator[Finding]:
    for index, role in enumerate(document.roles):
        for location, condition in conditions(role.reach, ("roles", index, "reach")) if role.reach else ():
            if condition.metric not in HEADCOUNT:
                continue
            sales = (condition.at_least or Decimal(1)) * SALES_PER_HEAD
            metric = "own_sales" if condition.metric == "bound_fans" else "sales_of_bound"
            instead = Change("set", location, {"metric": metric, "at_least": f"{sales:f}"})
            if _raises_income(document, role.id):
                yield finding("sign_off", "headcount_role", location, [instead], lines, role=role.id)
            else:
                yield finding("note", "headcount_note", location, [instead], lines, role=role.id)


def _deposit(document: Document, lines: Lines) -> Iterator[Finding]:
    deposit = document.join.deposit
    if deposit and not deposit.returned_on_request:
        location: Location = ("join", "deposit", "returned_on_request")
        yield finding("refuse", "deposit_locked", location, [Change("set", location, value=True)], lines)
    elif deposit and deposit.returned_when:
        location = ("join", "deposit", "returned_when")
        yield finding("warn", "deposit_condition", location, [Change("remove", location)], lines)


def _tax(document: Document, lines: Lines) -> Iterator[Finding]:
    kinds = {earn.kind for _, earn in _incomes(document)}
    for kind, code, value in (
        ("commission", "commission_tax", "withheld_by_platform"),
        ("service_fee", "service_fee_tax", "invoice_by_company"),
    ):
        if kind in kinds and getattr(document.tax, kind) is None:
            location: Location = ("tax", kind)
            yield finding("refuse", code, location, [Change("set", location, value)], lines)


def _companies(document: Document, lines: Lines) -> Iterator[Finding]:
    for index, earn in _incomes(document):
        for place, name in enumerate(earn.when.payee_roles):
            position, role = next((i, role) for i, role in enumerate(document.roles) if role.id == name)
            if earn.kind == "service_fee" and not role.company:
                location: Location = ("earn", index, "when", "payee_roles", place)
                patch = [Change("set", ("roles", position, "company"), value=True)]
                yield finding("refuse", "fee_to_person", location, patch, lines, role=name)


def _raises_income(document: Document, role_id: str) -> bool:
    return any(role_id in earn.when.payee_roles for _, earn in _incomes(document))


def _granted(document: Document, role_id: str) -> list[str]:
    return list(dict.fromkeys([*document.join.grants, role_id]))
