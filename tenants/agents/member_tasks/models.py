"""Tasks that a shop asks of its members, and what members report of them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models import Uuid7Model
from kernel.texts.translated import pick
from tenants.agents.members.models import Member


class Task(Uuid7Model):
    """Something a shop asks of its members, such as a training; completed tasks count towards roles."""

    name = models.JSONField(help_text='{"zh-hans": …, "en": …}')
    about = models.JSONField(default=dict, blank=True)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return pick(self.name)


class TaskDone(Uuid7Model):
    """A member says that a task is done, and an operator confirms it. Once for each member and task."""

    class State(models.TextChoices):
        REPORTED = "reported"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="done")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="tasks")
    state = models.CharField(max_length=9, choices=State, default=State.REPORTED)
    note = models.CharField(max_length=300, blank=True, default="")
    reported_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "member"], name="task_done_once"),
            models.CheckConstraint(
                condition=Q(state="reported", decided_at__isnull=True)
                | Q(state__in=["confirmed", "refused"], decided_at__isnull=False),
                name="task_decided_at",
            ),
        ]
        indexes = [models.Index(fields=["reported_at"], condition=Q(state="reported"), name="task_to_decide")]

    def __str__(self) -> str:
        return f"{self.task}: {self.state}"
