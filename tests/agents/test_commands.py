"""``banyan lint`` and ``banyan explain`` from the outside: what they print and how they exit."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.cli import main
from tenants.agents.rules import presets
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.linting.lint import lint

GOOD = "name: x\nearn:\n  - {id: a, kind: price_reduction, payee: buyer, percent: 5}\n"
PACK = (
    "name: x\njoin: {fee: {amount: 425}}\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: 5}\n"
)


# Each of the two could become a saving, or be paid to any buyer; both together are more than the price.
OVER_100 = """\
name: x
roles:
  - {id: a, name: A, reach: {metric: own_spend, at_least: 9}}
  - {id: b, name: B, reach: {metric: own_spend, at_least: 9}}
earn:
  - {id: one, kind: commission, payee: buyer, percent: 30, when: {buyer_roles: [a]}}
  - {id: two, kind: commission, payee: buyer, percent: 35, base: margin, when: {buyer_roles: [b]}}
  - {id: three, kind: commission, payee: sharer, percent: 60, when: {buyer_roles: [a]}}
  - {id: four, kind: commission, payee: sharer, percent: 65, when: {buyer_roles: [b]}}
"""
Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (PACK, 1), (GOOD + "earm: []\n", 2)])
def test_the_exit_code_says_whether_it_can_be_switched_on(
    tmp_path: Path, capsys: Captured, text: str, code: int
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    assert main(["lint", str(file), "--json"]) == code
    facts = json.loads(capsys.readouterr().out)
    assert facts["ok"] == (code == 0)
    assert [fault["code"] for fault in facts["faults"]] == (["unknown_key"] if code == 2 else [])
    assert main(["lint", str(file)]) == code


def test_patched_prints_a_document_that_passes(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(PACK)
    assert main(["lint", str(file), "--patched"]) == 0
    assert lint(parse(capsys.readouterr().out)) == ()


def test_patched_changes_what_would_be_refused_and_no_more_unless_asked(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(PACK + "  - {id: b, kind: commission, payee: second, percent: 2}\n")

    def severities(*arguments: str) -> set[str]:
        assert main(["lint", str(file), "--patched", *arguments]) == 0
        return {finding.severity for finding in lint(parse(capsys.readouterr().out))}

    assert severities() == {"sign_off"}
    assert severities("sign_off") == severities("all") == set()


def test_patched_stays_a_document_where_patches_make_a_sum_over_100(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(OVER_100)
    for wish in ([], ["sign_off"], ["all"]):
        assert main(["lint", str(file), "--patched", *wish]) == 0
        assert "refuse" not in {finding.severity for finding in lint(parse(capsys.readouterr().out))}


def test_a_preset_is_known_by_its_name(capsys: Captured) -> None:
    assert main(["lint", "local-life", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["severity"] for finding in findings} == {"sign_off"}


@pytest.mark.parametrize("name", ["lint", "simulate", "explain", "replay"])
def test_the_help_of_each_command_names_presets_and_exit_codes(name: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert not ended.value.code
    text = capsys.readouterr().out
    for words in (
        "FILE",
        "--json",
        "--language",
        "deposit-club",
        "Exit codes:",
        "  0  ",
        "  2  a document or",
    ):
        assert words in text, words


@pytest.mark.parametrize("name", ["lint", "simulate"])
def test_a_file_that_is_no_document_ends_with_2_for_each_command(
    name: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("name: x\nearn: 3\n")
    assert main([name, str(file), "--json"]) == 2
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert (fault["path"], fault["line"], fault["value"]) == ("earn", 2, "3")
    assert main([name, str(tmp_path / "none.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_of_a_file_without_end_only_the_beginning_is_read(capsys: Captured) -> None:
    assert main(["lint", "/dev/zero", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["faults"][0]["code"] == "too_large"


def test_findings_are_shown_in_the_language_asked_for(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(PACK)
    assert main(["lint", str(file), "--language", "zh-hans"]) == 1
    shown = capsys.readouterr().out
    assert "禁止传销条例" in shown
    assert "拒绝 join.fee (第 2 行)" in shown
    assert "修改: 删掉 join.fee" in shown


def test_a_fault_is_shown_whole_and_in_the_language_asked_for(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("name: x\nearn:\n  - {id: a, kind: commission, payee: sharor, percent: 5}\n")
    assert main(["lint", str(file), "--language", "zh-hans"]) == 2
    shown = capsys.readouterr().err
    assert all(word in shown for word in ("不能采用", "怎么改", "sharor", "earn[0].payee"))
    assert "…" not in shown, "what does not fit into a column goes on in the next line"


SALE = """\
price: 150.00
cost: 90.00
buyer: [member]
above: [anna (shopkeeper), bert, "carl (provider, company)"]
refunds: [50, 100]
"""


def explain(capsys: Captured, rules: Path | str, sale: Path) -> dict[str, Any]:
    assert main(["explain", str(rules), "--order", str(sale), "--json"]) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    return facts


def test_a_sale_written_down_is_explained_share_by_share_and_refund_by_refund(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "sale.yaml"
    file.write_text(SALE)
    facts = explain(capsys, "share-lock", file)
    assert [facts[key] for key in ("price", "saved", "paid", "distributable")] == [15_000, 0, 15_000, 6_000]
    by_rule = {earning["rule"]: earning for earning in facts["earnings"]}
    assert (by_rule["share"]["payee"], by_rule["share"]["amount"]) == ("anna", 1_200)
    assert by_rule["share"]["why"]["en"].startswith("12.00 = 8 % of 150.00 goods paid")
    for earning in facts["earnings"]:
        assert sum(earning["clawed_back"]) == earning["amount"]
    assert facts["unpaid"] == [
        {"rule": "second", "why": {"zh-hans": "bert 没有角色 manager, shopkeeper",
                                   "en": "bert does not hold manager, shopkeeper"}}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("earn", "sale", "why"),
    [
        ("payee: sharer, percent: 5", "", "this sale has no first sharer"),
        ("payee: author, percent: 5", "", "this sale has no author of the note"),
        ("payee: sharer, percent: 5, when: {first_order: true}", "above: [a]", "only a first order counts"),
        ("payee: sharer, percent: 5, when: {first_order: false}", "above: [a]\nfirst_order: true",
         "a first order does not count"),
        ("payee: sharer, percent: 5, when: {order_at_least: 500}", "above: [a]",
         "less than 500.00 of goods paid"),
        ("payee: sharer, percent: 5, goods: {tags: [x]}", "above: [a]", "none of the goods count"),
        ("payee: sharer, percent: 5, when: {buyer_roles: [r]}", "above: [a]", "the buyer does not hold r"),
        ("payee: nearest_above, percent: 5, when: {payee_roles: [r]}", "above: [a, b, c (r)]",
         "nobody above holds r"),
        ("payee: sharer, percent: 5", "above: [a]\ncost: 100",
         "after cost and platform fee this sale leaves nothing"),
        ("payee: sharer, percent: 0.001", "above: [a]", "it comes to less than the smallest coin"),
        ("payee: sharer, percent: 5", "above: [buyer]", "nobody earns from their own purchase"),
    ],
)  # fmt: skip
def test_why_a_line_pays_nobody_is_said(
    tmp_path: Path, capsys: Captured, earn: str, sale: str, why: str
) -> None:
    rules, order = tmp_path / "rules.yaml", tmp_path / "sale.yaml"
    rules.write_text(
        f"name: x\nroles: [{{id: r, name: r}}]\nearn:\n  - {{id: e, kind: commission, {earn}}}\n"
    )
    order.write_text(f"price: 100\n{sale}\n")
    assert [rule["why"]["en"] for rule in explain(capsys, rules, order)["unpaid"]] == [why]


@pytest.mark.parametrize(
    ("sale", "path"),
    [("prise: 3\n", "prise"), ("price: 3\nabove: ['a (']\n", "above[0]"),
     ("price: 3\nrefunds: [4]\n", "refunds[0]"), ("price: 3\nlines: [{price: 1}]\n", ""),
     ("price: x\n", "price")],
)  # fmt: skip
def test_a_faulty_sale_is_named_with_its_place(
    tmp_path: Path, capsys: Captured, sale: str, path: str
) -> None:
    file = tmp_path / "sale.yaml"
    file.write_text(sale)
    assert main(["explain", "share-lock", "--order", str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["faults"][0]["path"] == path


def test_the_example_can_be_explained_and_half_a_question_ends_with_2(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "sale.yaml"
    assert main(["explain", "--example"]) == 0
    file.write_text(capsys.readouterr().out)
    for name in presets.names():
        assert main(["explain", name, "--order", str(file)]) == 0
    assert "`second` pays nobody" in capsys.readouterr().out
    for arguments in ([], ["share-lock"]):
        assert main(["explain", *arguments]) == 2
        assert "--order" in capsys.readouterr().err
