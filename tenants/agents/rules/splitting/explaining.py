"""Why a line of ``earn`` pays nobody in a sale: the question that no earning can answer."""

from collections.abc import Iterator
from typing import NamedTuple

from kernel.money.amounts import decimal_text
from tenants.agents.rules.document.compiling import NEAREST_ABOVE, CompiledEarn
from tenants.agents.rules.document.faults import EN, ZH, Texts
from tenants.agents.rules.document.parsing import Rules
from tenants.agents.rules.sale.sentences import PAYEES
from tenants.agents.rules.sale.values import Chain, Person, SaleOrder, Split


class Unpaid(NamedTuple):
    """A line of ``earn`` that paid nobody, and why."""

    earn_id: str
    why: Texts


def unpaid(order: SaleOrder, chain: Chain, rules: Rules, split: Split) -> tuple[Unpaid, ...]:
    """Return every line of ``earn`` that pays somebody in general, but nobody in this split."""
    paid = {earning.earn_id for earning in split.earnings}
    return tuple(
        Unpaid(entry.earn_id, _why(entry, order, chain, rules, split))
        for entry in rules.compiled.earnings
        if entry.earn_id not in paid
    )


def _why(entry: CompiledEarn, order: SaleOrder, chain: Chain, rules: Rules, split: Split) -> Texts:
    return next(_reasons(entry, order, chain, rules, split))


def _reasons(
    entry: CompiledEarn, order: SaleOrder, chain: Chain, rules: Rules, split: Split
) -> Iterator[Texts]:
    """The reasons in the order in which ``split_order`` meets them; the last holds always."""
    if split.distributable <= 0:
        yield _both(
            "扣除成本和平台费后，这一单没有可分的钱", "after cost and platform fee this sale leaves nothing"
        )
    zh, en = PAYEES[entry.payee_name]
    roles = ", ".join(sorted(entry.payee_roles))
    if entry.payee == NEAREST_ABOVE:
        what = "公司" if entry.company else "人"
        yield from _if(
            _nearest(entry, chain) is None,
            f"上方没有担任 {roles} 的{what}",
            f"nobody above holds {roles}" + (" as a registered company" if entry.company else ""),
        )
    else:
        person: Person | None = chain[entry.payee]  # type: ignore[assignment]  # never the index of ``above``
        if person is None:
            yield _both(f"这一单没有{zh}", f"this sale has no {en}")
        else:
            lacks = bool(entry.payee_roles) and entry.payee_roles.isdisjoint(person.roles)
            yield from _if(lacks, f"{person.id} 没有角色 {roles}", f"{person.id} does not hold {roles}")
            no_company = entry.company and not person.company
            yield from _if(no_company, f"{person.id} 不是登记的公司", f"{person.id} is no registered company")
            own = person.id == chain.buyer.id
            yield from _if(own, "不能从自己的购买中赚钱", "nobody earns from their own purchase")
    buyers = ", ".join(sorted(entry.buyer_roles))
    wrong_buyer = bool(entry.buyer_roles) and entry.buyer_roles.isdisjoint(chain.buyer.roles)
    yield from _if(wrong_buyer, f"买家没有角色 {buyers}", f"the buyer does not hold {buyers}")
    if entry.first_order is not None and entry.first_order != chain.first:
        yield (
            _both("只对首单", "only a first order counts")
            if entry.first_order
            else _both("首单不算", "a first order does not count")
        )
    least = decimal_text(entry.order_at_least, order.currency)
    small = sum(line.paid for line in order.lines) < entry.order_at_least
    yield from _if(small, f"实付货款不到 {least}", f"less than {least} of goods paid")
    no_goods = entry.matches is not None and not any(entry.matches(line) for line in order.lines)
    yield from _if(no_goods, "没有符合条件的商品", "none of the goods count")
    if rules.limited_by_time:
        yield _both(
            "当日或当月的上限已用完，或金额不足一分",
            "a limit of the day or month is used up, or it is no coin",
        )
    yield _both("金额不足最小货币单位，或被上限减为零", "it comes to less than the smallest coin")


def _if(holds: bool, zh: str, en: str) -> Iterator[Texts]:
    if holds:
        yield _both(zh, en)


def _both(zh: str, en: str) -> Texts:
    return {ZH: zh, EN: en}


def _nearest(entry: CompiledEarn, chain: Chain) -> Person | None:
    line = chain.above if entry.company else chain.above[:2]
    fits = (p for p in line if not entry.payee_roles.isdisjoint(p.roles) and (p.company or not entry.company))
    return next(fits, None)
