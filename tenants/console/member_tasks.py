"""Operators' screens about members: tasks to confirm, earnings under review, and rooms, notes and groups."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import signed_in
from backoffice.forms import ConsoleForm, ReasonForm, refuse
from backoffice.screens import render
from kernel.errors import BanyanError, NotFound
from kernel.text import pick
from tenants.agents.earnings import services as earning_services
from tenants.agents.member_tasks import services as member_task_services
from tenants.agents.models import Earning, Member, Origin, Task, TaskDone
from tenants.agents.origins import services as origin_services

SHOWN = 100
REVIEW_REASONS = {
    "shared_device": gettext_lazy("buyer and payee use one device"),
    "shared_payout_account": gettext_lazy("buyer and payee are paid to one account"),
}


class TaskForm(ConsoleForm):
    """Something a shop asks of its members."""

    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    about_zh = forms.CharField(
        label=gettext_lazy("What is to be done, in Chinese"), max_length=500, required=False
    )
    about_en = forms.CharField(
        label=gettext_lazy("What is to be done, in English"), max_length=500, required=False
    )


def tasks(request: HttpRequest) -> HttpResponse:
    """Show what members say is done, to be confirmed, and the shop's tasks; a post makes a task."""
    may_change = request.user.has_perm("agents.change_task")
    form = TaskForm(request.POST or None)
    if request.method == "POST" and may_change and form.is_valid():
        given = form.cleaned_data
        try:
            member_task_services.save_task(
                name={"zh-hans": given["name_zh"], "en": given["name_en"]},
                about={"zh-hans": given["about_zh"], "en": given["about_en"]},
                is_open=True,
                acting_user=signed_in(request),
            )
        except BanyanError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:member_tasks")
    waiting = TaskDone.objects.filter(state=TaskDone.State.REPORTED).select_related("task", "member__user")
    context = {
        "title": _("Tasks of members"),
        "form": form,
        "waiting": waiting.order_by("reported_at")[:SHOWN],
        "tasks": Task.objects.order_by("-is_open", "id"),
        "may_change": may_change,
    }
    return render(request, "operators/tasks.html", context)


@require_POST
def open_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Open a task, or close it; what was done of it stays done."""
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise Http404
    is_open = request.POST.get("open") == "yes"
    member_task_services.save_task(
        task=task, name=task.name, about=task.about, is_open=is_open, acting_user=signed_in(request)
    )
    return redirect("console:member_tasks")


@require_POST
def decide_task(request: HttpRequest, done_id: UUID) -> HttpResponse:
    """Confirm or refuse what a member said is done."""
    confirmed = request.POST.get("decision") == "confirm"
    return _do(
        request,
        "console:member_tasks",
        lambda: member_task_services.decide(
            done_id=done_id, confirmed=confirmed, acting_user=signed_in(request)
        ),
    )


def earning_reviews(request: HttpRequest) -> HttpResponse:
    """Show earnings that look like the buyer's own and wait for somebody's decision."""
    held = (
        Earning.objects.exclude(review_reasons=[])
        .filter(payee__isnull=False)
        .select_related("sale__buyer__user", "payee__user")
        .order_by("id")[:SHOWN]
    )
    rows: list[dict[str, Any]] = [
        {
            "earning": earning,
            "why": [REVIEW_REASONS.get(word, word) for word in earning.review_reasons],
            "text": pick(earning.why),
        }
        for earning in held
    ]
    context = {
        "title": _("Earnings under review"),
        "rows": rows,
        "may_change": request.user.has_perm("agents.change_earning"),
    }
    return render(request, "operators/earning_reviews.html", context)


@require_POST
def decide_earning_review(request: HttpRequest, earning_id: UUID) -> HttpResponse:
    """Let an earning under review be paid, or refuse it; either way with a reason that is kept."""
    form = ReasonForm(request.POST)
    earning = Earning.objects.filter(pk=earning_id).first()
    if earning is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, _("Write what you found."))
        return redirect("console:earning_reviews")
    reason, user = form.cleaned_data["reason"], signed_in(request)

    def act() -> None:
        if request.POST.get("decision") == "pay":
            earning_services.approve(earning_id=earning.pk, reason=reason, acting_user=user)
        else:
            earning_services.refuse(earning_id=earning.pk, reason=reason, acting_user=user)

    return _do(request, "console:earning_reviews", act)


class OriginForm(ConsoleForm):
    """A room, a note or a group, and whose it is."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Origin.Kind.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    code = forms.CharField(label=gettext_lazy("Referral code of the member it belongs to"), max_length=12)


def origins(request: HttpRequest) -> HttpResponse:
    """Show through what sales come and whose they are; a post makes one."""
    may_change = request.user.has_perm("agents.change_origin")
    form = OriginForm(request.POST or None)
    if request.method == "POST" and may_change and form.is_valid():
        given = form.cleaned_data
        owner = Member.objects.filter(referral_code=given["code"].strip().upper()).first()
        if owner is None:
            form.add_error("code", _("no member has this code"))
        else:
            origin_services.open_origin(
                kind=given["kind"], owner=owner, title=given["title"], acting_user=signed_in(request)
            )
            messages.success(request, _("Saved."))
            return redirect("console:origins")
    rows = [
        {"origin": origin, "kind": origin.get_kind_display()}
        for origin in Origin.objects.select_related("owner__user").order_by("-is_open", "-id")[:SHOWN]
    ]
    context = {"title": _("Rooms, notes and groups"), "form": form, "rows": rows, "may_change": may_change}
    return render(request, "operators/origins.html", context)


@require_POST
def close_origin(request: HttpRequest, origin_id: UUID) -> HttpResponse:
    """Let nothing more be sold through a room, note or group."""
    origin = Origin.objects.filter(pk=origin_id).first()
    if origin is None:
        raise Http404
    return _do(
        request,
        "console:origins",
        lambda: origin_services.close_origin(origin=origin, acting_user=signed_in(request)),
    )


def _do(request: HttpRequest, back: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise Http404 from None
    except BanyanError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("Saved."))
    return redirect(back)
