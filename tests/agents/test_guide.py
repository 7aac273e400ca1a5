"""The guides' examples, in both languages, do what the guides say."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tenants.agents.rules import presets
from tenants.agents.rules.document.faults import FaultyDocument
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.document.schema import MONEY_METRICS
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules.linting.texts import TEXTS
from tenants.agents.rules.people.invitations import quota
from tenants.agents.rules.people.progress import DayTotal, Facts, progress
from tenants.agents.rules.people.reviews import review_roles
from tenants.agents.rules.splitting.examples import read_example, split_example
from tests.agents.sales import amounts
from tests.agents.test_example_documents import TO_BE_REFUSED, keys, models
from tests.agents.test_example_documents import Document as AnyDocument

GUIDES = sorted(Path("docs/guides").glob("agent-rules*.md"))
EXAMPLE = re.compile(r"^```yaml(?P<kind>[ a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTED = {"saves", "pays", "why", "claws_back"}
IDS = {"ids": lambda guide: guide.name}


def examples(guide: Path) -> list[tuple[str, str]]:
    return [(m["kind"].strip(), m["text"]) for m in EXAMPLE.finditer(guide.read_text(encoding="utf-8"))]


def document(text: str) -> Rules:
    """A whole document, or a part of one that only lacks its name."""
    return parse(text if re.search(r"^name:", text, re.MULTILINE) else f"name: example\n{text}")


def cents(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100)


def check_sale(rules: Rules, text: str) -> None:
    example = yaml.safe_load(text)
    sale = {key: value for key, value in example.items() if key not in EXPECTED}
    explained = split_example(read_example(yaml.safe_dump(sale, allow_unicode=True)), rules)
    assert sum(explained.saved.values()) == cents(example.get("saves", 0))
    paid = amounts(explained.split.earnings)
    paid.pop("margin")
    assert paid == {name: cents(amount) for name, amount in example["pays"].items()}
    if "why" in example:
        assert example["why"] in explained.split.earnings[0].why.values()
    for name, steps in example.get("claws_back", {}).items():
        at = [earning.earn_id for earning in explained.split.earnings].index(name)
        assert [step[at] for step in explained.clawed_back] == [cents(step) for step in steps]


def check_person(rules: Rules, text: str) -> None:
    example = yaml.safe_load(text)
    totals = {
        metric: tuple(
            DayTotal(
                total["day"],
                cents(total["amount"]) if metric in MONEY_METRICS else total["amount"],
            )
            for total in done
        )
        for metric, done in example.get("did", {}).items()
    }
    facts = Facts(
        example["day"],
        frozenset(example.get("holds", ())),
        company=example.get("company", False),
        totals=totals,
    )
    if "reaches" in example:
        assert [change.role for change in progress(facts, rules)] == example["reaches"]
    if "loses" in example:
        reviewed = review_roles(facts, rules, example["day"])
        assert reviewed
        assert [review.role for review in reviewed if not review.kept] == example["loses"]
    assert {"reaches", "loses"} & set(example)


def check_invitations(rules: Rules, text: str) -> None:
    example = yaml.safe_load(text)
    sold = [DayTotal(total["day"], cents(total["amount"])) for total in example["sold"]]
    invitations = quota(
        joined=example["joined"], own_sales=sold, used=example["used"], today=example["day"], rules=rules
    )
    assert invitations
    assert isinstance(example["day"], date)
    assert invitations.left == example["left"]


def check_faults(faulty: str, text: str) -> None:
    with pytest.raises(FaultyDocument) as caught:
        parse(faulty)
    rows = [{"line": f.line, "where": f.path, "code": f.code} for f in caught.value.faults]
    assert sorted(rows, key=lambda row: str(row["line"])) == yaml.safe_load(text)


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
            severities = {finding.severity for finding in lint(rules)}
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
    assert {"entry_fee", "head_reward", "third_level"} <= {finding.code for finding in lint(refused)}
    assert lint(parse(apply_patches(refused.as_json(), lint(refused)))) == ()
