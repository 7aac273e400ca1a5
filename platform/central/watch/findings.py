"""The watch in the central team's console: what differs, what is stuck, and the brake on payouts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.access import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import render
from billing.ledger.models import AccountKind
from billing.ledger.selectors import trial_balance
from billing.payouts.controls import halts
from billing.watch import reconciliation, resolving, selectors, stuck, sweeping
from billing.watch.models import Finding, Sweep
from central.watch import words
from kernel.errors import BanyanError
from kernel.money import format_money
from kernel.outgoing import CallError

PER_PAGE = 50
LOOK, ACT = "watch.view_finding", "watch.change_finding"


def watch(request: HttpRequest) -> HttpResponse:
    """Show the brake, what differs and when somebody last looked; look now, or let money out again."""
    form = ReasonForm(request.POST if request.POST.get("do") == "lift" else None)
    if request.method == "POST":
        _may_act(request)
        if _look_now(request) or (
            request.POST.get("do") == "lift" and form.is_valid() and _lift(request, form)
        ):
            return redirect("central:watch")
    found = Finding.objects.filter(closed_at=None).order_by("check_name", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Watch"),
        "halts": [(halt, words.why(halt)) for halt in halts.active()],
        "form": form,
        "may_act": request.user.has_perm(ACT),
        "page": page,
        "rows": _shown(page.object_list),
        "closed": _shown(Finding.objects.exclude(closed_at=None).order_by("-closed_at")[:20]),
        "invariants": selectors.last_sweep(Sweep.Kind.INVARIANTS),
        "reconciled": selectors.last_sweep(Sweep.Kind.RECONCILIATION),
        "provider": [
            (currency, format_money(-amount, currency))
            for (kind, currency), amount in trial_balance().items()
            if kind == AccountKind.PSP_CLEARING
        ],
    }
    return render(request, "central/watch.html", context)


def finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Show one difference; answer it by a reversal or a correction, with a reason."""
    found = Finding.objects.select_related("line", "transfer", "answer").filter(id=finding_id).first()
    if found is None:
        raise Http404
    answers = {
        "reverse": resolving.reverse_posting if found.transfer_id else None,
        "book": resolving.book_line if found.line_id else None,
    }
    form = ReasonForm(request.POST or None)
    faults: list[BanyanError] = []
    if request.method == "POST":
        _may_act(request)
        answer = answers.get(request.POST.get("do", ""))
        if answer is not None and form.is_valid():
            try:
                answer(
                    finding_id=finding_id, reason=form.cleaned_data["reason"], acting_user=signed_in(request)
                )
            except BanyanError as error:
                faults = [error]
            else:
                messages.success(request, _("Answered; the posting and its reason are kept."))
                return redirect("central:finding", finding_id)
    context = {
        "title": words.title_of(found),
        "finding": found,
        "place": words.places_of([found])[found.pk],
        "facts": words.facts_of(found),
        "form": form,
        "faults": faults,
        "may_act": request.user.has_perm(ACT) and found.closed_at is None,
        "may_reverse": answers["reverse"] is not None,
        "may_book": answers["book"] is not None,
    }
    return render(request, "central/finding.html", context)


def stuck_items(request: HttpRequest) -> HttpResponse:
    """Show what waits in the inbox and the outbox; try it again or give it up, with a reason."""
    form = ReasonForm(request.POST or None)
    faults: list[BanyanError] = []
    if request.method == "POST":
        _may_act(request)
        queue = stuck.QUEUES.get(request.POST.get("queue", ""))
        if queue is not None and form.is_valid():
            door = queue.give_up if request.POST.get("do") == "give_up" else queue.try_again
            try:
                door(
                    event_id=_uuid(request.POST.get("event", "")),
                    reason=form.cleaned_data["reason"],
                    acting_user=signed_in(request),
                )
            except BanyanError as error:
                faults = [error]
            else:
                messages.success(request, _("Done; the reason is in the audit log."))
                return redirect("central:stuck")
    context = {
        "title": _("What is stuck"),
        "items": stuck.items(),
        "faults": faults,
        "form": form,
        "may_act": request.user.has_perm(ACT),
    }
    return render(request, "central/stuck.html", context)


def _shown(found: Iterable[Finding]) -> list[dict[str, Any]]:
    found = list(found)
    places = words.places_of(found)
    return [
        {
            "row": one,
            "title": words.title_of(one),
            "place": places[one.pk],
            "facts": words.facts_of(one),
        }
        for one in found
    ]


def _may_act(request: HttpRequest) -> None:
    if not request.user.has_perm(ACT):
        raise PermissionDenied


def _look_now(request: HttpRequest) -> bool:
    wanted = request.POST.get("do")
    if wanted == "sweep":
        done = sweeping.sweep(asked_by=str(signed_in(request)), whole=True)
    elif wanted == "reconcile":
        try:
            done = reconciliation.reconcile(asked_by=str(signed_in(request)))
        except CallError as error:
            messages.error(request, _("The payment provider did not answer: %(why)s") % {"why": error})
            return True
    else:
        return False
    if done.differences:
        messages.error(request, _("%(n)d differences were found.") % {"n": done.differences})
    else:
        messages.success(request, _("Nothing differs."))
    return True


def _lift(request: HttpRequest, form: Any) -> bool:
    halts.lift(form.cleaned_data["reason"], signed_in(request))
    messages.success(request, _("Money may leave again."))
    return True


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
