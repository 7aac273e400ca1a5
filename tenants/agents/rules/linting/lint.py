"""What a document would do that a law, or plain arithmetic, stands against."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from kernel.money.amounts import MAX_AMOUNT
from tenants.agents.rules.document.faults import Lines
from tenants.agents.rules.document.parsing import Rules, conditions
from tenants.agents.rules.document.schema import Condition, Document, Earn, Role
from tenants.agents.rules.linting.findings import (
    ORDER,
    DocumentChange,
    LintFinding,
    Location,
    Severity,
    finding,
)
from tenants.agents.rules.people.recruiting import HEADCOUNT

Profile = Literal["cn", "generic"]
BUYING = frozenset({"own_spend", "purchases"})
SALES_PER_HEAD = Decimal(1000)
"""What the patch of a headcount asks in sales instead of one head, in units of the document's currency."""
MOST = Decimal(MAX_AMOUNT // 10_000)


def lint(rules: Rules, profile: Profile = "cn") -> tuple[LintFinding, ...]:
    """Return what should be known before ``rules`` are switched on, gravest first.

    ``cn`` looks at the laws of mainland China; ``generic`` at levels and arithmetic alone.
    """
    document, lines = rules.document, rules.lines
    findings = [*_levels(document, lines), *_arithmetic(document, lines)]
    if profile == "cn":
        findings += [
            *_recruiting(document, lines),
            *_entry(document, lines),
            *_purchases(document, lines),
            *_headcount(document, lines),
            *_allowances(document, lines),
            *_deposit(document, lines),
            *_mixed(document, lines),
            *_tax(document, lines),
            *_companies(document, lines),
        ]
    return tuple(
        sorted(findings, key=lambda finding: (ORDER.index(finding.severity), finding.line, finding.path))
    )


def _incomes(document: Document) -> list[tuple[int, Earn]]:
    """The lines that pay somebody; what a buyer gets is a saving, and wrong if it is called an income."""
    return [
        (index, earn)
        for index, earn in enumerate(document.earn)
        if earn.kind != "price_reduction" and earn.payee != "buyer"
    ]


def _levels(document: Document, lines: Lines) -> Iterator[LintFinding]:
    for index, earn in _incomes(document):
        location: Location = ("earn", index)
        patch = [DocumentChange("remove", location)]
        if earn.payee == "third":
            yield finding("refuse", "third_level", (*location, "payee"), patch, lines)
        elif earn.kind == "commission" and earn.payee in {"second", "nearest_above"}:
            # The nearest above is sought among the first two only, so it is a second level at the most.
            yield finding("sign_off", "second_level", (*location, "payee"), patch, lines)


def _arithmetic(document: Document, lines: Lines) -> Iterator[LintFinding]:
    payout, incomes = document.limits.payout, _incomes(document)
    of_margin = sum((e.percent or Decimal(0) for _, e in incomes if e.base == "margin"), Decimal(0))
    risky = [i for i, e in incomes if e.fixed or (e.percent and e.base == "goods_paid") or of_margin > 100]
    if risky and (payout is None or payout.of != "margin"):
        location: Location = ("limits", "payout")
        change = DocumentChange("set", location, {"percent": "100", "of": "margin"})
        yield finding("refuse", "above_margin", location, [change], lines, near=("earn", risky[0]))
    if document.limits.below_cost:
        location = ("limits", "below_cost")
        yield finding("warn", "below_cost", location, [DocumentChange("remove", location)], lines)


def _recruiting(document: Document, lines: Lines) -> Iterator[LintFinding]:
    if document.rewards_per_head:
        location: Location = ("rewards_per_head",)
        yield finding("refuse", "head_reward", location, [DocumentChange("remove", location)], lines)
    for name in ("price", "reward"):
        if document.invites and getattr(document.invites, name):
            location = ("invites", name)
            yield finding("refuse", "code_price", location, [DocumentChange("remove", location)], lines)


def _entry(document: Document, lines: Lines) -> Iterator[LintFinding]:
    fee, earns = document.join.fee, bool(_incomes(document) or document.rewards_per_head)
    if fee and fee.amount and earns:
        location: Location = ("join", "fee")
        amount = f"{fee.amount:f} {document.currency}"
        if fee.refundable:
            deposit = DocumentChange(
                "set", ("join", "deposit"), {"amount": f"{fee.amount:f}", "returned_on_request": True}
            )
            patch = [DocumentChange("remove", location), deposit]
            yield finding("warn", "refundable_fee", location, patch, lines, amount=amount)
        else:
            patch = [DocumentChange("remove", location)]
            yield finding("refuse", "entry_fee", location, patch, lines, amount=amount)
    if document.join.who == "buyers" and earns:
        location = ("join", "who")
        yield finding(
            "sign_off", "any_purchase", location, [DocumentChange("set", location, "anyone")], lines
        )


def _purchases(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Roles that raise income and are reached by buying: always, or as one way among others."""
    for index, role in enumerate(document.roles):
        place: Location = ("roles", index, "reach")
        if role.reach is None or not _raises_income(document, role.id):
            continue
        bought = [(at, leaf) for at, leaf in conditions(role.reach, place) if leaf.metric in BUYING]
        if not bought:
            continue
        instead = [_instead(at, leaf, "own_sales") for at, leaf in bought]
        location = bought[0][0]
        if role.reach.always_asks(frozenset({"own_spend"})):
            yield finding("refuse", "purchase_to_earn", location, instead, lines, role=role.id)
            continue
        if role.reach.always_asks(BUYING) and not role.company:
            instead = [
                DocumentChange("remove", place),
                DocumentChange("set", ("join", "grants"), _granted(document)),
            ]
        yield finding("sign_off", "any_purchase", location, instead, lines, role=role.id)


def _headcount(document: Document, lines: Lines) -> Iterator[LintFinding]:
    for index, role in enumerate(document.roles):
        for location, leaf in conditions(role.reach, ("roles", index, "reach")) if role.reach else ():
            if leaf.metric not in HEADCOUNT:
                continue
            is_team = leaf.metric == "holders_below"
            patch = [_instead(location, leaf, "sales_of_bound" if is_team else "own_sales")]
            # An income that holds without a sale is what the law names first.
            severity: Severity = "refuse" if role.allowance else "sign_off"
            if not _raises_income(document, role.id) and not role.allowance:
                yield finding("note", "headcount_note", location, patch, lines, role=role.id)
            elif is_team:
                yield finding(severity, "team_units", location, patch, lines, role=role.id, below=leaf.role)
            else:
                yield finding(severity, "headcount_role", location, patch, lines, role=role.id)


def _instead(location: Location, leaf: Condition, metric: str) -> DocumentChange:
    """Ask sales where ``leaf`` asks purchases or people: the same sum, or so much for each."""
    threshold = leaf.at_least or Decimal(1)
    sales = threshold if leaf.metric == "own_spend" else min(threshold * SALES_PER_HEAD, MOST)
    value: dict[str, object] = {"metric": metric, "at_least": f"{sales:f}"}
    if leaf.window:
        value["window"] = leaf.window.model_dump(exclude_none=True)
    return DocumentChange("set", location, value)


def _allowances(document: Document, lines: Lines) -> Iterator[LintFinding]:
    for index, role in enumerate(document.roles):
        if role.allowance:
            location: Location = ("roles", index, "allowance")
            amount = f"{role.allowance:f} {document.currency}"
            patch = [DocumentChange("remove", location)]
            yield finding("refuse", "allowance", location, patch, lines, role=role.id, amount=amount)


def _deposit(document: Document, lines: Lines) -> Iterator[LintFinding]:
    deposit = document.join.deposit
    if deposit and not deposit.returned_on_request:
        location: Location = ("join", "deposit", "returned_on_request")
        yield finding(
            "refuse", "deposit_locked", location, [DocumentChange("set", location, value=True)], lines
        )
    if deposit and deposit.returned_when:
        location = ("join", "deposit", "returned_when")
        patch, leaves = [DocumentChange("remove", location)], conditions(deposit.returned_when, location)
        if any(leaf.metric not in BUYING for _place, leaf in leaves):
            yield finding("refuse", "deposit_terms", location, patch, lines)
        else:
            yield finding("warn", "deposit_condition", location, patch, lines)


def _mixed(document: Document, lines: Lines) -> Iterator[LintFinding]:
    of_price = sum((e.percent or Decimal(0) for e in document.earn if e.base == "goods_paid"), Decimal(0))
    for index, earn in enumerate(document.earn):
        is_saving, location = earn.kind == "price_reduction", ("earn", index)
        if is_saving == (earn.payee == "buyer"):
            continue
        patch = [DocumentChange("set", (*location, "payee"), "buyer")]
        percent = (earn.percent or Decimal(0)) if earn.base == "margin" else Decimal(0)
        if not is_saving and of_price + percent > 100:
            # As a part of the price it would give away more than the price.
            patch = [DocumentChange("remove", location)]
        elif not is_saving:
            of_price += percent
            patch = [DocumentChange("set", (*location, "kind"), "price_reduction")]
            patch += (
                [DocumentChange("set", (*location, "base"), "goods_paid")] if earn.base == "margin" else []
            )
        yield finding("refuse", "saving_and_income", (*location, "payee"), patch, lines, id=earn.id)


def _tax(document: Document, lines: Lines) -> Iterator[LintFinding]:
    first = {earn.kind: index for index, earn in reversed(_incomes(document))}
    for kind, code, value in (
        ("commission", "commission_tax", "withheld_by_platform"),
        ("service_fee", "service_fee_tax", "invoice_by_company"),
    ):
        if kind in first and getattr(document.tax, kind) is None:
            location: Location = ("tax", kind)
            patch = [DocumentChange("set", location, value)]
            yield finding("refuse", code, location, patch, lines, near=("earn", first[kind]))
    if document.tax.commission == "declared_by_payee":
        location = ("tax", "commission")
        patch = [DocumentChange("set", location, "withheld_by_platform")]
        yield finding("warn", "declared_by_payee", location, patch, lines)


def _companies(document: Document, lines: Lines) -> Iterator[LintFinding]:
    for index, earn in _incomes(document):
        for place, name in enumerate(earn.when.payee_roles):
            position, role = next((i, role) for i, role in enumerate(document.roles) if role.id == name)
            if earn.kind == "service_fee" and not role.company:
                location: Location = ("earn", index, "when", "payee_roles", place)
                patch = [DocumentChange("set", ("roles", position, "company"), value=True)]
                yield finding("refuse", "fee_to_person", location, patch, lines, role=name)


def _raises_income(document: Document, role_id: str) -> bool:
    return any(role_id in earn.when.payee_roles for _, earn in _incomes(document))


def _granted(document: Document) -> list[str]:
    """What joining would grant if no role had to be bought; the same for every role's patch."""
    bought = [role.id for role in document.roles if _is_bought(document, role)]
    return list(dict.fromkeys([*document.join.grants, *bought]))


def _is_bought(document: Document, role: Role) -> bool:
    reach = role.reach
    return bool(
        reach
        and not role.company
        and _raises_income(document, role.id)
        and reach.always_asks(BUYING)
        and not reach.always_asks(frozenset({"own_spend"}))
    )
