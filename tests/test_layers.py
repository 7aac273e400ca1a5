"""What import-linter cannot say: no domain imports the admin, forms, views or templates of Django."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOMAINS = (
    "platform/accounts",
    "platform/catalog",
    "platform/fulfilment",
    "platform/kernel",
    "platform/selection",
    "billing",
    "tenants/agents",
    "tenants/api_keys",
    "tenants/brand",
    "tenants/concentration",
    "tenants/registry",
    "tenants/shop",
)
PAGES = ("django.contrib.admin", "django.forms", "django.shortcuts", "django.template", "django.views")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_domain_imports_pages() -> None:
    files = [file for domain in DOMAINS for file in (ROOT / domain).rglob("*.py")]
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name in PAGES or name.startswith(tuple(f"{page}." for page in PAGES))
    ]
    assert len(files) > 200
    assert wrong == []
