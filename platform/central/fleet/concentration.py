"""The circles of all shops in the central team's console: what grows too deep, too large or too uneven."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import render
from kernel.errors import NotFound
from kernel.money import format_money
from tenants.concentration import services as concentration_services
from tenants.concentration.figures import DEEP, RECRUITING_PERCENT, TEAM, TOP_TEN_PERCENT

WORDS = {
    "depth": gettext_lazy("deep tree"),
    "teams": gettext_lazy("large teams"),
    "recruiting": gettext_lazy("earned by recruiting"),
    "concentration": gettext_lazy("few hold most"),
}


def circles(request: HttpRequest) -> HttpResponse:
    """Show the last look at every shop's circle, alarms first."""
    shops: list[dict[str, Any]] = [
        {
            "shop": found,
            "words": [WORDS.get(word, word) for word in found.alarms],
            "income": format_money(found.figures.income, found.currency),
            "sales": format_money(found.figures.sales, found.currency),
        }
        for found in concentration_services.watched()
    ]
    context = {
        "title": _("Circles and alarms"),
        "shops": shops,
        "limits": {
            "deep": DEEP,
            "team": TEAM,
            "recruiting": RECRUITING_PERCENT,
            "top": TOP_TEN_PERCENT,
        },
        "may_see": request.user.has_perm("concentration.change_circlereading"),
    }
    return render(request, "central/circles.html", context)


@require_POST
def seen(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """Note that somebody looked at a shop's alarms, and what came of it."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write what you found."))
        return redirect("central:circles")
    try:
        concentration_services.mark_seen(
            reading_id=reading_id, note=form.cleaned_data["reason"], acting_user=signed_in(request)
        )
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Saved."))
    return redirect("central:circles")
