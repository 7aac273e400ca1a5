"""The circles of all shops: what grows too deep, too large or too uneven."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import press, render
from kernel.money.money import format_money
from tenants.concentration import selectors as concentration_selectors
from tenants.concentration import services as concentration_services
from tenants.concentration.figures import DEEP, RECRUITING_PERCENT, TEAM, TOP_TEN_PERCENT

ALARMS = {
    "depth": gettext_lazy("deep tree"),
    "teams": gettext_lazy("large teams"),
    "recruiting": gettext_lazy("earned by recruiting"),
    "concentration": gettext_lazy("few have most"),
}


def circles(request: HttpRequest) -> HttpResponse:
    """Show the last reading of every shop's circle, alarms first."""
    context = {
        "title": _("Circles and alarms"),
        "shops": [
            {
                "shop": reading,
                "words": [ALARMS.get(alarm, alarm) for alarm in reading.alarms],
                "income": format_money(reading.figures.income, reading.currency),
            }
            for reading in concentration_selectors.latest_readings()
        ],
        "limits": {"deep": DEEP, "team": TEAM, "recruiting": RECRUITING_PERCENT, "top": TOP_TEN_PERCENT},
        "may_see": request.user.has_perm("concentration.change_circlereading"),
    }
    return render(request, "central/circles/circles.html", context)


def seen(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """Note that somebody looked at a shop's alarms, and what came of it."""
    form = ReasonForm(request.POST)
    return press(
        request,
        lambda: concentration_services.mark_seen(
            reading_id=reading_id, note=form.cleaned_data["reason"], acting_user=signed_in(request)
        ),
        "central:circles",
        said=_("Saved."),
        form=form,
        unfilled=_("Write what you found."),
    )
