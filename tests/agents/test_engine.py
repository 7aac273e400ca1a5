"""Whatever the rules, the basket and the chain: money is neither made nor lost."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.agents.rules import (
    NOTHING_YET,
    Chain,
    Person,
    Refunded,
    SaleLine,
    SaleOrder,
    Spent,
    parse,
    price_reductions,
    reverse,
    settle,
)
from tests.agents.sales import amounts, chain, line, order, person

ROLES = ["member", "keeper", "provider"]
CATEGORIES = ["food", "home", "local"]
PAYEES = ["sharer", "second", "third", "nearest_above", "streamer", "bringer", "author", "leader"]


@st.composite
def earn_lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Any lines of ``earn`` whose percents fit into one whole."""
    lines: list[dict[str, Any]] = []
    left = {"goods_paid": Decimal(100), "margin": Decimal(100)}
    for number in range(draw(st.integers(0, 6))):
        payee = draw(st.sampled_from(PAYEES))
        kind = draw(st.sampled_from(["commission", "service_fee"]))
        base = draw(st.sampled_from(["goods_paid", "margin"]))
        earn: dict[str, Any] = {"id": f"e{number}", "kind": kind, "payee": payee, "base": base, "when": {}}
        if draw(st.booleans()):
            percent = draw(st.decimals(0, left[base], places=draw(st.integers(0, 4))))
            left[base] -= percent
            earn["percent"] = str(percent)
        else:
            earn["fixed"] = str(draw(st.decimals(0, 50, places=2)))
            earn["per"] = draw(st.sampled_from(["order", "unit"]))
        if draw(st.booleans()):
            earn["cap"] = str(draw(st.decimals(0, 100, places=2)))
        if payee == "nearest_above" or draw(st.booleans()):
            earn["when"]["payee_roles"] = draw(st.lists(st.sampled_from(ROLES), min_size=1, unique=True))
        if draw(st.integers(0, 3)) == 0:
            earn["when"]["buyer_roles"] = ["member"]
        if draw(st.integers(0, 3)) == 0:
            earn["when"]["first_order"] = draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            earn["goods"] = {
                "categories": draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, unique=True))
            }
        lines.append(earn)
    return lines


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any document of the engine's."""
    limits: dict[str, Any] = {}
    if draw(st.booleans()):
        percent = str(draw(st.integers(0, 100)))
        limits["payout"] = {"percent": percent, "of": draw(st.sampled_from(["margin", "goods_paid"]))}
    if draw(st.integers(0, 3)) == 0:
        limits["per_person_day"] = str(draw(st.decimals(0, 100, places=2)))
    roles = [{"id": name, "name": name, "company": name == "provider"} for name in ROLES]
    return {"name": "any", "roles": roles, "earn": draw(earn_lines()), "limits": limits}


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Any line above a buyer, and any people of the room."""

    def somebody(name: str) -> Person:
        return Person(name, frozenset(draw(st.sets(st.sampled_from(ROLES)))), draw(st.booleans()))

    above = tuple(somebody(f"above{number}") for number in range(draw(st.integers(0, 5))))
    around = {name: somebody(name) for name in ("streamer", "author") if draw(st.booleans())}
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
orders = st.builds(
    SaleOrder,
    id=st.just("order"),
    currency=st.just("CNY"),
    lines=lines_of_goods,
    platform_fee=st.integers(0, 10_000),
)


@settings(max_examples=150)
@given(documents(), orders, chains())
def test_shares_sum_exactly_and_nobody_beyond_the_second_level_is_paid(
    document: dict[str, Any], sale: SaleOrder, people: Chain
) -> None:
    rules = parse(document)
    settled = settle(sale, people, rules)
    *earned, margin = settled.shares
    assert sum(share.amount for share in settled.shares) == settled.distributable
    assert settled.distributable == sum(x.paid - x.cost for x in sale.lines) - sale.platform_fee
    assert all(share.amount > 0 for share in earned)
    assert margin.amount >= min(settled.distributable, 0)
    assert "buyer" not in {share.payee_id for share in earned}
    commissions = {share.payee_id for share in earned if share.kind == "commission" and share.level}
    assert commissions <= {person.id for person in people.above[:2]}
    companies = {
        person.id for person in (*people.above, people.streamer, people.author) if person and person.company
    }
    assert {share.payee_id for share in earned if share.kind == "service_fee"} <= companies
    assert settle(sale, people, parse(document)) == settled
    for share in settled.shares:
        assert set(share.why) == {"zh-hans", "en"}


@settings(max_examples=150)
@given(documents(), orders, chains(), st.data())
def test_any_sequence_of_partial_refunds_leaves_no_residue_and_no_negative_step(
    document: dict[str, Any], sale: SaleOrder, people: Chain, data: st.DataObject
) -> None:
    settled = settle(sale, people, parse(document))
    sign = -1 if settled.distributable < 0 else 1
    whole = [share.amount for share in settled.shares]
    refunded, taken = 0, [0] * len(whole)
    while refunded < settled.paid or taken != whole:
        refund = data.draw(st.integers(1, settled.paid - refunded)) if settled.paid > refunded else 0
        step = reverse(settled, Refunded(refunded, tuple(taken)), refund)
        assert all(sign * amount >= 0 for amount in step)
        refunded, taken = refunded + refund, [sum(pair) for pair in zip(taken, step, strict=True)]
        assert all(
            sign * back <= sign * share.amount for back, share in zip(taken, settled.shares, strict=True)
        )
    assert refunded == settled.paid


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
    for one in goods:
        most = one.paid * percent // 100
        assert saved[one.id] == (most if below else min(most, one.paid - one.cost))


def test_what_is_promised_beyond_the_margin_is_cut_in_proportion_and_says_so() -> None:
    rules = parse(
        "name: too much\n"
        "earn:\n"
        "  - {id: one, kind: commission, payee: sharer, percent: 30}\n"
        "  - {id: two, kind: commission, payee: second, percent: 10}\n"
    )
    settled = settle(order(line(10_000, 8_001)), chain(person("a"), person("b")), rules)
    assert amounts(settled.shares) == {"one": 1_499, "two": 500, "margin": 0}
    assert settled.shares[0].why["en"] == (
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
    settled = settle(sale, people, rules, spent)
    assert amounts(settled.shares) == {"one": 1_300, "two": 300, "margin": 3_400}
    assert "每人每日上限" in settled.shares[0].why["zh-hans"]
    assert settled.shares[1].why["en"].startswith("3.00 = 1.50 for each of 2 units")
    limits = {**rules.as_json()["limits"], "budget_month": 50}
    frugal = parse({**rules.as_json(), "limits": limits})
    poor = settle(sale, people, frugal, spent._replace(month=4_000))
    assert "what is left of the month's budget" in poor.shares[0].why["en"]
    assert amounts(poor.shares) == {"one": 813, "two": 187, "margin": 4_000}
    assert amounts(settle(order(line(10_000, 9_000, quantity=2)), people, rules).shares) == {
        "one": 429,
        "two": 71,
        "margin": 500,
    }


def test_an_order_that_is_refunded_whole_gives_everything_back_even_if_it_cost_nothing() -> None:
    settled = settle(order(line(0, 500)), chain(person("a")), parse("name: free"))
    assert reverse(settled, NOTHING_YET, 0) == (-500,)
