"""Questions that the document answers itself: what it says it would pay or ask, and the engine never does.

What must be refused can be written, so that the refusal can name article and remedy. Also what no sale shows:
taxes, companies, when income can be withdrawn, and how a deposit comes back.
"""

from collections.abc import Iterator
from decimal import Decimal

from tenants.agents.rules.document.faults import Lines
from tenants.agents.rules.document.parsing import conditions
from tenants.agents.rules.document.schema import Document, Earn
from tenants.agents.rules.linting.findings import DocumentChange, LintFinding, Location, finding
from tenants.agents.rules.linting.people_questions import BUYING

LONGEST_HOLD, SHORT_HOLD = 180, 30
"""Days after receipt: the longest an income may wait without a signature, and what the patch writes."""


def incomes(document: Document) -> list[tuple[int, Earn]]:
    """Return the lines that pay somebody; what a buyer gets is a saving, and wrong if called an income."""
    return [
        (index, earn)
        for index, earn in enumerate(document.earn)
        if earn.kind != "price_reduction" and earn.payee != "buyer"
    ]


def third_level(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Is somebody named who stands beyond the second level?"""
    for index, earn in incomes(document):
        if earn.payee == "third":
            location: Location = ("earn", index)
            patch = [DocumentChange("remove", location)]
            yield finding("refuse", "third_level", (*location, "payee"), patch, lines)


def below_cost(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """May a saving sell goods below their cost?"""
    if document.limits.below_cost:
        location: Location = ("limits", "below_cost")
        yield finding("warn", "below_cost", location, [DocumentChange("remove", location)], lines)


def without_a_sale(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Who is paid without any sale: for heads, for codes, for holding a role?"""
    if document.rewards_per_head:
        location: Location = ("rewards_per_head",)
        yield finding("refuse", "head_reward", location, [DocumentChange("remove", location)], lines)
    for name in ("price", "reward"):
        if document.invites and getattr(document.invites, name):
            location = ("invites", name)
            yield finding("refuse", "code_price", location, [DocumentChange("remove", location)], lines)
    for index, role in enumerate(document.roles):
        if role.allowance:
            location = ("roles", index, "allowance")
            amount = f"{role.allowance:f} {document.currency}"
            patch = [DocumentChange("remove", location)]
            yield finding("refuse", "allowance", location, patch, lines, role=role.id, amount=amount)


def deposit_return(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """How does a deposit come back?"""
    deposit = document.join.deposit
    if deposit and not deposit.returned_on_request:
        location: Location = ("join", "deposit", "returned_on_request")
        patch = [DocumentChange("set", location, value=True)]
        yield finding("refuse", "deposit_locked", location, patch, lines)
    if deposit and deposit.returned_when:
        location = ("join", "deposit", "returned_when")
        patch, leaves = [DocumentChange("remove", location)], conditions(deposit.returned_when, location)
        if any(leaf.metric not in BUYING for _place, leaf in leaves):
            yield finding("refuse", "deposit_terms", location, patch, lines)
        else:
            yield finding("warn", "deposit_condition", location, patch, lines)


def mixed(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Is a saving called income, or income a saving?"""
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


def taxes(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Who accounts for tax on what is paid?"""
    first = {earn.kind: index for index, earn in reversed(incomes(document))}
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


def companies(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """Do service fees go to companies that serve, rather than to people or to whoever shared?"""
    for index, earn in incomes(document):
        if earn.kind != "service_fee":
            continue
        for place, name in enumerate(earn.when.payee_roles):
            position, role = next((i, role) for i, role in enumerate(document.roles) if role.id == name)
            if not role.company:
                location: Location = ("earn", index, "when", "payee_roles", place)
                patch = [DocumentChange("set", ("roles", position, "company"), value=True)]
                yield finding("refuse", "fee_to_person", location, patch, lines, role=name)
        if earn.payee in {"sharer", "second"}:
            location = ("earn", index, "kind")
            patch = [DocumentChange("set", location, "commission")]
            if document.tax.commission is None:
                patch += [DocumentChange("set", ("tax", "commission"), "withheld_by_platform")]
            yield finding("warn", "fee_for_sharing", location, patch, lines, id=earn.id)


def holding(document: Document, lines: Lines) -> Iterator[LintFinding]:
    """How long does an income wait after receipt?"""
    for index, earn in incomes(document):
        if earn.hold_days > LONGEST_HOLD:
            location: Location = ("earn", index, "hold_days")
            patch = [DocumentChange("set", location, SHORT_HOLD)]
            yield finding(
                "sign_off", "long_hold", location, patch, lines,
                id=earn.id, days=earn.hold_days, most=LONGEST_HOLD,
            )  # fmt: skip
