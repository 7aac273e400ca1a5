"""The deployment guide names every setting that the service reads, and no other."""

import ast
import re

from config.env import Env
from tests.support.cluster import ROOT

GUIDE = ROOT / "docs/guides/deployment.md"
PACKAGES = ("platform", "billing", "tenants", "storefront_theme", "supply_api")
OF_OTHERS = {"DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED"}
"""Python's and Django's own: their guides say what they mean."""


def named_in_the_guide() -> list[str]:
    section = GUIDE.read_text(encoding="utf-8").split("\n## Settings\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([A-Z0-9_]+)`", cell)]


def read_in(text: str) -> set[str]:
    """Return what a module takes out of os.environ by name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Subscript(value=source, slice=ast.Constant(value=str(name))):
                is_environment = ast.unparse(source) == "os.environ"
            case ast.Call(func=ast.Attribute(value=source), args=[ast.Constant(value=str(name)), *_rest]):
                is_environment = ast.unparse(source) in {"os.environ", "os"} and name.isupper()
            case _:
                continue
        if is_environment:
            names.add(name)
    return names


def test_every_setting_is_in_the_guide_and_no_other() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    elsewhere = {name for file in files for name in read_in(file.read_text(encoding="utf-8"))}
    assert {"PROMETHEUS_MULTIPROC_DIR", "DJANGO_SETTINGS_MODULE"} <= elsewhere
    named = named_in_the_guide()
    assert len(named) == len(set(named))
    assert set(named) == (set(Env.model_fields) | elsewhere) - OF_OTHERS


def test_the_examples_name_only_settings() -> None:
    for example in ROOT.glob("deploy/*.env.example"):
        lines = example.read_text(encoding="utf-8").splitlines()
        names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
        assert names <= set(Env.model_fields), example
