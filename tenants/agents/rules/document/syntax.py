"""What is wrong with a text that is no YAML, said about the line on which it was written.

A parser notices a mistake where it can go no further, which is often a line later, and names it in its own
words. People look for what they typed.
"""

import re

import yaml

from tenants.agents.rules.document import look_alikes
from tenants.agents.rules.document.faults import DocumentFault, fault

_NO_SPACE = re.compile(r"\s*(?:- )?[\w-]+:[^\s/]")


def fault_of(error: yaml.YAMLError, source: str) -> DocumentFault:
    """Return the fault that a parser's error stands for; at most one, for nothing after it can be read."""
    lines = source.split("\n")
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", "") or "?")
    noticed, begun = _line(getattr(error, "problem_mark", None)), _line(getattr(error, "context_mark", None))
    written = _text(lines, noticed)
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return fault("tab", line=noticed, value=written.strip())
    # Where a colon or a space is another character, the next line is where the parser stumbles.
    for line in (begun, noticed, noticed - 1):
        if alike := look_alikes.fault_on(line, lines):
            return alike
    code, line = _code(problem, written, _text(lines, begun)), noticed
    if code in {"no_colon", "no_space", "not_closed"} and begun:
        line = begun
    return fault(code, line=line, value=_text(lines, line).strip(), problem=problem[:200])


def _code(problem: str, written: str, begun: str) -> str:
    """The code of a fault by what the parser says, where it noticed it and where that part began."""
    if "expected ':'" in problem:
        return "no_space" if _NO_SPACE.match(begun) else "no_colon"
    if "unexpected end of stream" in problem or "',' or" in problem:
        return "not_closed"
    if "mapping values are not allowed" in problem:
        return "second_colon" if len(re.findall(r":(?:\s|$)", written)) > 1 else "indent"
    if "'-' indicator" in problem or "expected <block end>" in problem or "expected key" in problem:
        return "indent"
    return "needs_quotes" if "cannot start any token" in problem else "syntax"


def _line(mark: yaml.Mark | None) -> int:
    return mark.line + 1 if mark else 0


def _text(lines: list[str], line: int) -> str:
    # What is missing at the end of a text is reported for the line after it.
    return lines[line - 1] if 0 < line <= len(lines) else ""
