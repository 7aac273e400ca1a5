"""What operators do about members: roles, companies, tasks to confirm, live rooms, notes and groups."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import signed_in
from backoffice.forms import ConsoleForm
from backoffice.screens import attempt, press, render
from components.console_questions import asks
from components.questions import Question
from kernel.errors import NotFound
from kernel.texts.translated import pick
from tenants.agents.member_tasks import services as member_task_services
from tenants.agents.models import Member, Origin, Task, TaskDone
from tenants.agents.origins import services as origin_services
from tenants.agents.roles import services as role_services
from tenants.console.members.forms import CompanyForm, GrantForm, OriginForm, RevokeForm, TaskForm

SHOWN = 100


def _change(
    request: HttpRequest, member_id: UUID, form: ConsoleForm, command: Callable[..., Any], said: str
) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    return press(
        request,
        lambda: command(member=member, acting_user=signed_in(request), **form.cleaned_data),
        "console:agents_member_change",
        member.pk,
        said=said,
        form=form,
    )


def grant(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give a role by hand; it is written to the audit log."""
    return _change(
        request, member_id, GrantForm(request.POST), role_services.grant_role, _("The role is given.")
    )


def revoke(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take a role away, for a reason."""
    form = RevokeForm(request.POST)
    return _change(request, member_id, form, role_services.revoke_role, _("The role is taken away."))


def company(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Note the registered company behind a member."""
    return _change(request, member_id, CompanyForm(request.POST), role_services.register_company, _("Saved."))


def tasks(request: HttpRequest) -> HttpResponse:
    """Show what members say is done, to be confirmed, and the shop's tasks; a post makes a task."""
    may_change = request.user.has_perm("agents.change_task")
    form = TaskForm(request.POST or None)
    if may_change and attempt(
        request,
        form,
        lambda: member_task_services.save_task(**form.texts(), is_open=True, acting_user=signed_in(request)),
        _("Saved."),
    ):
        return redirect("console:member_tasks")
    reported = TaskDone.objects.filter(state=TaskDone.State.REPORTED).select_related("task", "member__user")
    context = {
        "title": _("Tasks of members"),
        "form": form,
        "waiting": reported.order_by("reported_at")[:SHOWN],
        "tasks": Task.objects.order_by("-is_open", "id"),
        "may_change": may_change,
    }
    return render(request, "console/members/tasks.html", context)


def open_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Open a task, or close it; what was done of it stays done."""
    task = get_object_or_404(Task, pk=task_id)
    return press(
        request,
        lambda: member_task_services.save_task(
            task=task,
            name=task.name,
            about=task.about,
            is_open=request.POST.get("open") == "yes",
            acting_user=signed_in(request),
        ),
        "console:member_tasks",
    )


def _ask_decide_task(request: HttpRequest, done_id: UUID) -> Question | None:
    done = TaskDone.objects.filter(pk=done_id).select_related("task", "member__user").first()
    if done is None or request.POST.get("decision") != "confirm":
        return None  # who was refused may report it again
    return Question(
        title=_("Confirm that %(name)s has done this?") % {"name": done.member.user},
        facts=[pick(done.task.name), _("It counts for roles from now on, and cannot be taken back.")],
        button=_("Confirm"),
        back=reverse("console:member_tasks"),
    )


@asks(_ask_decide_task)
def decide_task(request: HttpRequest, done_id: UUID) -> HttpResponse:
    """Confirm or refuse what a member said is done."""
    return press(
        request,
        lambda: member_task_services.decide(
            done_id=done_id,
            confirmed=request.POST.get("decision") == "confirm",
            acting_user=signed_in(request),
        ),
        "console:member_tasks",
        said=_("Saved."),
    )


def origins(request: HttpRequest) -> HttpResponse:
    """Show through what sales come and whose they are; a post makes one."""
    may_change = request.user.has_perm("agents.change_origin")
    form = OriginForm(request.POST or None)
    if may_change and attempt(request, form, lambda: _open_origin(request, form), _("Saved.")):
        return redirect("console:origins")
    context = {
        "title": _("Live rooms, notes and groups"),
        "form": form,
        "origins": Origin.objects.select_related("owner__user").order_by("-is_open", "-id")[:SHOWN],
        "may_change": may_change,
    }
    return render(request, "console/members/origins.html", context)


def _open_origin(request: HttpRequest, form: OriginForm) -> None:
    answers = form.cleaned_data
    owner = Member.objects.filter(referral_code=answers["code"].strip().upper()).first()
    if owner is None:
        raise NotFound(_("no member has this code"), field="code")
    origin_services.open_origin(
        kind=answers["kind"], owner=owner, title=answers["title"], acting_user=signed_in(request)
    )


def _ask_close_origin(request: HttpRequest, origin_id: UUID) -> Question | None:
    return Question(
        title=_("Close “%(name)s”?") % {"name": get_object_or_404(Origin, pk=origin_id).title},
        facts=[_("Its links and codes bring nobody any more. It cannot be opened again.")],
        button=_("Close it"),
        back=reverse("console:origins"),
    )


@asks(_ask_close_origin)
def close_origin(request: HttpRequest, origin_id: UUID) -> HttpResponse:
    """Let nothing more be sold through a live room, note or group."""
    origin = get_object_or_404(Origin, pk=origin_id)
    return press(
        request,
        lambda: origin_services.close_origin(origin=origin, acting_user=signed_in(request)),
        "console:origins",
        said=_("Saved."),
    )
