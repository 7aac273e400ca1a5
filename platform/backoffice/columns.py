"""Columns of lists: amounts as money, states as labels, texts in the reader's language, shops by name.

``column_for`` chooses one by the kind of a model's field, so that a list names fields and nothing else.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.admin import display
from django.db.models import BigIntegerField, Field, JSONField, Model
from unfold.decorators import display as unfold_display

from backoffice.tones import TONES
from kernel.errors import Text
from kernel.money.money import format_money
from kernel.texts.translated import pick

type Column = Callable[[Any], Any]


class _Labels(dict[str, str | None]):
    """A state without a tone is shown by its word all the same; Unfold alone would show its code."""

    def __missing__(self, code: str) -> None:
        return None


def money(name: str, title: Text) -> Column:
    """Return a column that shows minor units of the row's ``currency`` as money."""

    @display(description=title, ordering=name)  # type: ignore[arg-type]
    def column(row: Any) -> str:
        amount = getattr(row, name)
        return "–" if amount is None else format_money(amount, row.currency)

    return column


def state(name: str, title: Text) -> Column:
    """Return a column that shows a choice as a coloured label."""

    @unfold_display(description=title, label=_Labels(TONES), ordering=name)  # type: ignore[untyped-decorator]
    def column(row: Any) -> tuple[str, str]:
        return getattr(row, name), getattr(row, f"get_{name}_display")()

    return column  # type: ignore[no-any-return]


def text(name: str, title: Text) -> Column:
    """Return a column that shows a text in the reader's language."""

    @display(description=title)  # type: ignore[arg-type]
    def column(row: Any) -> str:
        return pick(getattr(row, name))

    return column


def tenant(name: str, title: Text, tenant_name: Callable[[UUID], str]) -> Column:
    """Return a column that names the tenant whose id the row carries."""

    @display(description=title, ordering=name)  # type: ignore[arg-type]
    def column(row: Any) -> str:
        return tenant_name(getattr(row, name))

    return column


def column_for(
    field: "Field[Any, Any]", tenant_name: Callable[[UUID], str], *, in_list: bool
) -> Column | None:
    """Return how a field is shown in a list or on a row's page; None: as Django shows it."""
    title = field.verbose_name or field.name
    if field.name == "tenant_id":
        return tenant(field.name, title, tenant_name)
    if isinstance(field, BigIntegerField) and _has(field.model, "currency"):
        return money(field.name, title)
    if not in_list:
        return None
    if field.name in {"state", "status", "role"} and field.choices:
        return state(field.name, title)
    return text(field.name, title) if isinstance(field, JSONField) else None


def _has(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.fields)
