"""What a lint finding is: severity, place, the law it concerns, and the smallest change that removes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tenants.agents.rules.document.faults import EN, ZH, Lines, Texts, path_text
from tenants.agents.rules.linting.texts import TEXTS

Severity = Literal["refuse", "sign_off", "warn", "note"]
ORDER: tuple[Severity, ...] = ("refuse", "sign_off", "warn", "note")
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One step of a patch: ``set`` a value at a place of the document, or ``remove`` what stands there."""

    op: Literal["set", "remove"]
    location: Location
    value: Any = None

    def texts(self) -> Texts:
        """Return the step in words."""
        place, value = path_text(self.location), json.dumps(self.value, ensure_ascii=False)
        if self.op == "remove":
            return {ZH: f"删掉 {place}", EN: f"remove {place}"}
        return {ZH: f"把 {place} 写成 {value}", EN: f"set {place} to {value}"}


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing about a document that somebody should know before it is switched on.

    ``refuse`` cannot be overridden by anybody; ``sign_off`` needs a named person of the central team.
    ``patch`` applied to the document removes the finding.
    """

    severity: Severity
    code: str
    path: str
    line: int
    message: Texts
    article: Texts
    remedy: Texts
    patch: tuple[DocumentChange, ...]

    def patch_text(self, language: str = EN) -> str:
        """Return the patch as a person would say it: ``set tax.commission to "withheld_by_platform"``."""
        return ("；" if language == ZH else "; ").join(change.texts()[language] for change in self.patch)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready data."""
        return {
            "severity": self.severity,
            "code": self.code,
            "path": self.path,
            "line": self.line or None,
            "message": self.message,
            "article": self.article,
            "remedy": self.remedy,
            "patch": [
                {"op": change.op, "path": path_text(change.location), "value": change.value}
                for change in self.patch
            ],
        }


def finding(
    severity: Severity,
    code: str,
    location: Location,
    patch: Sequence[DocumentChange],
    lines: Lines,
    *,
    near: Location = (),
    **params: Any,
) -> LintFinding:
    """Make a finding of the given code with its sentences filled in.

    ``near`` is where to look when nothing is written at ``location``: what makes it needed.
    """
    article, zh, en, zh_remedy, en_remedy = TEXTS[code]
    place = location
    while place and place not in lines:
        place = place[:-1]
    if near and len(place) < len(location):
        place = near
    return LintFinding(
        severity=severity,
        code=code,
        path=path_text(location),
        line=lines.get(place, 1 if lines else 0),
        message={ZH: zh.format_map(params), EN: en.format_map(params)},
        article={ZH: article[0], EN: article[1]},
        remedy={ZH: zh_remedy.format_map(params), EN: en_remedy.format_map(params)},
        patch=tuple(patch),
    )
