"""Changes of a document's data: what a patch consists of, applied."""

from collections.abc import Iterable, Sequence
from typing import Any

from tenants.agents.rules.document.faults import FaultyDocument
from tenants.agents.rules.document.parsing import Rules, parse
from tenants.agents.rules.linting.findings import DocumentChange, LintFinding, Location


def apply_patches(data: dict[str, Any], findings: Iterable[LintFinding]) -> dict[str, Any]:
    """Return a copy of the document's data with the patches of all ``findings`` applied."""
    return apply_changes(data, [change for finding in findings for change in finding.patch])


def apply_changes(data: dict[str, Any], changes: Sequence[DocumentChange]) -> dict[str, Any]:
    """Return a copy of the document's data with ``changes`` applied: of two values for one place the last.

    Places are removed from the end of a list backwards, so that earlier indexes stay true.
    """
    result: dict[str, Any] = _copy(data)
    for change in changes:
        if change.op == "set":
            _set(result, change.location, change.value)
    removals = {change.location for change in changes if change.op == "remove"}
    for location in sorted(removals, key=_removal_order, reverse=True):
        _remove(result, location)
    return result


def is_valid_with(rules: Rules, changes: Sequence[DocumentChange]) -> bool:
    """Return whether the document with ``changes`` applied can still be read."""
    try:
        parse(apply_changes(rules.as_json(), changes))
    except FaultyDocument:
        return False
    return True


def _removal_order(location: Location) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, part) if isinstance(part, int) else (1, part) for part in location)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value


def _set(data: Any, location: Location, value: Any) -> None:
    for part in location[:-1]:
        data = data.setdefault(part, {}) if isinstance(data, dict) else data[part]
    data[location[-1]] = value


def _remove(data: Any, location: Location) -> None:
    for part in location[:-1]:
        if isinstance(data, dict) and part not in data:
            return
        data = data[part]
    if isinstance(data, list):
        del data[int(location[-1])]
    else:
        data.pop(location[-1], None)
