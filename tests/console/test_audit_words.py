"""Nothing of the audit log is read as a code: every action and fact that the code writes down has words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils import translation

from accounts import roles
from backoffice.audit_entries import ACTIONS, FACTS, object_name
from kernel import audit
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tests.support.consoles import ShopConsole

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("platform", "billing", "tenants", "storefront_theme", "supply_api")
CODE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
WRITES = re.compile(r"audit\.record(_on)?|_audit|_record|_answered|_record_download")


def calls() -> Iterator[ast.Call]:
    """Yield every call that writes an entry."""
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text()
            if "audit" in text:
                tree = ast.parse(text)
                yield from (
                    node
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Call) and WRITES.fullmatch(ast.unparse(node.func))
                )


def words_of(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def test_every_action_that_is_written_down_has_words() -> None:
    actions = {
        word for call in calls() for part in call.args for word in words_of(part) if CODE.fullmatch(word)
    }
    # An action of one word is the first text of the call.
    for call in calls():
        first = next((word for part in call.args for word in words_of(part)), "")
        if ast.unparse(call.func).startswith("audit.record") and re.fullmatch(r"[a-z]+(_[a-z]+)*", first):
            actions.add(first)
    assert len(actions) > 70
    assert actions - set(ACTIONS) == set()


def test_every_fact_that_is_written_down_has_words() -> None:
    facts = {
        word
        for call in calls()
        for option in call.keywords
        if option.arg == "changes" and isinstance(option.value, ast.Dict)
        for key in option.value.keys
        if key is not None
        for word in words_of(key)
    }
    assert len(facts) > 30
    assert facts - set(FACTS) == set()


def test_all_words_are_in_both_languages() -> None:
    for texts in (ACTIONS, FACTS):
        for code, text in texts.items():
            with translation.override("zh-hans"):
                assert re.search(r"[\u3400-\u9fff]", str(text)), code


def test_the_log_of_a_shop_reads_in_words(console: ShopConsole) -> None:
    owner = console.person(roles.OWNER)
    with in_tenant(console.tenant):
        for action in ACTIONS:
            audit.record(action, actor=owner, object_type="shop.order", object_id="1")
        assert AuditEntry.objects.count() > 0
    page = console.browser().get("/console/kernel/auditentry/?action=api_key.revoked").content.decode()
    table = page.split("<tbody")[1].split("</tbody")[0]
    assert "API key revoked" in table
    assert "api_key.revoked" not in re.sub(r"<[^>]*>", "", table)
    assert "shop.order" not in table
    assert object_name("shop.order") != "shop.order"
    assert object_name("nothing.known") == "nothing.known"
