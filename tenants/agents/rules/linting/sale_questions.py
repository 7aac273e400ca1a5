"""Questions about one sale, answered by what it pays: whom, at how many levels, how much at the most."""

from collections.abc import Iterator, Set
from datetime import date
from decimal import Decimal

from kernel.money.amounts import decimal_text
from tenants.agents.rules.document.compiling import minor_units
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.document.schema import Condition, PayoutLimit
from tenants.agents.rules.linting.findings import DocumentChange, LintFinding, Location, finding
from tenants.agents.rules.linting.trials import IN_LINE, Trial, Trials
from tenants.agents.rules.people.progress import DayTotal, Facts, reason
from tenants.agents.rules.sale.sentences import CUT_MARGIN
from tenants.agents.rules.sale.values import MARGIN

NEARLY_ALL, LEFT_TO_PEOPLE = 80, 70
"""Percent of a sale's margin: what one person may not get without a signature, and what the patch leaves."""
EASY_SUM = Decimal(1000)
"""Sales or spending, in units of the document's currency, that are no achievement for a company."""
BRINGING = IN_LINE | {"bringer", "leader"}
"""Those who bring buyers; a note's author and a streamer show goods to whoever looks."""
_NEAR_FIRST = ("sharer", "second", "nearest_above")


def levels(trials: Trials) -> Iterator[LintFinding]:
    """How many levels of people or companies does one sale pay?

    Everybody of the line who is paid counts, by whatever kind of payment. One company that serves the line
    for a fee stands beside it, unless anybody may be one; a company above a company does not.
    """
    places = {earn.id: index for index, earn in enumerate(trials.rules.document.earn)}
    in_line = [name for name in trials.paid if trials.entries[name].payee_name in IN_LINE]
    in_line.sort(key=lambda name: (_NEAR_FIRST.index(trials.entries[name].payee_name), places[name]))
    line = _Line(trials)
    beyond = line.entries_beyond(2, in_line)
    second = line.entries_beyond(1, [name for name in in_line if name not in beyond])
    for name in sorted([*beyond, *second], key=places.__getitem__):
        location: Location = ("earn", places[name])
        patch = [DocumentChange("remove", location)]
        if name in beyond:
            yield finding("refuse", "third_level", (*location, "payee"), patch, trials.rules.lines)
        else:
            yield finding("sign_off", "second_level", (*location, "payee"), patch, trials.rules.lines)


class _Line:
    """Who of the line is paid by which lines of ``earn`` in each trial."""

    def __init__(self, trials: Trials) -> None:
        self.entries = trials.entries
        document = trials.rules.document
        easy = {role.id for role in document.roles if role.reach and _is_easy(role.reach, trials.rules)}
        anybodys = easy | set(document.join.grants)
        self.serving = {
            name
            for name, entry in self.entries.items()
            if entry.company
            and entry.payee_name == "nearest_above"
            and entry.payee_roles.isdisjoint(anybodys)
        }
        self.payments = {
            frozenset(
                (earning.earn_id, trial.position(earning.payee_id))
                for earning in trial.split.earnings
                if earning.payee in IN_LINE
            )
            for trial in trials.unlimited
        }

    def entries_beyond(self, most: int, names: list[str]) -> list[str]:
        """Return those of ``names`` that pay beyond ``most`` levels, each added to what was kept before."""
        kept, beyond = set[str](), list[str]()
        for name in names:
            if self.levels(kept | {name}) > most:
                beyond.append(name)
            else:
                kept.add(name)
        return beyond

    def levels(self, names: Set[str]) -> int:
        """Return the most levels that one sale pays by these lines of ``earn``."""
        return max((self._levels_of(payments, names) for payments in self.payments), default=0)

    def _levels_of(self, payments: frozenset[tuple[str, int]], names: Set[str]) -> int:
        people = {at for name, at in payments if name in names and name not in self.serving}
        companies = {at for name, at in payments if name in names & self.serving} - people
        # Who shares through somebody is the second level, also where that somebody is not paid.
        reach = [at for name, at in payments if name in names and self._is_by_sharing(name)]
        return max(len(people) + (len(companies) if len(companies) > 1 else 0), *reach, 0)

    def _is_by_sharing(self, name: str) -> bool:
        entry = self.entries[name]
        return not entry.company or entry.payee_name != "nearest_above"


def _is_easy(reach: Condition, rules: Rules) -> bool:
    """Whether anybody who tries reaches a role: a few tasks, a purchase, a fan, a first thousand of sales."""
    amounts = {"tasks": 3, "purchases": 1, "bound_fans": 1} | dict.fromkeys(
        ("own_spend", "own_sales", "sales_of_bound"), minor_units(EASY_SUM, rules.compiled.digits)
    )
    totals = {metric: (DayTotal(date.max, amount),) for metric, amount in amounts.items()}
    return reason(reach, Facts(date.max, company=True, totals=totals), rules) is not None


def bounties(trials: Trials) -> Iterator[LintFinding]:
    """Does the first order of somebody brought pay more than the same order later?"""
    by_sale: dict[tuple[object, ...], list[Trial]] = {}
    for trial in (*trials.ordinary, *trials.large):
        by_sale.setdefault((trial.chain._replace(first=False), trial.order), []).append(trial)
    names = set[str]()
    for same in by_sale.values():
        first, later = (
            _by_payee([t for t in same if t.chain.first == is_first]) for is_first in (True, False)
        )
        for payee, (amount, paying) in first.items():
            if amount > later.get(payee, (0, ()))[0]:
                names |= {name for name in paying if trials.entries[name].first_order}
    for index, earn in enumerate(trials.rules.document.earn):
        if earn.id in names:
            location: Location = ("earn", index, "when", "first_order")
            patch = [DocumentChange("remove", ("earn", index))]
            yield finding("sign_off", "first_order_bounty", location, patch, trials.rules.lines, id=earn.id)


def _by_payee(same: list[Trial]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """What each who brings buyers gets of a sale, and by which lines of ``earn``."""
    amounts: dict[str, tuple[int, tuple[str, ...]]] = {}
    for earning in same[0].split.earnings if same else ():
        if earning.payee in BRINGING:
            amount, names = amounts.get(earning.payee_id, (0, ()))
            amounts[earning.payee_id] = amount + earning.amount, (*names, earning.earn_id)
    return amounts


def above_margin(trials: Trials) -> Iterator[LintFinding]:
    """Is there a sale that promises more than it leaves, with no limit of the document's own to cut it?"""
    payout = trials.rules.document.limits.payout
    if payout is not None and payout.of == "margin":
        return
    risky = [e.earn_id for trial in trials.large for e in trial.split.earnings if e.cut == CUT_MARGIN]
    if not risky:
        return
    first = min(index for index, earn in enumerate(trials.rules.document.earn) if earn.id in risky)
    location: Location = ("limits", "payout")
    document = trials.rules.document
    limits = document.limits.model_copy(update={"payout": PayoutLimit(percent=Decimal(100))})
    limited = Trials(Rules(document.model_copy(update={"limits": limits})))
    # The whole margin is the smallest change, as long as it does not all go to one person.
    percent = LEFT_TO_PEOPLE if _most_taken(limited) else 100
    patch = [DocumentChange("set", location, _of_margin(percent))]
    yield finding(
        "refuse", "above_margin", location, patch, trials.rules.lines, near=("earn", first), percent=percent
    )


def margin_taken(trials: Trials) -> Iterator[LintFinding]:
    """What is the most of its margin that one ordinary sale pays to one person?"""
    most_taken = _most_taken(trials)
    if most_taken is None:
        return
    trial, payee = most_taken
    paying = [earning for earning in trial.split.earnings if earning.payee_id == payee]
    most = max(paying, key=lambda earning: earning.amount)
    index = next(at for at, earn in enumerate(trials.rules.document.earn) if earn.id == most.earn_id)
    currency = trial.order.currency
    patch = [DocumentChange("set", ("limits", "payout"), _of_margin(LEFT_TO_PEOPLE))]
    location: Location = ("earn", index, "fixed" if not most.rate else "percent")
    yield finding(
        "sign_off",
        "margin_taken",
        location,
        patch,
        trials.rules.lines,
        percent=LEFT_TO_PEOPLE,
        price=decimal_text(trial.split.paid, currency),
        margin=decimal_text(trial.split.distributable, currency),
        amount=decimal_text(sum(earning.amount for earning in paying), currency),
    )


def _most_taken(trials: Trials) -> tuple[Trial, str] | None:
    """The ordinary sale that pays the largest part of its margin to one person, if that is nearly all."""
    largest, of_margin = NEARLY_ALL, 100
    most: tuple[Trial, str] | None = None
    for trial in trials.ordinary:
        amounts: dict[str, int] = {}
        for earning in trial.split.earnings:
            if earning.kind != MARGIN:
                amounts[earning.payee_id] = amounts.get(earning.payee_id, 0) + earning.amount
        for payee, amount in amounts.items():
            part, whole = amount * of_margin, largest * trial.split.distributable
            if part > whole or (most is None and part == whole):
                largest, of_margin, most = amount, trial.split.distributable, (trial, payee)
    return most


def _of_margin(percent: int) -> dict[str, str]:
    return {"percent": str(percent), "of": "margin"}
