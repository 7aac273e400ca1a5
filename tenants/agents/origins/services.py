"""Opening and closing live rooms, notes and groups."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from kernel import audit
from tenants.agents.members import services as member_services
from tenants.agents.members.models import Member
from tenants.agents.origins.models import Origin


def open_origin(*, kind: str, owner: Member, title: str, acting_user: User | None) -> Origin:
    """Make a live room, note or group of ``owner``; a link with its code lets sales through it be theirs."""
    with transaction.atomic(durable=True):
        origin = Origin.objects.create(
            kind=Origin.Kind(kind),
            owner=owner,
            title=title.strip()[:120],
            code=member_services.new_code(),
        )
        _audit("origin.opened", origin, acting_user, {"kind": origin.kind, "owner": str(owner.pk)})
    return origin


def close_origin(*, origin: Origin, acting_user: User | None) -> None:
    """Let nothing more be sold through an origin; what was sold keeps its people. Again: no change."""
    with transaction.atomic(durable=True):
        if Origin.objects.filter(pk=origin.pk, is_open=True).update(is_open=False):
            _audit("origin.closed", origin, acting_user)


def _audit(action: str, origin: Origin, actor: User | None, changes: Mapping[str, str] | None = None) -> None:
    audit.record(
        action,
        actor=actor or "system",
        object_type="origin",
        object_id=origin.pk,
        object_label=origin.title,
        changes=changes or {},
    )
