"""What pydantic finds wrong, said the way people write documents: place, line, value and remedy."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tenants.agents.rules.document.faults import (
    MAX_FAULTS,
    DocumentFault,
    FaultyDocument,
    Lines,
    fault,
    line_of,
    path_text,
)

# What pydantic calls a wrong kind of value -> how people call the right kind.
_KINDS = {
    "string_type": ("文字（数字请加引号）", "text (put a number into quotes)"),
    "bool_type": ("true 或 false", "true or false"),
    "bool_parsing": ("true 或 false", "true or false"),
    "int_type": ("整数", "a whole number"),
    "int_parsing": ("整数", "a whole number"),
    "int_from_float": ("整数", "a whole number"),
    "list_type": ("列表（每行以 - 开头）", "a list (each line begins with -)"),
    "dict_type": ("“键: 值”的形式", "keys with values"),
    "model_type": ("“键: 值”的形式", "keys with values"),
    "model_attributes_type": ("“键: 值”的形式", "keys with values"),
    "date_type": ("日期，例如 2027-01-01", "a date such as 2027-01-01"),
    "date_parsing": ("日期，例如 2027-01-01", "a date such as 2027-01-01"),
    "date_from_datetime_parsing": ("日期，例如 2027-01-01", "a date such as 2027-01-01"),
}
_BOUNDS = {
    "greater_than_equal": ("ge", "≥ {}"),
    "less_than_equal": ("le", "≤ {}"),
    "too_short": ("min_length", "≥ {}"),
    "too_long": ("max_length", "≤ {}"),
    "string_too_short": ("min_length", "≥ {}"),
    "string_too_long": ("max_length", "≤ {}"),
}


def validated[M: BaseModel](model: type[M], data: Any, lines: Lines) -> M:
    """Return ``data`` as ``model``; raise FaultyDocument with every fault, at most 50."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FaultyDocument(tuple(_faults_of(model, error, data, lines))[:MAX_FAULTS]) from None


def _faults_of(
    model: type[BaseModel], error: ValidationError, data: Any, lines: Lines
) -> Iterator[DocumentFault]:
    seen: set[tuple[str, str]] = set()
    for error_row in error.errors(include_url=False):
        # A name is a text, or a text for each language: what was written shows which was meant.
        branch, is_dict = (
            str(error_row["loc"][-1] if error_row["loc"] else ""),
            isinstance(error_row["input"], dict),
        )
        if (branch.startswith("dict[") and not is_dict) or (branch.startswith("constrained-") and is_dict):
            continue
        location = _existing(error_row["loc"], data)
        result = _fault_of(model, error_row, location, lines)
        # The branches of a union complain one by one about the same value.
        if (result.path, result.code) not in seen:
            seen.add((result.path, result.code))
            yield result


def _existing(location: tuple[int | str, ...], data: Any) -> tuple[int | str, ...]:
    """Drop the names of union branches that pydantic puts into a location; keep what the person wrote."""
    kept: list[int | str] = []
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        if (
            isinstance(data, dict)
            and isinstance(part, str)
            and (part in data or (is_last and "[" not in part))
        ):
            kept.append(part)
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            kept.append(part)
            data = data[part]
    return tuple(kept)


def _fault_of(
    model: type[BaseModel], error_row: Any, location: tuple[int | str, ...], lines: Lines
) -> DocumentFault:
    kind, value, context = error_row["type"], error_row.get("input"), error_row.get("ctx") or {}
    path, line = path_text(location), line_of(location, lines)
    key = str(location[-1]) if location else ""
    if kind == "missing":
        return fault("missing", path, line, "", key=key)
    if kind == "extra_forbidden":
        known = _known_keys(model, location)
        return fault("unknown_key", path, line, key, key=key, known=", ".join(known), **_guess(key, known))
    if kind in {"literal_error", "enum"}:
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return fault("choice", path, line, value, expected=", ".join(choices), **_guess(value, choices))
    if kind == "string_pattern_mismatch":
        return fault("id", path, line, _short(value))
    if kind == "too_short" and isinstance(value, list):
        return fault("too_few", path, line, least=context.get("min_length", 1))
    if kind in _KINDS:
        zh, en = _KINDS[kind]
        if kind.startswith("model_"):
            keys = ", ".join(_known_keys(model, (*location, "")))
            zh, en = f"{zh}（{keys}）", f"{en} ({keys})"
        return fault("kind", path, line, _short(value), expected_zh=zh, expected=en)
    if kind in _BOUNDS:
        name, text = _BOUNDS[kind]
        return fault("bounds", path, line, _short(value), expected=text.format(context.get(name, "")))
    if error_row["msg"] == "see faults":
        shown = context.pop("value", _short(value))
        return fault(kind, path, line, shown, **context)
    return fault("value", path, line, _short(value), problem=error_row["msg"])


def _guess(written: Any, known: Sequence[str]) -> dict[str, str]:
    """What somebody may have meant, as the parts of a remedy; empty where nothing is like it."""
    near = difflib.get_close_matches(str(written).lower().replace(" ", "_"), known, 1)
    return {"guess": f"是不是想写 “{near[0]}”？", "guess_en": f'Did you mean "{near[0]}"?'} if near else {}


def _short(value: Any) -> str:
    return "…" if isinstance(value, dict | list) else str(value)


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the part around ``location`` may have, by walking the models."""
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        model = (
            _model_in(model.model_fields[part].annotation) or model if part in model.model_fields else model
        )
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
