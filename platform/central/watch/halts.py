"""The brake of the central team: why no money leaves, in words, and letting it go again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.access import signed_in
from backoffice.forms import ConsoleForm, ReasonField
from backoffice.screens import render
from billing.payouts.controls import halts
from billing.payouts.models import PayoutHalt
from central.watch import words

PER_PAGE = 50


class HaltForm(ConsoleForm):
    """Why money stops leaving, or may leave again."""

    reason = ReasonField(max_length=500)


def brake(request: HttpRequest) -> HttpResponse:
    """Show why no money leaves, and since when; stop it, or let it go again with a reason."""
    may_act = request.user.has_perm("payouts.add_payouthalt")
    form = HaltForm(request.POST or None)
    if request.method == "POST" and may_act and form.is_valid():
        user, reason = signed_in(request), form.cleaned_data["reason"]
        if "lift" in request.POST:
            halts.lift(reason, user)
            messages.success(request, _("Payouts go on."))
        else:
            halts.halt(reason, str(user))
            messages.success(request, _("Payouts are stopped. Sales and refunds go on."))
        return redirect("central:halts")
    past = PayoutHalt.objects.exclude(lifted_by=None).select_related("lifted_by").order_by("-id")
    context = {
        "title": _("Stop payouts"),
        "active": [_told(halt) for halt in halts.active()],
        "past": [_told(halt) for halt in past[:PER_PAGE]],
        "form": form if may_act else None,
    }
    return render(request, "central/halts.html", context)


def _told(halt: PayoutHalt) -> dict[str, Any]:
    return {"row": halt, "finder": words.finder_of(halt), "reason": words.reason_of(halt)}
