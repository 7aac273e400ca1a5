"""The guides' examples, in both languages, do what the guides say."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tenants.agents.rules.document import MONEY_METRICS
from tenants.agents.rules.faults import FaultyDocument
from tenants.agents.rules.findings import TEXTS, apply_patches
from tenants.agents.rules.invitations import quota
from tenants.agents.rules.linting import lint
from tenants.agents.rules.parsing import Rules, parse
from tenants.agents.rules.progress import Deed, Facts, progress
from tenants.agents.rules.reviews import review
from tenants.agents.rules.samples import read_sample, split_sample
from tenants.agents.ruleset import presets
from tests.agents.sales import amounts
from tests.agents.test_samples import TO_BE_REFUSED, keys, models
from tests.agents.test_samples import Document as AnyDocument

GUIDES = sorted(Path("docs/guides").glob("agent-rules*.md"))
EXAMPLE = re.compile(r"^```yaml(?P<kind>[ a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTED = {"saves", "pays", "why", "takes_back"}
IDS = {"ids": lambda guide: guide.name}


def examples(guide: Path) -> list[tuple[str, str]]:
    return [(m["kind"].strip(), m["text"]) for m in EXAMPLE.finditer(guide.read_text(encoding="utf-8"))]


def document(text: str) -> Rules:
    """A whole document, or a part of one that only lacks its name."""
    return parse(text if re.search(r"^name:", text, re.MULTILINE) else f"name: example\n{text}")


def cents(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100)


def check_sale(rules: Rules, text: str) -> None:
    told = yaml.safe_load(text)
    sale = {key: value for key, value in told.items() if key not in EXPECTED}
    found = split_sample(read_sample(yaml.safe_dump(sale, allow_unicode=True)), rules)
    assert sum(found.saved.values()) == cents(told.get("saves", 0))
    paid = amounts(found.split.earnings)
    paid.pop("margin")
    assert paid == {name: cents(amount) for name, amount in told["pays"].items()}
    if "why" in told:
        assert told["why"] in found.split.earnings[0].why.values()
    for name, steps in told.get("takes_back", {}).items():
        at = [earning.earn_id for earning in found.split.earnings].index(name)
        assert [step[at] for step in found.taken] == [cents(step) for step in steps]


def check_person(rules: Rules, text: str) -> None:
    told = yaml.safe_load(text)
    deeds = {
        metric: tuple(
            Deed(deed["day"], cents(deed["amount"]) if metric in MONEY_METRICS else deed["amount"])
            for deed in done
        )
        for metric, done in told.get("did", {}).items()
    }
    facts = Facts(
        told["day"], frozenset(told.get("holds", ())), company=told.get("company", False), deeds=deeds
    )
    if "reaches" in told:
        assert [change.role for change in progress(facts, rules)] == told["reaches"]
    if "loses" in told:
        reviewed = review(facts, rules, told["day"])
        assert reviewed
        assert [found.role for found in reviewed if not found.kept] == told["loses"]
    assert {"reaches", "loses"} & set(told)


def check_invitations(rules: Rules, text: str) -> None:
    told = yaml.safe_load(text)
    sold = [Deed(deed["day"], cents(deed["amount"])) for deed in told["sold"]]
    found = quota(joined=told["joined"], own_sales=sold, used=told["used"], today=told["day"], rules=rules)
    assert found
    assert isinstance(told["day"], date)
    assert found.left == told["left"]


def check_faults(faulty: str, text: str) -> None:
    with pytest.raises(FaultyDocument) as caught:
        parse(faulty)
    told = [{"line": f.line, "where": f.path, "code": f.code} for f in caught.value.faults]
    assert sorted(told, key=lambda one: str(one["line"])) == yaml.safe_load(text)


CHECKS = {"sale": check_sale, "person": check_person, "invitations": check_invitations}


def test_both_guides_have_the_same_examples_in_the_same_order() -> None:
    english, chinese = ([kind for kind, _text in examples(guide)] for guide in GUIDES)
    assert english == chinese
    assert {"", "sale", "person", "invitations", "faulty", "faults", "refused"} == set(english)
    assert english.count("sale") >= 15


@pytest.mark.parametrize("guide", GUIDES, **IDS)
def test_every_example_is_taken_and_does_what_the_guide_says(guide: Path) -> None:
    rules: Rules | None = None
    faulty = ""
    for kind, text in examples(guide):
        if kind in CHECKS:
            assert rules is not None
            CHECKS[kind](rules, text)
        elif kind == "faulty":
            faulty = text
        elif kind == "faults":
            check_faults(faulty, text)
        else:
            rules = document(text)
            severities = {found.severity for found in lint(rules)}
            assert (kind == "refused") <= ("refuse" in severities)


@pytest.mark.parametrize("guide", GUIDES, **IDS)
def test_every_feature_has_an_example(guide: Path) -> None:
    known = {name for model in models(AnyDocument) for name in model.model_fields} - TO_BE_REFUSED
    shown = {key for kind, text in examples(guide) for key in keys(yaml.safe_load(io.StringIO(text)))}
    goods = {"tags", "products", "not_categories", "not_products"}
    assert known - shown - goods == set()
    text = guide.read_text(encoding="utf-8")
    assert all(f"`{word}`" in text for word in goods)


@pytest.mark.parametrize("guide", GUIDES, **IDS)
def test_the_first_document_is_acceptable_and_every_finding_is_listed(guide: Path) -> None:
    first = next(text for kind, text in examples(guide) if not kind)
    assert lint(document(first)) == ()
    text = guide.read_text(encoding="utf-8")
    assert [code for code in TEXTS if f"`{code}`" not in text] == []
    assert [name for name in presets.names() if f"`{name}`" not in text] == []
    refused = document(next(text for kind, text in examples(guide) if kind == "refused"))
    assert {"entry_fee", "head_reward", "third_level"} <= {found.code for found in lint(refused)}
    assert lint(parse(apply_patches(refused.as_json(), lint(refused)))) == ()
