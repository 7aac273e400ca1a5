"""A shop's tasks as a member sees them."""

from dataclasses import dataclass
from uuid import UUID

from tenants.agents.member_tasks.models import Task, TaskDone
from tenants.agents.members.models import Member
from tenants.agents.rules.document.parsing import Rules, reach_conditions


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of the shop, and the member's state: empty, reported, confirmed or refused."""

    id: UUID
    name: dict[str, str]
    about: dict[str, str]
    state: str


def tasks_of(member: Member, active: Rules) -> list[TaskView]:
    """The shop's tasks and how the member stands; none where no role asks for tasks."""
    metrics = {leaf.metric for _place, leaf in reach_conditions(active.document)}
    if "tasks" not in metrics:
        return []
    states = dict(TaskDone.objects.filter(member=member).values_list("task_id", "state"))
    return [
        TaskView(task.pk, task.name, task.about, states.get(task.pk, ""))
        for task in Task.objects.order_by("id")
        if task.is_open or task.pk in states
    ]
