"""Questions about people: what must somebody pay, buy or bring to earn, and to go on earning?

Each is answered by letting somebody do all of one kind of thing and nothing else, and looking at which roles
the engine then gives and takes.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from datetime import date
from decimal import Decimal
from functools import partial

from kernel.money.amounts import MAX_AMOUNT, exponent
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.parsing import conditions
from tenants.agents.rules.document.schema import MONEY_METRICS, Condition, Role
from tenants.agents.rules.linting.changes import is_valid_with
from tenants.agents.rules.linting.findings import (
    DocumentChange,
    LintFinding,
    Location,
    Severity,
    finding,
)
from tenants.agents.rules.linting.trials import ORDINARY_PRICE, Trials
from tenants.agents.rules.people.progress import DayTotal, Facts, reason
from tenants.agents.rules.people.recruiting import HEADCOUNT

SELLING = frozenset({"own_sales", "tasks"})
BUYING = frozenset({"own_spend", "purchases"})
TEAM = frozenset({"sales_of_bound"})
DEPOSIT, FIRST_PURCHASE = "deposit", "first purchase"
EVERYTHING = SELLING | BUYING | TEAM | HEADCOUNT | {DEPOSIT}
SALES_PER_HEAD = Decimal(1000)
"""What a patch asks in sales instead of one head or one purchase, in units of the document's currency."""
SALES_FOR_SPEND, MOST_TASKS = 100, 1_000
"""Selling stands for buying only within reach: so many times the sum, and no more tasks than these."""
MOST = Decimal(MAX_AMOUNT // 10_000)
_DAY = date(2030, 12, 31)


class People:
    """Who earns under a document, and what it takes."""

    def __init__(self, trials: Trials) -> None:
        self.rules, self.trials = trials.rules, trials
        self.document = trials.rules.document
        everybody = {role.id for role in self.document.roles if self._holds(role, frozenset())}
        self._paid_together = [
            set(earn.when.payee_roles) for earn in self.document.earn if earn.id in trials.paid
        ]
        """For each line of ``earn`` that pays, the roles of which it asks one."""
        self.earning = {
            name for roles in self._paid_together for name in roles if not roles & everybody - {name}
        }
        """The roles that raise income: a line of ``earn`` pays for them, and for none that everybody has."""
        self.saving = {
            role
            for earn in self.document.earn
            if earn.kind == "price_reduction"
            for role in earn.when.buyer_roles
        }
        """The roles that lower prices."""

    def _holds(self, role: Role, acts: Set[str], most_sales: int = MAX_AMOUNT) -> bool:
        """Whether somebody who does ``acts``, and nothing else, comes to hold the role and keeps it."""
        keeps = role.lost is None or self.fulfils(role.lost.needs, acts, most_sales)
        return keeps and self.gets(role, acts, most_sales)

    def earns_without(self, role: Role, acts: Set[str], most_sales: int) -> bool:
        """Return whether whoever does ``acts`` is paid by other roles wherever this one is paid."""
        others = [other for other in self.document.roles if other.id != role.id]
        held = {other.id for other in others if self._holds(other, acts, most_sales)}
        return all(roles & held for roles in self._paid_together if role.id in roles)

    def gets(self, role: Role, acts: Set[str], most_sales: int = MAX_AMOUNT) -> bool:
        """Return whether somebody who does ``acts``, and nothing else, comes to hold the role.

        ``most_sales``: the most that they sell, minor units. A role that is given by an operator's hand comes
        by nothing that one does.
        """
        join = self.document.join
        if role.id in join.grants:
            has_paid = join.deposit is None or not join.deposit.amount or DEPOSIT in acts
            if has_paid and (join.who != "buyers" or acts & {"purchases", FIRST_PURCHASE}):
                return True
        return role.reach is not None and self.fulfils(role.reach, acts, most_sales)

    def within_reach(self, condition: Condition) -> int:
        """Return the most sales, minor units, that stand for the own buying a condition asks."""
        bought = [leaf for _at, leaf in conditions(condition, ()) if leaf.metric in BUYING and leaf.at_least]
        spend = max((self._spend(leaf) for leaf in bought), default=0)
        return spend * SALES_FOR_SPEND if spend else MAX_AMOUNT

    def _spend(self, leaf: Condition) -> int:
        threshold = leaf.at_least or Decimal(0)
        if leaf.metric == "purchases":
            return int(threshold) * ORDINARY_PRICE
        return minor_units(threshold, exponent(self.document.currency))

    def fulfils(self, condition: Condition, acts: Set[str], most_sales: int = MAX_AMOUNT) -> bool:
        """Return whether somebody who does ``acts``, and nothing else, fulfils the condition."""
        amounts = dict.fromkeys(acts, MAX_AMOUNT)
        if "own_sales" in acts:
            amounts["own_sales"] = min(most_sales, self.within_reach(condition))
        if "tasks" in acts:
            amounts["tasks"] = MOST_TASKS
        if FIRST_PURCHASE in acts:
            amounts.setdefault("purchases", 1)
        if "holders_below" in acts:
            amounts |= {f"holders_below:{role.id}": MAX_AMOUNT for role in self.document.roles}
        totals = {metric: (DayTotal(_DAY, amount),) for metric, amount in amounts.items()}
        return reason(condition, Facts(_DAY, company=True, totals=totals), self.rules) is not None


def purchases(people: People) -> Iterator[LintFinding]:
    """Must somebody buy to earn, or to go on earning? Is a purchase one of the ways?"""
    document = people.document
    if document.join.who == "buyers" and (people.trials.paid or document.rewards_per_head):
        location: Location = ("join", "who")
        patch = [DocumentChange("set", location, "anyone")]
        yield finding("sign_off", "any_purchase", location, patch, people.rules.lines)
    for index, role in enumerate(document.roles):
        if role.id not in people.earning:
            continue
        if role.reach and not people.gets(role, {DEPOSIT}):
            # That a first purchase of anything makes somebody who earns can be signed off.
            gets = partial(_with, partial(people.gets, role), {DEPOSIT, FIRST_PURCHASE})
            yield from _bought(people, role, role.reach, ("roles", index, "reach"), gets)
        if role.lost:
            keeps = partial(people.fulfils, role.lost.needs)
            yield from _bought(people, role, role.lost.needs, ("roles", index, "lost", "needs"), keeps)


def _with(question: Callable[[Set[str]], bool], always: Set[str], acts: Set[str]) -> bool:
    return question(acts | always)


def _bought(
    people: People, role: Role, condition: Condition, place: Location, is_enough: Callable[[Set[str]], bool]
) -> Iterator[LintFinding]:
    leaves = _leaves(condition, place, BUYING)
    if not leaves:
        return
    patch = [_own_sales(at, leaf) for at, leaf in leaves]

    most_sales = people.within_reach(condition)

    def earns(acts: Set[str]) -> bool:
        return is_enough(acts) or people.earns_without(role, acts, most_sales)

    without = earns(EVERYTHING - BUYING)
    # Who can only buy or bring people must buy, or do worse.
    pays_or_recruits = not earns(SELLING) and earns(SELLING | BUYING)
    if without and not pays_or_recruits:
        yield finding("sign_off", "any_purchase", leaves[0][0], patch, people.rules.lines)
        return
    code = "purchase_to_keep" if "lost" in place else "purchase_to_earn"
    yield finding("refuse", code, leaves[0][0], patch, people.rules.lines, role=role.id)


def deposits(people: People) -> Iterator[LintFinding]:
    """Must somebody pay a deposit to earn?"""
    deposit = people.document.join.deposit
    if deposit is None or not deposit.amount:
        return
    for role in people.document.roles:
        is_granted = role.id in people.earning and role.id in people.document.join.grants
        if is_granted and not people.gets(role, SELLING | {FIRST_PURCHASE}):
            location: Location = ("join", "deposit")
            amount = f"{deposit.amount:f} {people.document.currency}"
            patch = [DocumentChange("remove", location)]
            yield finding(
                "sign_off",
                "deposit_to_earn",
                location,
                patch,
                people.rules.lines,
                role=role.id,
                amount=amount,
            )
            return


def fees(people: People) -> Iterator[LintFinding]:
    """Must somebody pay a fee to join a document under which people earn?"""
    join = people.document.join
    if not join.fee or not join.fee.amount or not (people.trials.paid or people.document.rewards_per_head):
        return
    location: Location = ("join", "fee")
    patch, amount = [DocumentChange("remove", location)], f"{join.fee.amount:f} {people.document.currency}"
    # What was paid for goods does not come back while the goods are kept.
    stays = not join.fee.refundable or join.fee.buys == "goods"
    is_to_earn = bool(people.earning & set(join.grants))
    severity: Severity = "refuse" if stays else "sign_off" if is_to_earn else "warn"
    code = "entry_fee" if stays else "refundable_fee"
    yield finding(severity, code, location, patch, people.rules.lines, amount=amount)


def heads(people: People) -> Iterator[LintFinding]:
    """Must somebody bring people to earn more, or to go on earning?"""
    for index, role in enumerate(people.document.roles):
        earns = role.id in people.earning
        place: Location = ("roles", index, "reach")
        for location, leaf in _leaves(role.reach, place, HEADCOUNT):
            patch = [_own_sales(location, leaf)]
            # An income that holds without a sale is what the law names first.
            severity: Severity = "refuse" if role.allowance else "sign_off"
            if not earns and not role.allowance:
                saves = role.id in people.saving
                severity, code = ("warn", "headcount_saving") if saves else ("note", "headcount_note")
                yield finding(severity, code, location, patch, people.rules.lines, role=role.id)
                continue
            code = "team_units" if leaf.metric == "holders_below" else "headcount_role"
            yield finding(severity, code, location, patch, people.rules.lines, role=role.id, below=leaf.role)
        place = ("roles", index, "lost", "needs")
        for location, leaf in _leaves(role.lost.needs if role.lost and earns else None, place, HEADCOUNT):
            patch = [_own_sales(location, leaf)]
            yield finding("sign_off", "headcount_to_keep", location, patch, people.rules.lines, role=role.id)


def team_sales(people: People) -> Iterator[LintFinding]:
    """Does what somebody earns rise with what the people below them sell?"""
    for index, role in enumerate(people.document.roles):
        if role.id not in people.earning:
            continue
        needs = role.lost.needs if role.lost else None
        leaves = [
            *_leaves(role.reach, ("roles", index, "reach"), TEAM),
            *_leaves(needs, ("roles", index, "lost", "needs"), TEAM),
        ]
        for location, leaf in leaves:
            patch = [_own_sales(location, leaf)]
            yield finding("sign_off", "team_sales", location, patch, people.rules.lines, role=role.id)


def buyers(people: People) -> Iterator[LintFinding]:
    """What must a buyer have given before whoever brought them earns?"""
    patched: list[DocumentChange] = []
    for index, earn in enumerate(people.document.earn):
        roles = [role for role in people.document.roles if role.id in earn.when.buyer_roles]
        roles = [role for role in roles if role.reach or role.id in people.document.join.grants]
        if earn.id not in people.trials.paid or not roles or _are_free(people, roles, set()):
            continue
        zh_need, en_need = next(
            (need for act, need in _NEEDS.items() if _are_free(people, roles, {act})), _NEEDS["bound_fans"]
        )
        location: Location = ("earn", index, "when", "buyer_roles")
        patch = [DocumentChange("remove", location)]
        if not is_valid_with(people.rules, [*patched, *patch]):
            patch = [DocumentChange("remove", ("earn", index))]
        patched += patch
        yield finding(
            "sign_off", "buyer_pays_first", location, patch, people.rules.lines,
            id=earn.id, zh_need=zh_need, en_need=en_need,
        )  # fmt: skip


_NEEDS = {
    "own_spend": ("自己消费满一定金额", "spent a certain sum"),
    DEPOSIT: ("交押金", "paid a deposit"),
    "bound_fans": ("拉来别人", "brought others"),
}


def _are_free(people: People, roles: Iterable[Role], further: Set[str]) -> bool:
    """Whether a buyer comes to hold one of the roles by ordinary orders, sales and tasks, and ``further``."""
    return any(people.gets(role, SELLING | {"purchases", FIRST_PURCHASE} | further) for role in roles)


def _leaves(
    condition: Condition | None, place: Location, metrics: Set[str]
) -> list[tuple[Location, Condition]]:
    """The parts of a condition that ask for one of ``metrics``, each with its place; zero asks nothing."""
    return [
        (location, leaf)
        for location, leaf in (conditions(condition, place) if condition else ())
        if leaf.metric in metrics and leaf.at_least
    ]


def _own_sales(location: Location, leaf: Condition) -> DocumentChange:
    """Ask own sales where ``leaf`` asks purchases, people or a team: the same sum, or so much for each."""
    threshold = leaf.at_least or Decimal(1)
    sales = threshold if leaf.metric in MONEY_METRICS else min(threshold * SALES_PER_HEAD, MOST)
    value: dict[str, object] = {"metric": "own_sales", "at_least": f"{sales:f}"}
    if leaf.window:
        value["window"] = leaf.window.model_dump(exclude_none=True)
    return DocumentChange("set", location, value)
