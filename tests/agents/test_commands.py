"""``banyan lint`` from the outside: what it prints and how it exits."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tenants.agents.rules import lint, parse

GOOD = "name: x\nearn:\n  - {id: a, kind: price_reduction, payee: buyer, percent: 5}\n"
PACK = (
    "name: x\njoin: {fee: {amount: 425}}\nearn:\n  - {id: a, kind: commission, payee: sharer, percent: 5}\n"
)


def run(*arguments: Any) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("lint", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (PACK, 1), (GOOD + "earm: []\n", 2)])
def test_the_exit_code_says_whether_it_can_be_switched_on(tmp_path: Path, text: str, code: int) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    ended, out = run(file, "--json")
    facts = json.loads(out)
    assert (ended, facts["ok"]) == (code, code == 0)
    assert [found["code"] for found in facts["faults"]] == (["unknown_key"] if code == 2 else [])
    assert run(file)[0] == code


def test_patched_prints_a_document_that_passes(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(PACK)
    ended, out = run(file, "--patched")
    assert ended == 0
    assert lint(parse(out)) == ()


def test_a_preset_is_known_by_its_name() -> None:
    ended, out = run("local-life", "--json")
    assert ended == 0
    assert {found["severity"] for found in json.loads(out)["findings"]} == {"sign_off"}
