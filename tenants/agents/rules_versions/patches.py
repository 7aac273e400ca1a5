"""What the linter offers to change in a document, applied."""

from kernel.errors import InvalidDocument
from tenants.agents.rules.document import faults
from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.linting.findings import apply_patches
from tenants.agents.rules.linting.lint import lint
from tenants.agents.rules_versions import services


def patched(document: str, which: str) -> str:
    """Return the document with the patch of one finding (its place in the list), or of all that refuse it.

    A document that cannot be read is returned as it is. Comments are lost: what is written is new text.
    """
    try:
        parsed = services.read_document(document)
    except InvalidDocument:
        return document
    findings = lint(parsed)
    if which.isascii() and which.isdigit() and int(which) < len(findings):
        chosen = [findings[int(which)]]
    else:
        chosen = [finding for finding in findings if finding.severity == "refuse"]
    try:
        return parse(apply_patches(parsed.as_json(), chosen)).as_yaml()
    except faults.FaultyDocument:
        return document
