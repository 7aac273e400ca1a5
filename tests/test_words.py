"""One word for one thing: no identifier has a word that docs/glossary.md replaces, no local is generic."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("platform", "billing", "tenants", "storefront_theme", "supply_api", "tests")
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
RULED_OUT = {
    word
    for row in re.findall(r"^\|(?!.concept|---).*\|([^|]*)\|$", GLOSSARY, re.MULTILINE)
    for word in re.findall(r"`(\w+)`", row)
}
"""Words of identifiers that the glossary replaces; one with an underscore is a pair of neighbouring words."""
LOCALS = set(re.findall(r"`(\w+)`", GLOSSARY.rpartition("names for variables and parameters:")[2]))
METHODS_OF_OTHERS = {"touch", "tell"}
"""Methods of pathlib and of files."""
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\b|_)|[A-Z]?[a-z]+|[A-Z]+")


def words_of(identifier: str) -> set[str]:
    words = [word.lower() for word in WORD.findall(identifier)]
    pairs = {f"{first}_{second}" for first, second in itertools.pairwise(words)}
    return {*words, *pairs}


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name
            case ast.Attribute(attr=name) if name not in METHODS_OF_OTHERS:
                yield node.lineno, name
            case ast.alias(name=name, asname=alias):
                yield node.lineno, alias or name.rpartition(".")[2]


def local_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def faults(*folders: str) -> list[str]:
    wrong = []
    for file in (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))):
        tree = ast.parse(file.read_text())
        where = file.relative_to(ROOT)
        wrong += [f"{where}:{line} {name}" for line, name in identifiers(tree) if words_of(name) & RULED_OUT]
        wrong += [f"{where}:{line} local {name}" for line, name in local_names(tree) if name in LOCALS]
    return list(dict.fromkeys(wrong))


def test_the_glossary_is_read() -> None:
    assert {"news", "shares", "held_until"} <= RULED_OUT
    assert {"found", "one"} <= LOCALS


def test_no_identifier_uses_a_word_that_is_ruled_out() -> None:
    assert faults(*FOLDERS) == []


def test_an_alias_of_a_noun_means_one_module_over_the_whole_tree() -> None:
    modules: dict[str, set[str]] = {}
    for file in (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.asname and alias.name in {"services", "selectors"}:
                        modules.setdefault(alias.asname, set()).add(f"{node.module}.{alias.name}")
    assert {alias: sorted(names) for alias, names in modules.items() if len(names) > 1} == {}
