"""Reading requests the way Stripe writes them: form fields like ``metadata[order]=1`` and ``expand[0]=x``."""

import re
from collections.abc import Iterable
from typing import Any

from billing.payments.sandbox.stripe import currencies
from billing.payments.sandbox.stripe.faults import Fault, required


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Turn flat form fields into nested dictionaries and lists."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        node = tree
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        last = keys[-1] or str(len(node))
        node[last] = value
    listed = _lists(tree)
    assert isinstance(listed, dict)
    return listed


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}


def text(params: dict[str, Any], name: str) -> str:
    """Return a required text."""
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise required(name)
    return value


def amount(params: dict[str, Any], name: str = "amount", default: int | None = None) -> int:
    """Return a positive integer of Stripe's units."""
    if name not in params and default is not None:
        return default
    value = text(params, name)
    if not re.fullmatch(r"-?\d+", value):
        raise Fault(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    if int(value) < 1:
        raise Fault(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=name
        )
    return int(value)


def charge(params: dict[str, Any]) -> tuple[int, str]:
    """Return what a payment is over, and its currency: between the least and the greatest amount."""
    code = currency(params)
    value = amount(params)
    currencies.require_whole(value, code)
    currencies.require_chargeable(value, code)
    return value, code


def currency(params: dict[str, Any]) -> str:
    """Return a currency that payments are taken in, in lower case."""
    value = text(params, "currency").lower()
    currencies.require_known(value)
    return value


def metadata(params: dict[str, Any]) -> dict[str, str]:
    """Return the metadata given, with empty values left out as Stripe does."""
    values = params.get("metadata") or {}
    return {key: value for key, value in values.items() if value != ""}


def flag(params: dict[str, Any], name: str, *, default: bool = False) -> bool:
    """Return a boolean."""
    return str(params.get(name, default)).lower() == "true"


def search_clauses(query: str) -> list[tuple[bool, str, str]]:
    """Read ``metadata['order']:'1' AND status:'succeeded'`` into (is metadata, name, value)."""
    clauses = []
    for clause in query.split(" AND "):
        match = re.fullmatch(r"""\s*(?:metadata\[["'](.+?)["']\]|(\w+)):["'](.*)["']\s*""", clause)
        if match is None:
            raise Fault(f"We were unable to parse your search query: {clause}", param="query")
        clauses.append((match[1] is not None, match[1] or match[2], match[3]))
    return clauses
