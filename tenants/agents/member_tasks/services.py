"""Tasks that a shop asks of its members: said to be done by the member, confirmed by an operator.

What is confirmed counts as the metric ``tasks``, on the day of its confirmation.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput, NotFound
from tenants.agents.member_tasks.models import Task, TaskDone
from tenants.agents.members.models import Member
from tenants.agents.roles import services as role_services
from tenants.agents.rules_versions import selectors as rules_version_selectors

State = TaskDone.State


def save_task(
    *,
    name: Mapping[str, str],
    about: Mapping[str, str],
    is_open: bool,
    acting_user: User,
    task: Task | None = None,
) -> Task:
    """Make a task, or change one; what was done of it stays done. Raises InvalidInput without a name."""
    names = {language: text.strip() for language, text in name.items() if text.strip()}
    if not names:
        raise InvalidInput(_("a task needs a name"), field="name", remedy=_("write what is to be done"))
    with transaction.atomic(durable=True):
        task = task or Task()
        task.name, task.is_open = names, is_open
        task.about = {language: text.strip() for language, text in about.items() if text.strip()}
        task.save()
        audit.record(
            "task.saved",
            actor=acting_user,
            object_type="task",
            object_id=task.pk,
            object_label=str(task),
            changes={"name": task.name, "is_open": is_open},
        )
    return task


def report(*, member: Member, task_id: UUID, note: str = "") -> TaskDone:
    """A member says that a task is done; one that was refused may be said again. Again: no change.

    Raises NotFound for a task that is not open.
    """
    with transaction.atomic(durable=True):
        task = Task.objects.filter(pk=task_id, is_open=True).first()
        if task is None:
            raise NotFound(_("there is no such task"), field="task", value=task_id)
        done, _is_new = TaskDone.objects.select_for_update().get_or_create(
            task=task, member=member, defaults={"note": note[:300], "reported_at": clock.now()}
        )
        if done.state == State.REFUSED:
            done.state, done.note, done.decided_at = State.REPORTED, note[:300], None
            done.reported_at = clock.now()
            done.save(update_fields=["state", "note", "decided_at", "reported_at"])
    return done


def decide(*, done_id: UUID, confirmed: bool, acting_user: User) -> TaskDone:
    """Confirm or refuse what a member said; a confirmation may bring them a role. Again: no change.

    Raises NotFound, and Conflict where it was decided otherwise already.
    """
    state = State.CONFIRMED if confirmed else State.REFUSED
    with transaction.atomic(durable=True):
        done = TaskDone.objects.select_for_update().filter(pk=done_id).first()
        if done is None:
            raise NotFound(_("there is no such task"), field="task", value=done_id)
        if done.state == state:
            return done
        if done.state != State.REPORTED:
            raise Conflict(_("this was decided already"), field="state", value=done.state, code="decided")
        done.state, done.decided_at = state, clock.now()
        done.save(update_fields=["state", "decided_at"])
        audit.record(
            f"task.{state}",
            actor=acting_user,
            object_type="member",
            object_id=done.member_id,
            changes={"task": str(done.task)},
        )
        if confirmed:
            role_services.review_member(
                member=done.member,
                metrics=role_services.DOING,
                rules=rules_version_selectors.active_rules()[1],
            )
    return done
