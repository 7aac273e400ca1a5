"""What a sale pays to whom: integers in, earnings out that sum exactly.

Every earning is rounded down to the smallest coin and the shop keeps the rest, so rounding never pays
out more than there is. Nothing here depends on anything but its arguments.
"""

from collections.abc import Sequence
from functools import partial

from kernel.money.amounts import allocate
from tenants.agents.rules.document.compiling import (
    NEAREST_ABOVE,
    CompiledEarn,
    CompiledRules,
    buyer_qualifies,
)
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.document.quantities import MILLION
from tenants.agents.rules.sale.sentences import (
    BASE_GOODS,
    BASE_MARGIN,
    BASE_ORDER,
    BASE_REMAINDER,
    BASE_UNIT,
    CUT_BUDGET,
    CUT_CAP,
    CUT_DAY,
    CUT_LIMIT,
    CUT_MARGIN,
)
from tenants.agents.rules.sale.values import (
    MARGIN,
    NOTHING_SPENT,
    PAYEE_COMPANY,
    PAYEE_MEMBER,
    PAYEE_TENANT,
    Chain,
    Person,
    SaleLine,
    SaleOrder,
    Spent,
    Split,
    SplitEarning,
)


def split_order(order: SaleOrder, chain: Chain, rules: Rules, spent: Spent = NOTHING_SPENT) -> Split:
    """Split what is left of the goods paid, after cost and platform fee, among the chain and the shop.

    The earnings, the shop's margin last, sum exactly to ``distributable``. Where the rules promise more than
    there is, all earnings are cut in proportion (largest remainder), and each says so. ``spent`` is what the
    day's and the month's limits have already given. Nobody earns from their own purchase, and no
    commission goes beyond the second level.
    """
    compiled = rules.compiled
    currency, version = order.currency, compiled.version
    paid = cost = 0
    for line in order.lines:
        paid += line.paid
        cost += line.cost
    distributable = paid - cost - order.platform_fee
    earnings: list[SplitEarning] = []
    total = 0
    if distributable > 0:
        for entry in compiled.earnings:
            payee, level = _payee(entry, chain)
            if payee is None or payee.id == chain.buyer.id:
                continue
            if entry.conditional and not buyer_qualifies(entry, chain.buyer, paid, chain.first):
                continue
            base, base_amount, promised = _promised(entry, order.lines, paid, cost)
            cut = "" if entry.cap is None or promised <= entry.cap else CUT_CAP
            amount = entry.cap if cut and entry.cap is not None else promised
            if amount <= 0:
                continue
            total += amount
            earnings.append(
                _earning((
                    PAYEE_COMPANY if entry.company else PAYEE_MEMBER, payee.id, entry.kind, entry.earn_id,
                    level, amount, entry.payee_name, currency, entry.rate, base, base_amount, promised, cut,
                    version,
                ))
            )  # fmt: skip
        if compiled.per_person_day is not None:
            earnings, total = _within_day(earnings, spent, compiled.per_person_day)
        ceiling, cut = _ceiling(compiled, spent, paid, cost, distributable)
        if total > ceiling:
            earnings, total = _scaled(earnings, ceiling, cut), ceiling
    earnings.append(
        _earning((
            PAYEE_TENANT, "", MARGIN, MARGIN, 0, distributable - total, "tenant", currency,
            0, BASE_REMAINDER, distributable, total, "", version,
        ))
    )  # fmt: skip
    sharer = chain.sharer
    return Split(
        order.id,
        currency,
        version,
        chain.buyer.id,
        "" if sharer is None else sharer.id,
        paid,
        distributable,
        tuple(earnings),
    )


# Skips the named tuple's constructor, which only sorts out keywords: a third of the time of ``split_order``.
_earning = partial(tuple.__new__, SplitEarning)


def _promised(entry: CompiledEarn, lines: Sequence[SaleLine], paid: int, cost: int) -> tuple[str, int, int]:
    """What a line of ``earn`` promises of a sale: kind of base, base, and the amount before any limit."""
    units = 0
    if entry.matches is not None:
        paid = cost = 0
        for line in lines:
            if entry.matches(line):
                paid += line.paid
                cost += line.cost
                units += line.quantity
        if not units:
            return BASE_ORDER, 0, 0
    if entry.rate:
        base, base_amount = (BASE_MARGIN, paid - cost) if entry.on_margin else (BASE_GOODS, paid)
        return base, base_amount, base_amount * entry.rate // MILLION
    if entry.per_unit:
        units = units or sum(line.quantity for line in lines)
        return BASE_UNIT, units, entry.fixed * units
    return BASE_ORDER, 1, entry.fixed


def _payee(entry: CompiledEarn, chain: Chain) -> tuple[Person | None, int]:
    """Who a line of ``earn`` pays, and at what level; None if nobody qualifies."""
    if entry.payee != NEAREST_ABOVE:
        person: Person | None = chain[entry.payee]  # type: ignore[assignment]  # never the index of ``above``
        if person is None or (entry.payee_roles and entry.payee_roles.isdisjoint(person.roles)):
            return None, 0
        return (person, entry.level) if person.company or not entry.company else (None, 0)
    # A person's commission never comes from beyond the second level; a company's service fee may.
    line = chain.above if entry.company else chain.above[:2]
    for position, person in enumerate(line, 1):
        if not entry.payee_roles.isdisjoint(person.roles) and (person.company or not entry.company):
            return person, 0 if entry.company else position
    return None, 0


def _within_day(earnings: list[SplitEarning], spent: Spent, limit: int) -> tuple[list[SplitEarning], int]:
    """Cut what takes a person beyond the day's limit; an earning that is cut to nothing falls away.

    A company's service fee is no person's income, and is not cut.
    """
    earned: dict[str, int] = {}
    kept = []
    for earning in earnings:
        if earning.payee_kind != PAYEE_MEMBER:
            kept.append(earning)
            continue
        before = earned.get(earning.payee_id, spent.today.get(earning.payee_id, 0))
        amount = min(earning.amount, max(limit - before, 0))
        earned[earning.payee_id] = before + amount
        if amount:
            kept.append(earning if amount == earning.amount else earning._replace(amount=amount, cut=CUT_DAY))
    return kept, sum(earning.amount for earning in kept)


def _ceiling(
    compiled: CompiledRules, spent: Spent, paid: int, cost: int, distributable: int
) -> tuple[int, str]:
    """The most that all earnings together may take, and what sets it."""
    ceiling, cut = distributable, CUT_MARGIN
    if compiled.payout_rate is not None:
        limit = (paid - cost if compiled.payout_of_margin else paid) * compiled.payout_rate // MILLION
        if limit < ceiling:
            ceiling, cut = limit, CUT_LIMIT
    if compiled.budget_month is not None:
        left = max(compiled.budget_month - spent.month, 0)
        if left < ceiling:
            ceiling, cut = left, CUT_BUDGET
    return ceiling, cut


def _scaled(earnings: list[SplitEarning], ceiling: int, cut: str) -> list[SplitEarning]:
    amounts = allocate(ceiling, [earning.amount for earning in earnings])
    return [
        earning if amount == earning.amount else earning._replace(amount=amount, cut=cut)
        for earning, amount in zip(earnings, amounts, strict=True)
        if amount
    ]
