"""The audit log: every action by hand is written down, with who, what and why."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from kernel.models import AuditEntry
from kernel.tenancy import current_schema


def record(
    action: str,
    *,
    actor: Any,
    object_type: str,
    object_id: Any,
    object_label: str = "",
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    schema: str | None = None,
) -> None:
    """Append one entry in the present transaction. ``actor`` is a user, or a string for a machine."""
    actor_id = getattr(actor, "pk", None)
    AuditEntry.objects.create(
        schema=schema or current_schema(),
        actor_id=actor_id if isinstance(actor_id, UUID) else None,
        actor_label=str(actor)[:200],
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        object_label=object_label[:200],
        changes=dict(changes or {}),
        reason=reason,
    )


def record_on(
    row: Model,
    action: str,
    *,
    actor: Any,
    label: str = "",
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    schema: str | None = None,
) -> None:
    """Append one entry about a row, which is named by ``label`` or else by its own text; see ``record``."""
    record(
        action,
        actor=actor,
        object_type=row._meta.label_lower,
        object_id=row.pk,
        object_label=label or str(row),
        changes=changes,
        reason=reason,
        schema=schema,
    )
