"""Whoever moves money by hand leaves a line in the audit log, whatever command of billing it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import billing

ROOT = Path(billing.__file__).parent
WRITES = {"record", "record_on", "_record", "_audit"}


def commands() -> Iterator[tuple[str, ast.FunctionDef, dict[str, ast.FunctionDef]]]:
    """Yield each public function that is told who acts, with all functions of its module."""
    for file in sorted(ROOT.rglob("*.py")):
        if "migrations" in file.parts:
            continue
        functions = {
            node.name: node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)
        }
        for name, node in functions.items():
            parameters = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            if "acting_user" in parameters and not name.startswith("_"):
                yield f"{file.relative_to(ROOT).with_suffix('')}.{name}", node, functions


def leaves_a_line(node: ast.FunctionDef, functions: dict[str, ast.FunctionDef], seen: set[str]) -> bool:
    """True if a call in it writes to the log, here or in a function of its module, or hands the person on."""
    for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        hands_on = any(word.arg == "acting_user" for word in call.keywords)
        if name in WRITES or (hands_on and name not in functions):
            return True
        if name in functions and name not in seen:
            seen.add(name)
            if leaves_a_line(functions[name], functions, seen):
                return True
    return False


def test_every_command_that_knows_its_person_writes_it_down() -> None:
    acts = list(commands())
    assert len(acts) > 20
    silent = [where for where, node, functions in acts if not leaves_a_line(node, functions, {node.name})]
    assert silent == []


def test_one_that_writes_nothing_is_found() -> None:
    tree = ast.parse("def pay(*, acting_user): _move()\ndef _move(): ledger.post()")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not leaves_a_line(functions["pay"], functions, {"pay"})
