"""What migrations see of the models: their shape, never the words that pages use for them."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ProjectState
from django.db.models import Field

WORDS = ("verbose_name", "verbose_name_plural")


class WordlessAutodetector(MigrationAutodetector):
    """Finds changes of models without their names, help texts and choices: no column depends on them."""

    def __init__(self, from_state: ProjectState, to_state: ProjectState, questioner: Any = None) -> None:
        for state in (from_state, to_state):
            _drop_words(state)
        super().__init__(from_state, to_state, questioner)


def _drop_words(state: ProjectState) -> None:
    for model in state.models.values():
        for word in WORDS:
            model.options.pop(word, None)
        for field in model.fields.values():
            _drop_words_of(field)


def _drop_words_of(field: "Field[Any, Any]") -> None:
    # Fields of a ModelState are clones: the models themselves keep their words.
    field._verbose_name, field.help_text, field.choices = None, "", None  # type: ignore[attr-defined]
    if isinstance(field, ArrayField):
        _drop_words_of(field.base_field)
