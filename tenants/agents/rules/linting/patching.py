"""A document with the patches of its findings applied, until nothing of what was chosen is found any more."""

from collections.abc import Set

from tenants.agents.rules.document.faults import FaultyDocument
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.findings import LintFinding, Severity
from tenants.agents.rules.linting.lint import Profile, lint

MOST_STEPS = 200
"""A document has at most so many lines and roles together, and each patch takes one of them away for good."""


def patched(rules: Rules, severities: Set[Severity], profile: Profile = "cn") -> Rules:
    """Return the rules without findings of ``severities``, all others as they are.

    All patches are applied at once where that can be read; else one after another, for a patch can make
    another one needless, or wrong. What cannot be patched stays.
    """
    for _step in range(MOST_STEPS):
        chosen = [finding for finding in lint(rules, profile) if finding.severity in severities]
        if not chosen:
            break
        step = _patched(rules, chosen) or next(filter(None, (_patched(rules, [f]) for f in chosen)), None)
        if step is None:
            break
        rules = step
    return rules


def _patched(rules: Rules, findings: list[LintFinding]) -> Rules | None:
    """The rules with patches applied, or None where the document could not be read then."""
    try:
        return parse(apply_patches(rules.as_json(), findings))
    except FaultyDocument:
        return None
