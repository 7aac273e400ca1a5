"""What is wrong with a document is said with path, line, value and remedy, quickly and in both languages."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from tenants.agents.rules import presets
from tenants.agents.rules.document.faults import DocumentFault, FaultyDocument
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.document.schema import json_schema
from tests.agents.documents import whole_documents

SCHEMA = jsonschema.Draft202012Validator(json_schema())

BASE = (
    "name: x\nroles:\n  - {id: r, name: R}\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: 5}\n"
)


def faults_of(source: Any) -> tuple[DocumentFault, ...]:
    with pytest.raises(FaultyDocument) as caught:
        parse(source)
    for fault in caught.value.faults:
        for texts in (fault.message, fault.remedy):
            assert set(texts) == {"zh-hans", "en"}
            assert "{" not in texts["en"].replace("{percent", "")
        assert fault.message["zh-hans"]
    return caught.value.faults


def first(source: Any) -> tuple[str, str, int]:
    fault = faults_of(source)[0]
    return fault.code, fault.path, fault.line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("empty", "", 0)),
        ("- a\n- b\n", ("not_a_mapping", "", 1)),
        ("name: [x\n", ("not_closed", "", 1)),
        ("name: x\nabout: 'y\nroles: []\nearn: []\n", ("not_closed", "", 2)),
        (BASE.replace("name: R}", "name: R"), ("not_closed", "", 3)),
        ("name: x\ncurrency:CNY\nroles: []\n", ("no_space", "", 2)),
        ("name: x\nroles\nearn: []\n", ("no_colon", "", 2)),
        ("name: x\ncurrency：CNY\nroles: []\n", ("wide", "", 2)),
        ("name: x\nroles: [{id: r，name: R}]\n", ("wide", "", 2)),
        ("name: mine: best\n", ("second_colon", "", 1)),
        ("name: @x\n", ("needs_quotes", "", 1)),
        ("name: x\nroles:\n  - id: r\n   name: R\n", ("indent", "", 4)),
        ("name: x\nroles:\n  - id: r\n      name: R\n", ("indent", "", 4)),
        ("name: x\nroles: [{id: My role, name: R}]\n", ("id", "roles[0].id", 2)),
        ("name: x\ncurrency: RMB\n", ("currency", "currency", 2)),
        (BASE.replace("name: R", "name: R, reach: {all: []}"), ("too_few", "roles[0].reach.all", 3)),
        ("name: x\nname: y\n", ("duplicate_key", "name", 2)),
        ("name: &a x\nabout: *a\n", ("anchor", "name", 1)),
        ("name: *a\n", ("anchor", "name", 1)),
        ("name: !!python/object:os.system x\n", ("tag", "name", 1)),
        ("name: x\n---\nname: y\n", ("several_documents", "", 2)),
        ("? [a]\n: b\n", ("bad_key", "", 1)),
        ("name: x\nrolse: []\n", ("unknown_key", "rolse", 2)),
        ("name: x\njoin: {depost: {amount: 1}}\n", ("unknown_key", "join.depost", 2)),
        ("roles: []\n", ("missing", "name", 1)),
        ("name: {de: x}\n", ("choice", "name.de", 1)),
        ("name: x\ncurrency: yuan\n", ("currency", "currency", 2)),
        ("name: x\nearn: {}\n", ("kind", "earn", 2)),
        ("name: x\nbind: {days: 0}\n", ("bounds", "bind.days", 2)),
        ("name: x\nbind: {days: 1.5}\n", ("kind", "bind.days", 2)),
        ("name: x\neffective_from: soon\n", ("kind", "effective_from", 2)),
        (BASE.replace("percent: 5", "percent: -5"), ("negative", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: .nan"), ("not_finite", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: .inf"), ("not_finite", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: 'NaN'"), ("not_finite", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: 101"), ("percent_over_100", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: five"), ("not_a_number", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: true"), ("not_a_number", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: 1.23456"), ("too_precise", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: " + "9" * 5000), ("too_long", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: 1e999"), ("too_big", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "fixed: 1e900"), ("too_big", "earn[0].fixed", 5)),
        (BASE.replace("percent: 5", "fixed: 1.005"), ("too_precise", "earn[0].fixed", 5)),
        (BASE.replace("percent: 5", "percent: 5, fixed: 1"), ("one_of", "earn[0]", 5)),
        (BASE.replace("sharer", "nearest_above"), ("needs", "earn[0]", 5)),
        (BASE.replace("kind: commission, payee: sharer", "kind: price_reduction, payee: buyer, base: margin"),
         ("needs", "earn[0]", 5)),
        ("name: 398\n", ("kind", "name", 1)),
        ("name: x\nroles:\n\t- {id: r, name: R}\n", ("tab", "", 3)),
        ("name: x\n\tearn: []\n", ("tab", "", 2)),
        ("name: x\nabout: a\0b\n", ("control", "", 2)),
        ('name: x\nabout: "a\\0b"\n', ("control", "about", 2)),
        ('name: "\\u2028"\n', ("control", "name", 1)),
        (BASE.replace("percent: 5", "percent: '1e999999999'"), ("not_a_number", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: 1_0"), ("not_a_number", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: １２"), ("wide", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: inf"), ("not_finite", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "percent: -.5"), ("negative", "earn[0].percent", 5)),
        (BASE.replace("commission", "comission"), ("choice", "earn[0].kind", 5)),
        (BASE.replace("percent: 5", "percent: 5, when: {payee_roles: [boss]}"),
         ("unknown_role", "earn[0].when.payee_roles[0]", 5)),
        (BASE + "  - {id: a, kind: commission, payee: second, percent: 1}\n",
         ("duplicate_id", "earn[1].id", 6)),
        (BASE + "  - {id: b, kind: commission, payee: second, percent: 96}\n",
         ("sum_over_100", "earn[1].percent", 6)),
        (BASE.replace("name: R", "name: R, reach: {metric: bound_fans}"), ("needs", "roles[0].reach", 3)),
        (BASE.replace("name: R", "name: R, reach: {metric: holders_below, role: r, at_least: 3}"),
         ("role_circle", "roles[0].reach", 3)),
        (BASE.replace("name: R", "name: R, reach: {metric: bound_fans, at_least: 1.5}"),
         ("too_precise", "roles[0].reach", 3)),
        (BASE.replace("name: R", "name: R, reach: {metric: own_sales, at_least: 9, window: {}}"),
         ("one_of", "roles[0].reach.window", 3)),
    ],
)  # fmt: skip
def test_a_fault_names_its_place(text: str, expected: tuple[str, str, int]) -> None:
    assert first(text) == expected


def test_every_fault_is_found_at_once_and_a_misspelling_is_recognised() -> None:
    faults = faults_of(
        "name: x\nrolse: []\nbind: {days: 0}\nearn:\n  - {id: A, kind: x, payee: y, percent: -1}\n"
    )
    assert {fault.path for fault in faults} == {
        "rolse", "bind.days", "earn[0].id", "earn[0].kind", "earn[0].payee", "earn[0].percent",
    }  # fmt: skip
    misspelled = next(fault for fault in faults if fault.path == "rolse")
    assert 'Did you mean "roles"?' in misspelled.remedy["en"]
    assert "roles" in misspelled.remedy["zh-hans"]


EXPLODING = "a: &a [x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{f'*{chr(97 + i)},' * 9}]\n" for i in range(9)
)


EARN = "  - {{id: {name}, kind: commission, payee: {payee}, percent: {percent}, when: {{{when}}}}}\n"


@pytest.mark.parametrize(
    ("lines", "is_too_much"),
    [
        ([("sharer", 60, "payee_roles: [a]"), ("sharer", 70, "payee_roles: [b]")], False),
        ([("sharer", 60, "payee_roles: [a]"), ("sharer", 70, "payee_roles: [a, b]")], True),
        ([("sharer", 60, "payee_roles: [a]"), ("sharer", 70, "")], True),
        ([("sharer", 60, "payee_roles: [a]"), ("second", 70, "payee_roles: [b]")], True),
        ([("sharer", 60, "buyer_roles: [a]"), ("second", 70, "buyer_roles: [b]")], False),
        ([("sharer", 60, "first_order: true"), ("second", 70, "first_order: false")], False),
        ([("sharer", 60, "first_order: true"), ("second", 70, "")], True),
        ([("nearest_above", 60, "payee_roles: [a]"), ("nearest_above", 70, "payee_roles: [b]")], True),
    ],
)  # fmt: skip
def test_rates_that_no_sale_pays_together_are_not_added_up(
    lines: list[tuple[str, int, str]], is_too_much: bool
) -> None:
    text = "name: x\nroles: [{id: a, name: A}, {id: b, name: B}]\nearn:\n" + "".join(
        EARN.format(name=f"e{number}", payee=payee, percent=percent, when=when)
        for number, (payee, percent, when) in enumerate(lines)
    )
    if is_too_much:
        assert first(text) == ("sum_over_100", "earn[1].percent", 5)
    else:
        assert len(parse(text).document.earn) == 2


def hostile() -> dict[str, tuple[Any, str]]:
    """What somebody sends who means harm, and the fault that says so. Made when asked for: some are large."""
    return {
        "10 MB of text": ("name: " + "x" * 10_000_000, "too_large"),
        "10 MB of bytes": (b"name: " + b"x" * 10_000_000, "too_large"),
        "large in bytes only": ("名" * 200_000, "too_large"),
        "latin bytes": (b"name: \xff\xfe", "not_text"),
        "half a surrogate": ("name: \ud800", "not_text"),
        "UTF-16": ("name: x".encode("utf-16"), "not_text"),
        "NUL bytes": (b"name: x\0\0", "control"),
        "deep lists": ("name: x\nabout: " + "[" * 100_000, "too_deep"),
        "deep mappings": ("name: x\nabout: " + "{a: " * 60_000, "too_deep"),
        "deep by indentation": ("".join("  " * depth + "a:\n" for depth in range(300)), "too_deep"),
        "many entries": ("name: x\nearn: [" + "1," * 100_000 + "]", "too_many"),
        "many keys": ("name: x\n" + "".join(f"k{number}: 1\n" for number in range(25_000)), "too_many"),
        "one key many times": ("name: x\n" + "a: 1\n" * 15_000, "duplicate_key"),
        "anchors that explode": (EXPLODING, "anchor"),
        "merge keys": ("name: x\nbase: &b {days: 1}\nbind: {<<: *b}\n", "anchor"),
        "a long name": ("name: " + "x" * 100_000, "too_long"),
        "a long key": ("name: x\n" + "k" * 100_000 + ": 1", "no_colon"),
        "digits without end": ("name: x\nbind: {days: " + "9" * 100_000 + "}", "too_long"),
        "an exponent": ("name: x\njoin: {deposit: {amount: 1e999}}", "too_big"),
        "a quoted exponent": ("name: x\njoin: {deposit: {amount: '9e99999999'}}", "not_a_number"),
        "code": ("name: !!python/object/apply:os.system ['true']", "tag"),
        "deep data": ({"name": "x", "earn": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}, "too_deep"),
        "NaN as data": ({"name": "x", "bind": {"days": float("nan")}}, "not_finite"),
        "infinity as data": ({"name": "x", "bind": {"days": float("inf")}}, "not_finite"),
        "an endless integer": ({"name": "x", "bind": {"days": 10**5000}}, "too_long"),
        "a key that is no text": ({"name": "x", 1: 2}, "bad_key"),
        "a long text as data": ({"name": "x" * 5_000}, "too_long"),
        "an escape sequence": ({"name": "x\x1b[2J"}, "control"),
        "many roles": ({"name": "x", "roles": [{"id": f"r{n}", "name": "r"} for n in range(31)]}, "bounds"),
        "a negative rate": (BASE.replace("percent: 5", "percent: -5"), "negative"),
        "a rate over 100": (BASE.replace("percent: 5", "percent: 100.0001"), "percent_over_100"),
        "rates over 100 together": (
            BASE.replace("percent: 5", "percent: 60")
            + BASE.splitlines()[-1].replace("id: a", "id: b")
            + "\n",
            "sum_over_100",
        ),
    }


@pytest.mark.parametrize("name", hostile())
@pytest.mark.slow
def test_a_hostile_document_is_refused_after_little_work_and_in_little_memory(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work is counted, not timed: how many parts of the document were looked at before it was refused."""
    seen = 0
    parse_events = yaml.parse

    def counted(*args: Any, **kwargs: Any) -> Iterator[Any]:
        nonlocal seen
        for event in parse_events(*args, **kwargs):
            seen += 1
            yield event

    monkeypatch.setattr("yaml.parse", counted)
    source, code = hostile()[name]
    if name == "rates over 100 together":
        source = source.replace("percent: 5}", "percent: 60}")
    tracemalloc.start()
    try:
        faults = faults_of(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert faults[0].code == code
    assert len(faults) <= 50
    assert all(len(fault.value) <= 80 and fault.value.isprintable() for fault in faults)
    assert seen <= 2 * 20_000 + 10
    assert peak < 64 * 2**20
    if code == "too_large":
        assert seen == 0
        assert peak < 2**20


@pytest.mark.slow
@settings(max_examples=50)
@given(whole_documents())
def test_a_document_goes_out_as_yaml_and_json_and_comes_back_the_same(document: dict[str, Any]) -> None:
    rules = parse(document)
    assert parse(rules.as_yaml().encode()) == rules
    assert parse(json.loads(json.dumps(rules.as_json()))) == rules
    SCHEMA.validate(rules.as_json())


@pytest.mark.parametrize(
    "text",
    ["1e5", "0x1F", "inf", ".inf", "NaN", "null", "~", "true", "yes", "No", "12:30", "2027-01-01", "-", "# x",
     "a: b", "'", '"', "{}", "[x", "&a", "*a", "!x", "%", "@", "`", " x ", "x #y", "1_000", "０", "=", "<<"],
)  # fmt: skip
def test_a_name_that_looks_like_something_else_stays_a_name(text: str) -> None:
    rules = parse({"name": {"zh-hans": text, "en": "x"}, "about": text})
    assert parse(rules.as_yaml()).document.name == {"zh-hans": text, "en": "x"}
    assert parse(rules.as_yaml()).document.about == text


def test_percents_and_amounts_are_exact_however_they_are_written() -> None:
    def rate(percent: Any) -> int:
        earn = [{"id": "a", "kind": "commission", "payee": "sharer", "percent": percent}]
        return parse({"name": "x", "earn": earn}).compiled.earnings[0].rate

    assert rate("12.5") == rate(12.5) == rate("12.50%") == rate(parse_number("12.5")) == 125_000
    assert rate("0.0001") == 1
    assert rate(0.29) == 2_900
    assert rate(100) == 1_000_000


def parse_number(text: str) -> Any:
    return (
        parse(f"name: x\nearn:\n  - {{id: a, kind: commission, payee: sharer, percent: {text}}}\n")
        .document.earn[0]
        .percent
    )


def test_the_published_schema_takes_every_preset_and_refuses_unknown_keys() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    validator = SCHEMA
    for name in presets.names():
        validator.validate(yaml.safe_load(presets.source(name)))
        validator.validate(presets.rules(name).as_json())
    assert not validator.is_valid({"name": "x", "rolse": []})
    assert not validator.is_valid({"name": "x", "limits": {"payout": {"percent": 120}}})


def test_the_schema_in_the_docs_is_the_one_the_product_has() -> None:
    published = json.loads(Path("docs/schema/agent-rules.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), (
        "make it anew: banyan rules_schema --output docs/schema/agent-rules.schema.json"
    )
