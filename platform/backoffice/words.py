"""The words that consoles use for models and their fields.

They are kept with the screens instead of in models.py, so that a better word never makes a migration
and the models stay free of the language of pages.
"""

from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from kernel.errors import Text


def name_model(model: type[Model], one: Text, many: Text, **fields: Text) -> None:
    """Tell the admin how to call ``model`` and its fields; texts may be lazy translations."""
    meta = model._meta
    meta.verbose_name, meta.verbose_name_plural = one, many  # type: ignore[assignment]
    for name, word in fields.items():
        field = meta.get_field(name)
        _migrate_as_written(field)
        # What models.py says of a field is for whoever reads the code; pages have the word alone.
        field.verbose_name, field.help_text = word, ""  # type: ignore[union-attr]


def name_app(label: str, word: Text) -> None:
    """Tell the admin how to call an app above its models' pages."""
    apps.get_app_config(label).verbose_name = word  # type: ignore[assignment]


def name_choices(model: type[Model], field: str, words: dict[str, Text]) -> None:
    """Tell the admin how to call the choices of a field."""
    target = model._meta.get_field(field)
    _migrate_as_written(target)
    target.choices = [(value, words.get(value, label)) for value, label in target.choices or ()]  # type: ignore[union-attr]


def _migrate_as_written(field: Any) -> None:
    """Let migrations go on seeing the field as models.py has it, without the words of pages."""
    if isinstance(field, Field) and "deconstruct" not in vars(field):
        written = field.deconstruct()
        field.deconstruct = lambda: written  # type: ignore[method-assign]
