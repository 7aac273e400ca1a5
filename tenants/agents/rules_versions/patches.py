"""What the linter offers to change in a document, applied."""

from kernel.errors import InvalidDocument
from tenants.agents.rules.document import faults
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.linting import patching
from tenants.agents.rules.linting.changes import apply_patches
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules_versions import services


def patched(document: str, which: str) -> str:
    """Return the document with the patch of one finding (its place in the list), or of all that refuse it.

    A document that cannot be read, before or after, is returned as it is. Comments are lost: what is written
    is new text.
    """
    try:
        parsed = services.read_document(document)
    except InvalidDocument:
        return document
    findings = lint(parsed)
    if not (which.isascii() and which.isdigit() and int(which) < len(findings)):
        return patching.patched(parsed, {"refuse"}).as_yaml()
    try:
        return parse(apply_patches(parsed.as_json(), [findings[int(which)]])).as_yaml()
    except faults.FaultyDocument:
        return document
