"""What differs in the books, what is stuck in the queues, and what a person does about either."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import attempt, page_of, render
from billing.ledger.models import AccountKind
from billing.ledger.selectors import trial_balance
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.watch import reconciliation, resolving, selectors, stuck, sweeping
from billing.watch.models import Finding, Sweep
from central.watch import words
from kernel.calls.errors import CallError
from kernel.errors import BanyanError
from kernel.events import queues
from kernel.models import Event
from kernel.money.money import format_money

ACT = "watch.change_finding"
SHOWN_EVENTS = (
    (stuck.Shown.STUCK, gettext_lazy("What is stuck")),
    (stuck.Shown.WAITING, gettext_lazy("waiting")),
    (stuck.Shown.HANDLED, gettext_lazy("handled")),
)


def watch(request: HttpRequest) -> HttpResponse:
    """Show what differs and when somebody last looked; look now, or let money out again."""
    _check_may_act(request)
    do = request.POST.get("do")
    form = ReasonForm(request.POST if do == "lift" else None)
    said = _("Money may leave again.")
    if _look_now(request, do) or attempt(
        request, form, lambda: halt_services.lift(form.cleaned_data["reason"], signed_in(request)), said
    ):
        return redirect("central:watch")
    page = page_of(request, Finding.objects.filter(closed_at=None).order_by("check_name", "-id"))
    context = {
        "title": _("Watch"),
        "halts": [words.row_of(halt) for halt in halt_selectors.active()],
        "form": form,
        "may_act": request.user.has_perm(ACT),
        "page": page,
        "rows": _rows(page.object_list),
        "closed": _rows(Finding.objects.exclude(closed_at=None).order_by("-closed_at")[:20]),
        "invariants": selectors.last_sweep(Sweep.Kind.INVARIANTS),
        "reconciled": selectors.last_sweep(Sweep.Kind.RECONCILIATION),
        "provider": [
            (currency, format_money(-amount, currency))
            for (kind, currency), amount in trial_balance().items()
            if kind == AccountKind.PSP_CLEARING
        ],
    }
    return render(request, "central/watch/watch.html", context)


def _check_may_act(request: HttpRequest) -> None:
    if request.method == "POST" and not request.user.has_perm(ACT):
        raise PermissionDenied


def _look_now(request: HttpRequest, do: str | None) -> bool:
    """Sweep or reconcile if that was pressed and say what differs; False if it was something else."""
    if do == "sweep":
        sweep = sweeping.sweep(asked_by=str(signed_in(request)), whole=True)
    elif do == "reconcile":
        try:
            sweep = reconciliation.reconcile(asked_by=str(signed_in(request)))
        except CallError as error:
            messages.error(request, _("The payment provider did not answer: %(why)s") % {"why": error})
            return True
    else:
        return False
    if sweep.differences:
        messages.error(request, _("%(n)d differences were found.") % {"n": sweep.differences})
    else:
        messages.success(request, _("Nothing differs."))
    return True


def finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Show one difference; answer it by a reversal or a correction, with a reason."""
    _check_may_act(request)
    finding = get_object_or_404(Finding.objects.select_related("line", "transfer", "answer"), id=finding_id)
    answers = {
        "reverse": resolving.reverse_posting if finding.transfer_id else None,
        "book": resolving.book_line if finding.line_id else None,
    }
    form = ReasonForm(request.POST or None)
    faults: list[BanyanError] = []
    answer = answers.get(request.POST.get("do", ""))
    if answer and attempt(
        request,
        form,
        lambda: answer(
            finding_id=finding_id, reason=form.cleaned_data["reason"], acting_user=signed_in(request)
        ),
        _("Answered; the posting and its reason are kept."),
        faults=faults,
    ):
        return redirect("central:finding", finding_id)
    context = {
        **_rows([finding])[0],
        "finding": finding,
        "form": form,
        "faults": faults,
        "may_act": request.user.has_perm(ACT) and finding.closed_at is None,
        "may_reverse": answers["reverse"] is not None,
        "may_book": answers["book"] is not None,
    }
    return render(request, "central/watch/finding.html", context)


def _rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    findings = list(findings)
    places = words.places_of(findings)
    return [
        {
            "row": finding,
            "title": words.title_of(finding),
            "place": places[finding.pk],
            "facts": words.facts_of(finding),
        }
        for finding in findings
    ]


def stuck_items(request: HttpRequest) -> HttpResponse:
    """List the events of both queues, first those that do not move; try one again or give it up."""
    _check_may_act(request)
    form = ReasonForm(request.POST or None)
    faults: list[BanyanError] = []
    decide = queues.give_up if request.POST.get("do") == "give_up" else queues.try_again
    if attempt(
        request,
        form,
        lambda: decide(
            event_id=_event_id(request),
            reason=form.cleaned_data["reason"],
            acting_user=signed_in(request),
        ),
        _("Done; the reason is in the audit log."),
        faults=faults,
    ):
        return redirect("central:stuck")
    filters = {name: request.GET.get(name, "").strip() for name in ("shown", "queue", "search")}
    shown = stuck.Shown(filters["shown"]) if filters["shown"] in stuck.Shown else stuck.Shown.STUCK
    page = page_of(request, stuck.events(shown, queue=filters["queue"], search=filters["search"]))
    items = [stuck.item_of(event) for event in page.object_list]
    if shown == stuck.Shown.STUCK and not filters["queue"]:
        items = sorted([*items, *stuck.money_items(), *stuck.overdue_items()], key=lambda item: item.since)
    context = {
        "title": _("What is stuck"),
        "items": items,
        "page": page,
        "shown": shown,
        "states": SHOWN_EVENTS,
        "queues": Event.Queue.choices,
        "filters": filters,
        "faults": faults,
        "form": form,
        "may_act": request.user.has_perm(ACT),
    }
    return render(request, "central/watch/stuck.html", context)


def _event_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("event", ""))
    except ValueError:
        raise Http404 from None
