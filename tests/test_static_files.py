"""Every static file that a page names exists: a missing one is a page without its look, not an error."""

import re
from pathlib import Path

from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("platform", "billing", "tenants", "storefront_theme", "supply_api")
NAMED = re.compile(r"""\{%\s*static\s+["']([^"']+)["']|\bstatic\(["']([^"'{]+)["']\)""")


def test_every_static_file_that_is_named_exists() -> None:
    named = [
        (file.relative_to(ROOT), "".join(match))
        for folder in FOLDERS
        for pattern in ("*.html", "*.py")
        for file in (ROOT / folder).rglob(pattern)
        for match in NAMED.findall(file.read_text())
    ]
    assert len(named) > 10
    assert [item for item in named if finders.find(item[1]) is None] == []
