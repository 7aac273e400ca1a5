"""What the law refuses is refused with article, place and the smallest change that makes it acceptable."""

import pytest
from hypothesis import given

from tenants.agents import presets
from tenants.agents.rules import Rules, apply_patches, lint, parse
from tests.agents.test_engine import documents

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
        ("refuse", "service_fee_tax", "tax.service_fee"),
        ("refuse", "fee_to_person", "earn[0].when.payee_roles[0]"),
    ]
    assert found(text, "generic") == []


def test_the_cases_a_b_and_d_are_acceptable() -> None:
    severities = {name: {f.severity for f in lint(presets.rules(name))} for name in presets.names()}
    assert severities["deposit-club"] == {"warn"}
    assert severities["share-lock"] == severities["local-life"] == {"sign_off"}


@given(documents())
def test_applying_every_patch_gives_a_document_that_passes(document: dict[str, object]) -> None:
    bad = parse(document)
    mended = parse(apply_patches(bad.as_json(), lint(bad)))
    assert lint(mended) == ()
