"""Whatever hides a scheme, the linter finds it; what it says of levels and margin is what the engine does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.findings import ORDER
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules.linting.patching import patched
from tenants.agents.rules.sale.values import Chain, SaleLine, SaleOrder
from tenants.agents.rules.splitting.split import split_order
from tests.agents.documents import documents, whole_documents
from tests.agents.schemes import SCHEMES, hidden, lawful
from tests.agents.test_engine import chains, orders
from tests.support.volume import volume

DISGUISED = Path("tests/agents/example_documents/disguised")
EXPECTED = {
    "monthly-spend": [("refuse", "purchase_to_keep", 5)],
    "three-things-to-keep": [
        ("refuse", "purchase_to_keep", 11),
        ("sign_off", "headcount_to_keep", 9),
        ("sign_off", "headcount_to_keep", 10),
    ],
    "deposit-first": [("sign_off", "deposit_to_earn", 5)],
    "first-order-gift": [("sign_off", "margin_taken", 3), ("sign_off", "first_order_bounty", 3)],
    "pack-bounty": [("sign_off", "margin_taken", 6), ("sign_off", "first_order_bounty", 8)],
    "two-tiers": [("sign_off", "second_level", 6)],
    "five-tiers": [
        ("refuse", "third_level", 11),
        ("refuse", "third_level", 12),
        ("refuse", "third_level", 13),
        ("sign_off", "team_sales", 4),
        ("sign_off", "team_sales", 5),
        ("sign_off", "team_sales", 6),
        ("sign_off", "team_sales", 7),
        ("sign_off", "second_level", 10),
    ],
    "studios": [
        ("sign_off", "second_level", 5),
        ("warn", "fee_for_sharing", 4),
        ("warn", "fee_for_sharing", 5),
    ],
}


def findings(rules: Rules) -> list[tuple[str, str]]:
    return [(finding.severity, finding.code) for finding in lint(rules)]


@pytest.mark.volume
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.__name__)
@settings(max_examples=volume(12, 150), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_hidden_scheme_is_found_and_its_patch_removes_it(
    scheme: Callable[..., Any], data: st.DataObject
) -> None:
    document, severity, code = data.draw(hidden(scheme))
    rules = parse(document)
    of_scheme = [finding for finding in lint(rules) if finding.code == code]
    assert severity in {finding.severity for finding in of_scheme}
    assert all(finding.patch and finding.article["en"] and finding.path for finding in of_scheme)
    mended = parse(apply_patches(rules.as_json(), of_scheme))
    assert code not in {finding.code for finding in lint(mended)}


@pytest.mark.volume
@settings(max_examples=volume(25, 300))
@given(lawful())
def test_a_lawful_document_is_left_alone(document: dict[str, Any]) -> None:
    assert findings(parse(document)) == []


def test_what_counts_is_what_a_role_changes_not_that_it_is_named() -> None:
    text = """\
name: x
roles:
  - {id: seller, name: S}
  - {id: patron, name: P, reach: {metric: own_spend, at_least: 1000}}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 5, when: {payee_roles: [seller, patron]}}
limits: {payout: {percent: 100}}
tax: {commission: withheld_by_platform}
"""
    # Anybody sells: that a patron is paid as well changes nothing.
    granted = text.replace("earn:", "join: {grants: [seller]}\nearn:")
    assert findings(parse(granted)) == []
    reached = text.replace("name: S", "name: S, reach: {metric: own_sales, at_least: 500}")
    assert findings(parse(reached)) == [("sign_off", "any_purchase")]
    more = (
        "  - {id: more, kind: commission, payee: sharer, percent: 1, when: {payee_roles: [patron]}}\nlimits"
    )
    assert findings(parse(granted.replace("limits", more))) == [("refuse", "purchase_to_earn")]
    recruits = reached.replace("own_sales", "bound_fans")
    assert ("refuse", "purchase_to_earn") in findings(parse(recruits))


@pytest.mark.parametrize("name", presets.names())
def test_no_preset_is_refused(name: str) -> None:
    assert "refuse" not in dict(findings(presets.rules(name)))


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.slow
def test_documents_that_look_harmless_are_not(name: str) -> None:
    rules = parse((DISGUISED / f"{name}.yaml").read_bytes())
    assert [(f.severity, f.code, f.line) for f in lint(rules)] == EXPECTED[name]
    for finding in lint(rules):
        mended = parse(apply_patches(rules.as_json(), [finding]))
        assert len(lint(mended)) < len(lint(rules))


def test_every_disguised_document_is_known() -> None:
    assert {path.stem for path in DISGUISED.iterdir()} == set(EXPECTED)


@pytest.mark.volume
@settings(max_examples=volume(40, 400))
@given(documents(), orders, chains())
def test_no_sale_pays_more_levels_than_the_linter_says(
    document: dict[str, Any], sale: SaleOrder, people: Chain
) -> None:
    rules = parse(document)
    codes = {finding.code for finding in lint(rules, "generic")}
    most = 1 if "second_level" not in codes and "third_level" not in codes else 2
    if "third_level" not in codes:
        assert levels_paid(rules, sale, people) <= most


def levels_paid(rules: Rules, sale: SaleOrder, people: Chain) -> int:
    """People of the line who are paid; companies that serve it count where there are several."""
    line = {person.id for person in people.above}
    earnings = [e for e in split_order(sale, people, rules).earnings if e.payee_id in line]
    in_line = [e for e in earnings if e.payee in {"sharer", "second", "nearest_above"}]
    serving = {e.payee_id for e in in_line if e.kind == "service_fee" and e.payee == "nearest_above"}
    others = {e.payee_id for e in in_line if not (e.kind == "service_fee" and e.payee == "nearest_above")}
    return len(others) + (len(serving - others) if len(serving - others) > 1 else 0)


@pytest.mark.volume
@settings(max_examples=volume(40, 400))
@given(documents(), chains(), st.integers(12_000, 10**7), st.sampled_from(["food", "home", "local"]))
def test_no_ordinary_sale_gives_one_person_nearly_all_unless_the_linter_says_so(
    document: dict[str, Any], people: Chain, price: int, category: str
) -> None:
    rules = parse(document)
    if "margin_taken" in {finding.code for finding in lint(rules)}:
        return
    goods = SaleLine("1", "p", (category,), (), 1, price, price * 65 // 100)
    split = split_order(SaleOrder("1", "CNY", (goods,)), people, rules)
    for payee in {earning.payee_id for earning in split.earnings if earning.payee_id}:
        amount = sum(earning.amount for earning in split.earnings if earning.payee_id == payee)
        assert amount * 100 < 80 * split.distributable + 100


@pytest.mark.volume
@settings(max_examples=volume(25, 200), suppress_health_check=[HealthCheck.too_slow])
@given(whole_documents(), st.sampled_from(ORDER))
def test_patching_ends_in_a_document_without_findings_up_to_that_severity(
    document: dict[str, Any], severity: str
) -> None:
    gravest = set(ORDER[: ORDER.index(severity) + 1])  # type: ignore[arg-type]
    mended = patched(parse(document), gravest)
    assert parse(mended.as_yaml()) == mended
    assert not [finding for finding in lint(mended) if finding.severity in gravest]
