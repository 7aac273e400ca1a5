"""Findings of the linter as pages show them."""

from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import tones
from kernel.texts.translated import pick

SEVERITIES = {
    "refuse": gettext_lazy("refused"),
    "sign_off": gettext_lazy("needs the central team's signature"),
    "warn": gettext_lazy("warning"),
    "note": gettext_lazy("note"),
}


def shown(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the linter's findings with words in the reader's language."""
    return [
        {
            **finding,
            "message": pick(finding.get("message")),
            "remedy": pick(finding.get("remedy")),
            "article": pick(finding.get("article")),
            "label": SEVERITIES.get(finding.get("severity", ""), finding.get("severity", "")),
            "tone": tones.badge(finding.get("severity", "")),
        }
        for finding in findings
    ]
