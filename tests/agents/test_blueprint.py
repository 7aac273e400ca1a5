"""The ``rules`` section of a blueprint."""

import pytest
from pydantic import BaseModel

from kernel.errors import Conflict, InvalidDocument
from kernel.tenancy import in_tenant
from tenants.agents.rules_versions import selectors as rules_version_selectors
from tenants.agents.rules_versions.blueprint import RulesSection, apply
from tenants.registry import blueprints
from tenants.registry.blueprints import SpawnContext
from tests.support.build import make_tenant

HEAD = "name: {en: X}\nhost: x.localhost\nowner: {email: o@x.test}\n"
OWN = "rules:\n  name: own\n  earn:\n    - {id: a, kind: commission, payee: sharer, percent: 12.5}\n"
SAFE = "  limits: {payout: {percent: 100}}\n  tax: {commission: withheld_by_platform}\n"
SECOND = OWN + "    - {id: b, kind: commission, payee: second, percent: 1}\n" + SAFE


def section(document: str) -> BaseModel | None:
    parsed = blueprints.parse(HEAD + document)
    return next((value for part, value in parsed.sections if part.name == "rules"), None)


def switch_on(document: str) -> int:
    tenant, value = make_tenant(), section(document)
    assert isinstance(value, RulesSection)
    with in_tenant(tenant):
        apply(tenant, value, SpawnContext(owner=None))
        return rules_version_selectors.active_rules()[1].compiled.earnings[0].rate


@pytest.mark.parametrize("document", ["rules: {preset: local-life}", "preset: local-life"])
def test_a_preset_is_named_in_the_section_or_by_the_blueprint(db: None, document: str) -> None:
    assert switch_on(document) == 300_000


def test_a_document_of_its_own_keeps_its_decimals(db: None) -> None:
    assert switch_on(OWN + SAFE) == 125_000


def test_a_second_level_needs_a_signature_in_the_blueprint(db: None) -> None:
    with pytest.raises(Conflict):
        switch_on(SECOND)


def test_a_signature_in_the_blueprint_is_taken(db: None) -> None:
    assert switch_on(SECOND + "  sign_off: {by: Lin Xiao, reason: looked at}\n") == 125_000


@pytest.mark.parametrize(
    ("document", "field", "line"),
    [
        (OWN.replace("12.5", "-1") + SAFE, "rules.earn.0.percent", 7),
        (OWN, "rules.limits.payout", 4),
        ("rules: {preset: no-such}", "rules.preset", 4),
        ("rules: {preset: local-life, name: x}", "rules.name", 4),
        ("rules: []", "rules", 4),
    ],
)
def test_a_fault_names_its_line_in_the_blueprint(document: str, field: str, line: int) -> None:
    with pytest.raises(InvalidDocument) as caught:
        section(document)
    assert (field, line) in {(fault.field, fault.line) for fault in caught.value.faults}
