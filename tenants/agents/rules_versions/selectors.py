"""The rules in force, now or at a moment, and those of a version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kernel import clock
from kernel.caches.memo import once_a_page
from kernel.caches.process_cache import ProcessCache
from kernel.errors import NotFound
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules_versions.models import RulesVersion

NO_RULES = parse({"name": {"zh-hans": "没有规则", "en": "No rules"}})

# Keyed by what the document says, not by tenant: a thousand shops on one preset share one compiled.
_parsed: ProcessCache[tuple[str, int], Rules] = ProcessCache(2_000)


@once_a_page
def active_rules() -> tuple[int, Rules]:
    """Return the version in force and its rules; (0, rules that pay nothing) before the first."""
    return _in_force(clock.now())


def rules_at(moment: datetime) -> Rules:
    """Return the rules that were in force at ``moment``."""
    return _in_force(moment)[1]


IN_FORCE = """
SELECT jsonb_build_array(number, digest) FROM agents_rulesversion WHERE effective_from <= %s
ORDER BY number DESC LIMIT 1
"""
"""Which rules are in force at a moment, for who reads them in a statement of their own."""


def rules_from_row(row: Sequence[Any] | None) -> tuple[int, Rules]:
    """Return the version and the rules that ``IN_FORCE`` found; (0, rules that pay nothing) for None."""
    return (row[0], _rules(row[0], row[1])) if row else (0, NO_RULES)


def _in_force(moment: datetime) -> tuple[int, Rules]:
    row = (
        RulesVersion.objects.filter(effective_from__lte=moment)
        .order_by("-number")
        .values_list("number", "digest")
        .first()
    )
    return rules_from_row(row)


def rules_of(version: int) -> Rules:
    """Return the rules of one version, 0 meaning none. Raises NotFound."""
    if version == 0:
        return NO_RULES
    digest = RulesVersion.objects.filter(number=version).values_list("digest", flat=True).first()
    if digest is None:
        raise NotFound("there is no such version of the rules", field="version", value=version)
    return _rules(version, digest)


def _rules(number: int, digest: str) -> Rules:
    versions = RulesVersion.objects.values_list("document", flat=True)
    return _parsed.answer((digest, number), lambda: parse(versions.get(number=number)).at_version(number))
