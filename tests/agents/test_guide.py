"""The guide's examples do what the guide says."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tenants.agents.rules import (
    Chain,
    Person,
    Rules,
    SaleLine,
    SaleOrder,
    lint,
    parse,
    price_reductions,
    settle,
)
from tenants.agents.rules.findings import TEXTS
from tests.agents.sales import amounts

GUIDES = sorted(Path("docs/guides").glob("agent-rules*.md"))
EXAMPLE = re.compile(r"^```yaml(?P<kind>[ a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PERSON = re.compile(r"(?P<name>\w+)(?: \((?P<words>[^)]*)\))?")


def examples(guide: Path) -> list[tuple[str, str]]:
    return [(m["kind"].strip(), m["text"]) for m in EXAMPLE.finditer(guide.read_text(encoding="utf-8"))]


def document(text: str) -> Rules:
    """A whole document, or a part of one that only lacks its name."""
    return parse(text if re.search(r"^name:", text, re.MULTILINE) else f"name: example\n{text}")


def person(text: str) -> Person:
    found = PERSON.fullmatch(text)
    assert found, text
    words = {word.strip() for word in (found["words"] or "").split(",")} - {""}
    return Person(found["name"], frozenset(words - {"company"}), "company" in words)


def cents(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100)


def check_sale(rules: Rules, sale: dict[str, Any]) -> None:
    above = tuple(person(text) for text in sale.get("above", ()))
    buyer = Person("buyer", frozenset(sale.get("buyer", ())))
    categories = tuple(sale.get("categories", ()))
    line = SaleLine(
        "1", "p", categories, (), sale.get("quantity", 1), cents(sale["paid"]), cents(sale["cost"])
    )
    saved = price_reductions([line], buyer, rules)["1"]
    assert saved == cents(sale.get("saves", 0))
    order = SaleOrder("o", "CNY", (line._replace(paid=line.paid - saved),))
    sharer, second = (*above[:2], None, None)[:2]
    chain = Chain(buyer, sharer, second, above, first=sale.get("first_order", False))
    settled = settle(order, chain, rules)
    paid = amounts(settled.shares)
    paid.pop("margin")
    assert paid == {name: cents(amount) for name, amount in sale["pays"].items()}
    if "why" in sale:
        assert settled.shares[0].why["en"] == sale["why"]


def test_there_is_a_guide_with_examples() -> None:
    assert GUIDES
    for guide in GUIDES:
        assert [kind for kind, _text in examples(guide)].count("sale") >= 6


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_example_is_taken_and_pays_what_the_guide_says(guide: Path) -> None:
    rules: Rules | None = None
    for kind, text in examples(guide):
        if kind == "sale":
            assert rules is not None
            check_sale(rules, yaml.safe_load(text))
        else:
            rules = document(text)
            severities = {found.severity for found in lint(rules)}
            assert (kind == "refused") <= ("refuse" in severities)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_first_document_is_acceptable_and_every_refusal_is_listed(guide: Path) -> None:
    first = next(text for kind, text in examples(guide) if not kind)
    assert lint(document(first)) == ()
    text = guide.read_text(encoding="utf-8")
    listed = {code for code in TEXTS if f"`{code}`" in text}
    refused = {
        f.code
        for k, t in examples(guide)
        if k == "refused"
        for f in lint(document(t))
        if f.severity == "refuse"
    }
    assert {"entry_fee", "head_reward", "third_level"} <= refused
    assert refused - {"deposit_condition", "refundable_fee", "headcount_note"} <= listed
