"""Whatever the rules, the basket and the chain: money is neither made nor lost."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.sale.values import Chain, Person, SaleLine, SaleOrder, Spent
from tenants.agents.rules.splitting.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.splitting.savings import price_reductions
from tenants.agents.rules.splitting.split import split_order
from tests.agents import long_run
from tests.agents.documents import CATEGORIES, ROLES, documents
from tests.agents.sales import amounts, chain, line, order, person
from tests.support.volume import volume

AROUND = ("streamer", "bringer", "author", "leader")


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Any line above a buyer, and any people of the room."""

    def somebody(name: str) -> Person:
        return Person(name, frozenset(draw(st.sets(st.sampled_from(ROLES)))), draw(st.booleans()))

    above = tuple(somebody(f"above{number}") for number in range(draw(st.integers(0, 5))))
    around = {name: somebody(name) for name in AROUND if draw(st.booleans())}
    return chain(*above, buyer=somebody("buyer"), first=draw(st.booleans()))._replace(**around)


lines_of_goods = st.lists(
    st.builds(
        SaleLine,
        id=st.uuids().map(str),
        product=st.just("p"),
        categories=st.sampled_from([(name,) for name in CATEGORIES]),
        tags=st.just(()),
        quantity=st.integers(1, 9),
        paid=st.integers(0, 10**7),
        cost=st.integers(0, 10**7),
    ),
    min_size=1,
    max_size=5,
).map(tuple)
spendings = st.builds(
    Spent,
    today=st.dictionaries(
        st.sampled_from(["above0", "above1", "streamer", "leader"]), st.integers(0, 12_000)
    ),
    month=st.integers(0, 12_000),
)
orders = st.builds(
    SaleOrder,
    id=st.just("order"),
    currency=st.just("CNY"),
    lines=lines_of_goods,
    platform_fee=st.integers(0, 10_000),
)


@pytest.mark.volume
@settings(max_examples=volume(37, 150))
@given(documents(), orders, chains(), spendings)
def test_earnings_sum_exactly_and_nobody_beyond_the_second_level_is_paid(
    document: dict[str, Any], sale: SaleOrder, people: Chain, spent: Spent
) -> None:
    rules = parse(document)
    split = split_order(sale, people, rules, spent)
    *earned, margin = split.earnings
    assert sum(earning.amount for earning in split.earnings) == split.distributable
    assert split.distributable == sum(x.paid - x.cost for x in sale.lines) - sale.platform_fee
    assert all(earning.amount > 0 for earning in earned)
    assert margin.amount >= min(split.distributable, 0)
    assert "buyer" not in {earning.payee_id for earning in earned}
    commissions = {earning.payee_id for earning in earned if earning.kind == "commission" and earning.level}
    assert commissions <= {person.id for person in people.above[:2]}
    companies = {
        person.id
        for person in (*people.above, *(getattr(people, name) for name in AROUND))
        if person and person.company
    }
    assert {earning.payee_id for earning in earned if earning.kind == "service_fee"} <= companies
    assert split_order(sale, people, parse(document), spent) == split
    limits = rules.compiled
    if limits.budget_month is not None:
        assert sum(earning.amount for earning in earned) <= max(limits.budget_month - spent.month, 0)
    for name in {earning.payee_id for earning in earned if earning.payee_kind == "member"}:
        got = sum(s.amount for s in earned if (s.payee_id, s.payee_kind) == (name, "member"))
        if limits.per_person_day is not None:
            assert got <= max(limits.per_person_day - spent.today.get(name, 0), 0)
    for earning in split.earnings:
        assert set(earning.why) == {"zh-hans", "en"}


@pytest.mark.volume
@settings(max_examples=volume(25, 100))
@given(documents(), orders, chains(), spendings, st.data())
def test_a_higher_price_never_pays_less(
    document: dict[str, Any], sale: SaleOrder, people: Chain, spent: Spent, data: st.DataObject
) -> None:
    """Everything but the price stays; a first order stays one, and what is left of the limits too."""
    rules = parse(document)
    chosen = data.draw(st.integers(0, len(sale.lines) - 1))
    dearer = [
        line._replace(paid=line.paid + data.draw(st.integers(0, 10_000))) if number == chosen else line
        for number, line in enumerate(sale.lines)
    ]
    before, after = (split_order(s, people, rules, spent) for s in (sale, sale._replace(lines=tuple(dearer))))
    assert sum(s.amount for s in after.earnings[:-1]) >= sum(s.amount for s in before.earnings[:-1])
    now = {earning.earn_id: earning for earning in after.earnings}
    for earning in before.earnings[:-1]:
        # An earning that no limit cuts follows the price; a cut one may lose a coin to another by rounding.
        if earning.earn_id in now and not now[earning.earn_id].cut:
            assert now[earning.earn_id].amount >= earning.amount


@pytest.mark.volume
@settings(max_examples=volume(37, 150))
@given(documents(), orders, chains(), st.data())
def test_any_sequence_of_partial_refunds_leaves_no_residue_and_no_negative_step(
    document: dict[str, Any], sale: SaleOrder, people: Chain, data: st.DataObject
) -> None:
    split = split_order(sale, people, parse(document))
    sign = -1 if split.distributable < 0 else 1
    whole = [earning.amount for earning in split.earnings]
    refunded, clawed_back = 0, [0] * len(whole)
    while refunded < split.paid or clawed_back != whole:
        refund = data.draw(st.integers(1, split.paid - refunded)) if split.paid > refunded else 0
        step = reverse(split, Refunded(refunded, tuple(clawed_back)), refund)
        assert all(sign * amount >= 0 for amount in step)
        refunded, clawed_back = refunded + refund, [sum(pair) for pair in zip(clawed_back, step, strict=True)]
        assert all(
            sign * back <= sign * earning.amount
            for back, earning in zip(clawed_back, split.earnings, strict=True)
        )
    assert refunded == split.paid


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(0, 100), st.booleans())
def test_a_saving_never_exceeds_the_line_and_never_goes_below_cost(
    paid: list[int], percent: int, below: bool
) -> None:
    document = {
        "name": "saving",
        "earn": [{"id": "s", "kind": "price_reduction", "payee": "buyer", "percent": percent}],
        "limits": {"below_cost": below},
    }
    goods = [line(amount, amount // 2, name=str(number)) for number, amount in enumerate(paid)]
    saved = price_reductions(goods, person("m"), parse(document))
    for sold in goods:
        most = sold.paid * percent // 100
        assert saved[sold.id] == (most if below else min(most, sold.paid - sold.cost))


def test_what_is_promised_beyond_the_margin_is_cut_in_proportion_and_says_so() -> None:
    rules = parse(
        "name: too much\n"
        "earn:\n"
        "  - {id: one, kind: commission, payee: sharer, percent: 30}\n"
        "  - {id: two, kind: commission, payee: second, percent: 10}\n"
    )
    split = split_order(order(line(10_000, 8_001)), chain(person("a"), person("b")), rules)
    assert amounts(split.earnings) == {"one": 1_499, "two": 500, "margin": 0}
    assert split.earnings[0].why["en"] == (
        "14.99 = 30 % of 100.00 goods paid, cut from 30.00 by what this order leaves to share, "
        "as first sharer, rule `one`, version 0"
    )


def test_limits_cut_in_the_order_cap_then_person_and_day_then_order() -> None:
    rules = parse(
        "name: limits\n"
        "earn:\n"
        "  - {id: one, kind: commission, payee: sharer, percent: 30, cap: 20}\n"
        "  - {id: two, kind: commission, payee: second, fixed: 1.50, per: unit}\n"
        "limits: {per_person_day: 18, payout: {percent: 50, of: margin}}\n"
    )
    people = chain(person("a"), person("b"))
    sale, spent = order(line(10_000, 5_000, quantity=2)), Spent(today={"a": 500})
    split = split_order(sale, people, rules, spent)
    assert amounts(split.earnings) == {"one": 1_300, "two": 300, "margin": 3_400}
    assert "每人每日上限" in split.earnings[0].why["zh-hans"]
    assert split.earnings[1].why["en"].startswith("3.00 = 1.50 for each of 2 units")
    limits = {**rules.as_json()["limits"], "budget_month": 50}
    frugal = parse({**rules.as_json(), "limits": limits})
    poor = split_order(sale, people, frugal, spent._replace(month=4_000))
    assert "what is left of the month's budget" in poor.earnings[0].why["en"]
    assert amounts(poor.earnings) == {"one": 813, "two": 187, "margin": 4_000}
    assert amounts(split_order(order(line(10_000, 9_000, quantity=2)), people, rules).earnings) == {
        "one": 429,
        "two": 71,
        "margin": 500,
    }


def test_an_order_that_is_refunded_whole_gives_everything_back_even_if_it_cost_nothing() -> None:
    split = split_order(order(line(0, 500)), chain(person("a")), parse("name: free"))
    assert reverse(split, NOTHING_YET, 0) == (-500,)


def test_a_million_refunds_leave_nothing_behind() -> None:
    """In the suite a hundredth of them; ``python -m tests.agents.long_run`` takes all."""
    assert long_run.refund(10_000, seed=1) == 10_000


def test_people_around_a_sale_are_paid_and_who_is_absent_leaves_it_to_the_shop() -> None:
    rules = presets.rules("live-network")
    sale = order(line(20_000, 8_000))
    streamer, bringer = person("streamer", "streamer"), person("bringer", "viewer")
    alone = chain()._replace(streamer=streamer)
    assert amounts(split_order(sale, alone, rules).earnings) == {"stream": 2_000, "margin": 10_000}
    together = alone._replace(bringer=bringer)
    assert amounts(split_order(sale, together, rules).earnings) == {
        "stream": 2_000,
        "bring": 800,
        "margin": 9_200,
    }
    nobody = split_order(sale, chain(), rules)
    assert amounts(nobody.earnings) == {"margin": 12_000}
    own = alone._replace(buyer=streamer)
    assert amounts(split_order(sale, own, rules).earnings) == {"margin": 12_000}


def test_a_company_is_no_person_for_the_limit_of_the_day() -> None:
    rules = parse(
        "name: x\nroles: [{id: co, name: Co, company: true}]\nearn:\n"
        "  - {id: fee, kind: service_fee, payee: nearest_above, percent: 20, when: {payee_roles: [co]}}\n"
        "  - {id: own, kind: commission, payee: sharer, percent: 20}\n"
        "limits: {per_person_day: 5}\n"
    )
    assert rules.limited_by_time
    company = person("co", "co", company=True)
    spent = Spent({"co": 10_000, "a": 0})
    earnings = split_order(order(line(10_000, 2_000)), chain(person("a"), company), rules, spent).earnings
    assert amounts(earnings) == {"fee": 2_000, "own": 500, "margin": 5_500}


def test_a_commission_is_sought_among_two_levels_and_a_company_however_far() -> None:
    rules = parse(
        "name: x\nroles: [{id: coach, name: C}]\nearn:\n"
        "  - {id: own, kind: commission, payee: nearest_above, percent: 5, when: {payee_roles: [coach]}}\n"
        "  - {id: fee, kind: service_fee, payee: nearest_above, percent: 1, when: {payee_roles: [coach]}}\n"
    )
    far = person("far", "coach", company=True)
    for above, paid in (
        ([person("a"), person("b"), far], {"fee": 100, "margin": 9_900}),
        ([person("a"), far, person("c", "coach")], {"own": 500, "fee": 100, "margin": 9_400}),
    ):
        assert amounts(split_order(order(line(10_000)), chain(*above), rules).earnings) == paid
