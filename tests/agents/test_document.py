"""What is wrong with a document is said with path, line, value and remedy, quickly and in both languages."""

import time
import tracemalloc
from typing import Any

import jsonschema
import pytest
import yaml

from tenants.agents import presets
from tenants.agents.rules import Fault, InvalidDocument, json_schema, parse

BASE = (
    "name: x\nroles:\n  - {id: r, name: R}\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: 5}\n"
)


def faults_of(source: Any) -> tuple[Fault, ...]:
    with pytest.raises(InvalidDocument) as caught:
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
        ("name: [x\n", ("syntax", "", 2)),
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
        (BASE.replace("percent: 5", "percent: 1e999"), ("percent_over_100", "earn[0].percent", 5)),
        (BASE.replace("percent: 5", "fixed: 1e900"), ("too_big", "earn[0].fixed", 5)),
        (BASE.replace("percent: 5", "fixed: 1.005"), ("too_precise", "earn[0].fixed", 5)),
        (BASE.replace("percent: 5", "percent: 5, fixed: 1"), ("one_of", "earn[0]", 5)),
        (BASE.replace("sharer", "nearest_above"), ("needs", "earn[0]", 5)),
        (BASE.replace("sharer", "buyer"), ("needs", "earn[0]", 5)),
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


DEEP = "[" * 100_000
EXPLODING = "a: &a [x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{f'*{chr(97 + i)},' * 9}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("name: " + "x" * 10_000_000, "too_large"),
        (b"name: " + b"x" * 10_000_000, "too_large"),
        ("名" * 200_000, "too_large"),
        (b"name: \xff\xfe", "not_text"),
        ("name: \ud800", "not_text"),
        ("name: x\nabout: " + DEEP, "too_deep"),
        ("name: x\nabout: " + "{a: " * 60_000, "too_deep"),
        ("name: x\nearn: [" + "1," * 100_000 + "]", "too_many"),
        ("name: x\n" + "".join(f"k{number}: 1\n" for number in range(25_000)), "too_many"),
        (EXPLODING, "anchor"),
        ("name: " + "x" * 100_000, "too_long"),
        ("name: x\n" + "k" * 100_000 + ": 1", "syntax"),
        ({"name": "x", "earn": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}, "too_deep"),
        ({"name": "x", "bind": {"days": float("nan")}}, "not_finite"),
        ({"name": "x", "bind": {"days": 10**5000}}, "too_long"),
        ({"name": "x", 1: 2}, "bad_key"),
        ({"name": "x" * 5_000}, "too_long"),
    ],
)
def test_a_hostile_document_is_refused_at_once_and_in_little_memory(source: Any, code: str) -> None:
    tracemalloc.start()
    before = time.process_time()
    try:
        assert faults_of(source)[0].code == code
        spent, peak = time.process_time() - before, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Not a measurement: a document that explodes needs minutes and gigabytes.
    assert spent < 5
    assert peak < 64 * 2**20


def test_percents_and_amounts_are_exact_however_they_are_written() -> None:
    def rate(percent: Any) -> int:
        earn = [{"id": "a", "kind": "commission", "payee": "sharer", "percent": percent}]
        return parse({"name": "x", "earn": earn}).plan.earnings[0].rate

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
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name in presets.names():
        validator.validate(yaml.safe_load(presets.source(name)))
        validator.validate(presets.rules(name).as_json())
    assert not validator.is_valid({"name": "x", "rolse": []})
    assert not validator.is_valid({"name": "x", "limits": {"payout": {"percent": 120}}})
