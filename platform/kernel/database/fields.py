"""The key of every table, as migrations name it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from kernel.ids import new_id

if TYPE_CHECKING:
    UUIDField = models.UUIDField[UUID | str, UUID]
else:
    UUIDField = models.UUIDField


class IdField(UUIDField):
    """A primary key that is a UUIDv7, whether Django or plain SQL inserts the row."""

    def __init__(self, **options: Any) -> None:
        options |= {
            "primary_key": True,
            "default": new_id,
            "db_default": models.Func(function="uuidv7", output_field=models.UUIDField()),
            "editable": False,
        }
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Return the field without what every key has."""
        name, path, args, _ = super().deconstruct()
        return name, path, args, {}
