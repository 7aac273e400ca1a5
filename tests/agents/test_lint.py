"""What the law refuses is refused with article, place and the smallest change that makes it acceptable."""

from typing import get_args

import pytest
from hypothesis import example, given, settings

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.lint import Profile, lint
from tenants.agents.rules.linting.texts import TEXTS
from tests.agents.documents import whole_documents
from tests.support.volume import volume

OPEN = "limits: {payout: {percent: 100, of: margin}}\ntax: {commission: withheld_by_platform}\n"
SHARE = "  - {id: share, kind: commission, payee: sharer, percent: 5}\n"


def rules(text: str) -> Rules:
    return parse("name: x\n" + text)


def found(text: str, profile: str = "cn") -> list[tuple[str, str, str]]:
    return [(f.severity, f.code, f.path) for f in lint(rules(text), profile)]  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [398, 425])
def test_a_gift_pack_on_headcount_is_refused_with_article_and_patch(amount: int) -> None:
    text = (
        f"join: {{fee: {{amount: {amount}, buys: goods, describes: gift pack}}}}\n"
        f"rewards_per_head: [{{amount: 100}}]\nearn:\n{SHARE}{OPEN}"
    )
    findings = lint(rules(text))
    assert [(f.severity, f.code, f.line) for f in findings] == [
        ("refuse", "entry_fee", 2),
        ("refuse", "head_reward", 3),
    ]
    assert "art. 7(2)" in findings[0].article["en"]
    assert "第七条第（一）项" in findings[1].article["zh-hans"]
    assert str(amount) in findings[0].message["en"]
    mended = parse(apply_patches(rules(text).as_json(), findings))
    assert lint(mended) == ()
    assert [earn.id for earn in mended.document.earn] == ["share"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"earn:\n{SHARE}{OPEN}", []),
        (f"invites: {{price: 10, reward: 5}}\nearn:\n{SHARE}{OPEN}",
         [("refuse", "code_price", "invites.price"), ("refuse", "code_price", "invites.reward")]),
        (f"earn:\n{SHARE}  - {{id: b, kind: commission, payee: third, percent: 1}}\n{OPEN}",
         [("refuse", "third_level", "earn[1].payee")]),
        (f"earn:\n{SHARE}  - {{id: b, kind: commission, payee: second, percent: 1}}\n{OPEN}",
         [("sign_off", "second_level", "earn[1].payee")]),
        (f"join: {{who: buyers}}\nearn:\n{SHARE}{OPEN}", [("sign_off", "any_purchase", "join.who")]),
        (f"join: {{fee: {{amount: 99, refundable: true}}}}\nearn:\n{SHARE}{OPEN}",
         [("warn", "refundable_fee", "join.fee")]),
        (f"join: {{deposit: {{amount: 99, returned_on_request: false}}}}\nearn:\n{SHARE}{OPEN}",
         [("refuse", "deposit_locked", "join.deposit.returned_on_request")]),
        (f"earn:\n{SHARE}{OPEN.replace('margin', 'goods_paid')}",
         [("refuse", "above_margin", "limits.payout")]),
        (f"earn:\n{SHARE}limits: {{payout: {{percent: 50}}}}\n",
         [("refuse", "commission_tax", "tax.commission")]),
        ("roles: [{id: r, name: r, reach: {metric: bound_fans, at_least: 9}}]\n",
         [("note", "headcount_note", "roles[0].reach")]),
    ],
)  # fmt: skip
def test_a_finding_names_severity_and_place(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(text) == expected


def test_a_service_fee_to_somebody_who_is_no_company_is_refused() -> None:
    text = (
        "roles: [{id: boss, name: Boss}]\n"
        "earn:\n"
        "  - {id: fee, kind: service_fee, payee: nearest_above, percent: 5, when: {payee_roles: [boss]}}\n"
        "limits: {payout: {percent: 100}}\n"
    )
    assert found(text) == [
        ("refuse", "fee_to_person", "earn[0].when.payee_roles[0]"),
        ("refuse", "service_fee_tax", "tax.service_fee"),
    ]
    assert found(text, "generic") == []


def test_the_cases_a_b_and_d_are_acceptable() -> None:
    severities = {name: {f.severity for f in lint(presets.rules(name))} for name in presets.names()}
    assert severities["deposit-club"] == {"warn"}
    assert severities["share-lock"] == severities["local-life"] == {"sign_off"}


ROLE = "roles: [{id: r, name: r, reach: %s}]\nearn:\n"
PAID = "  - {id: a, kind: commission, payee: sharer, percent: 5, when: {payee_roles: [r]}}\n"
SPEND = "{metric: own_spend, at_least: 398}"
SALES = "{metric: own_sales, at_least: 500}"


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        ("{metric: bound_fans, at_least: 9}", [("sign_off", "headcount_role", "roles[0].reach")]),
        (SPEND, [("refuse", "purchase_to_earn", "roles[0].reach")]),
        (f"{{all: [{SALES}, {SPEND}]}}", [("refuse", "purchase_to_earn", "roles[0].reach.all[1]")]),
        (f"{{any: [{SALES}, {SPEND}]}}", [("sign_off", "any_purchase", "roles[0].reach.any[1]")]),
        ("{metric: purchases, at_least: 1}", [("sign_off", "any_purchase", "roles[0].reach")]),
        (SALES, []),
        ("{metric: tasks, at_least: 3}", []),
    ],
)
def test_what_makes_somebody_who_earns_is_looked_at(reach: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(ROLE % reach + PAID + OPEN) == expected
    assert found(ROLE % reach + SHARE + OPEN, "generic") == []
    unpaid = [code for _severity, code, _path in found(ROLE % reach + SHARE + OPEN)]
    assert unpaid == (["headcount_note"] if "bound_fans" in reach else [])


def test_team_units_are_a_finding_of_their_own_and_an_allowance_makes_headcount_a_refusal() -> None:
    text = (
        "roles:\n"
        "  - {id: keeper, name: K, reach: {metric: bound_fans, at_least: 10}}\n"
        "  - {id: boss, name: B, reach: {metric: holders_below, role: keeper, at_least: 10}%s}\n"
        "earn:\n"
        "  - {id: a, kind: commission, payee: sharer, percent: 5, when: {payee_roles: [keeper]}}\n"
        "  - {id: b, kind: commission, payee: sharer, percent: 5, when: {payee_roles: [boss]}}\n"
    ) + OPEN
    assert found(text % "") == [
        ("sign_off", "headcount_role", "roles[0].reach"),
        ("sign_off", "team_units", "roles[1].reach"),
    ]
    by_article = {f.code: f.article["en"] for f in lint(rules(text % ""))}
    assert "art. 7(1)" in by_article["headcount_role"]
    assert "art. 7(2) and (3)" in by_article["team_units"]
    assert found(text % ", allowance: 2000")[:2] == [
        ("refuse", "allowance", "roles[1].allowance"),
        ("refuse", "team_units", "roles[1].reach"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{id: a, kind: commission, payee: buyer, percent: 5, base: margin}", "refuse"),
        ("{id: a, kind: service_fee, payee: buyer, percent: 5}", "refuse"),
        ("{id: a, kind: price_reduction, payee: sharer, percent: 5}", "refuse"),
    ],
)
def test_saving_and_income_that_are_mixed_are_refused_mended_and_never_paid(line: str, expected: str) -> None:
    bad = rules(f"earn: [{line}]\n")
    assert [(f.severity, f.code, f.path) for f in lint(bad)] == [
        (expected, "saving_and_income", "earn[0].payee")
    ]
    assert (bad.compiled.reductions, bad.compiled.earnings) == ((), ())
    mended = parse(apply_patches(bad.as_json(), lint(bad)))
    assert lint(mended) == ()
    assert mended.document.earn[0].kind == "price_reduction"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("join: {deposit: {amount: 9, returned_when: {metric: own_spend, at_least: 9}}}\n",
         ("warn", "deposit_condition", "join.deposit.returned_when")),
        ("join: {deposit: {amount: 9, returned_when: {metric: bound_fans, at_least: 3}}}\n",
         ("refuse", "deposit_terms", "join.deposit.returned_when")),
        (f"earn:\n{SHARE}limits: {{payout: {{percent: 50}}}}\ntax: {{commission: declared_by_payee}}\n",
         ("warn", "declared_by_payee", "tax.commission")),
        ("limits: {below_cost: true}\n", ("warn", "below_cost", "limits.below_cost")),
        (f"roles: [{{id: r, name: r}}]\nearn:\n{PAID.replace('sharer', 'nearest_above')}{OPEN}",
         ("sign_off", "second_level", "earn[0].payee")),
        ("roles: [{id: r, name: r, allowance: 100}]\n", ("refuse", "allowance", "roles[0].allowance")),
    ],
)  # fmt: skip
def test_further_findings_name_severity_and_place(text: str, expected: tuple[str, str, str]) -> None:
    assert found(text) == [expected]


def test_margins_that_add_up_to_more_than_the_margin_must_be_capped() -> None:
    def earn(name: str, percent: int, where: str) -> str:
        rate = f"percent: {percent}, base: margin, goods: {{{where}: [x]}}"
        return f"  - {{id: {name}, kind: commission, payee: sharer, {rate}}}\n"

    tax = "tax: {commission: withheld_by_platform}\n"
    assert found("earn:\n" + earn("a", 60, "tags") + earn("b", 40, "categories") + tax, "generic") == []
    over = found("earn:\n" + earn("a", 60, "tags") + earn("b", 41, "categories") + tax, "generic")
    assert over == [("refuse", "above_margin", "limits.payout")]


def test_what_is_missing_is_shown_at_the_line_that_needs_it() -> None:
    findings = lint(rules(f"roles: []\nearn:\n{SHARE}"))
    assert {f.code: f.line for f in findings} == {"above_margin": 4, "commission_tax": 4}


def test_every_finding_speaks_both_languages_with_article_and_a_patch_in_words() -> None:
    for code, (article, zh, en, zh_remedy, en_remedy) in TEXTS.items():
        assert all((*article, zh, en, zh_remedy, en_remedy)), code
        assert not zh.isascii(), code
        assert en.replace("公通字〔2013〕37号", "").isascii(), code
    kinds = {f.code: f for f in lint(rules("rewards_per_head: [{amount: 9}]\njoin: {fee: {amount: 9}}\n"))}
    assert kinds["head_reward"].patch_text() == "remove rewards_per_head"
    assert kinds["entry_fee"].patch_text() == "remove join.fee"


@pytest.mark.volume
@settings(max_examples=volume(25, 100))
@given(whole_documents())
def test_no_profile_and_no_patch_turns_a_refusal_into_less(document: dict[str, object]) -> None:
    """What is refused by arithmetic and levels is refused under every profile."""
    read = parse(document)
    by_profile = {
        profile: {(f.code, f.path) for f in lint(read, profile) if f.severity == "refuse"}
        for profile in get_args(Profile)
    }
    assert by_profile["generic"] <= by_profile["cn"]
    assert [f.severity for f in lint(read)] == sorted(
        (f.severity for f in lint(read)), key=["refuse", "sign_off", "warn", "note"].index
    )


TOO_MUCH = [
    {"id": "a", "kind": "price_reduction", "payee": "sharer", "base": "goods_paid", "percent": "34"},
    {"id": "b", "kind": "commission", "payee": "buyer", "base": "margin", "percent": "66.01"},
]
LOCKED = {"amount": "9", "returned_when": {"metric": "own_spend", "at_least": "9"}}


@pytest.mark.volume
@settings(max_examples=volume(25, 100))
@given(whole_documents())
@example({"name": "x", "earn": TOO_MUCH})
@example({"name": "x", "join": {"deposit": {**LOCKED, "returned_on_request": False}}})
def test_applying_every_patch_gives_a_document_that_passes(document: dict[str, object]) -> None:
    bad = parse(document)
    mended = parse(apply_patches(bad.as_json(), lint(bad)))
    assert lint(mended) == ()
