"""Earnings under review: they look like the buyer's own and wait for somebody's decision."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import signed_in
from backoffice.forms import ReasonForm
from backoffice.screens import press, render
from components.console_questions import asks
from components.questions import Question
from kernel.texts.translated import pick
from tenants.agents.earnings import services as earning_services
from tenants.agents.models import Earning

SHOWN = 100
REVIEW_REASONS = {
    "shared_device": gettext_lazy("buyer and payee use one device"),
    "shared_payout_account": gettext_lazy("buyer and payee are paid to one account"),
}


def reviews(request: HttpRequest) -> HttpResponse:
    """Show the earnings under review, with what speaks for and against them."""
    under_review = Earning.objects.exclude(review_reasons=[]).filter(payee__isnull=False)
    context = {
        "title": _("Earnings under review"),
        "rows": [
            {
                "earning": earning,
                "why": [REVIEW_REASONS.get(word, word) for word in earning.review_reasons],
                "text": pick(earning.why),
            }
            for earning in under_review.select_related("sale__buyer__user", "payee__user").order_by("id")[
                :SHOWN
            ]
        ],
        "may_change": request.user.has_perm("agents.change_earning"),
    }
    return render(request, "console/earnings/reviews.html", context)


def _ask_decide(request: HttpRequest, earning_id: UUID) -> Question | None:
    earning = get_object_or_404(Earning.objects.select_related("sale", "payee__user"), pk=earning_id)
    if not ReasonForm(request.POST).is_valid():
        return None
    is_paid = request.POST.get("decision") == "pay"
    title = _("Pay %(name)s this earning?") if is_paid else _("Refuse %(name)s this earning?")
    return Question(
        title=title % {"name": str(earning.payee.user) if earning.payee else "–"},
        amount=earning.amount - earning.clawed_back,
        currency=earning.sale.currency,
        facts=[
            _("It goes the way of every earning from now on.")
            if is_paid
            else _("It goes to the shop's margin. That cannot be taken back.")
        ],
        button=_("Let it be paid") if is_paid else _("Refuse"),
        back=reverse("console:earning_reviews"),
    )


@asks(_ask_decide)
def decide(request: HttpRequest, earning_id: UUID) -> HttpResponse:
    """Let an earning under review be paid, or refuse it; either way with a reason that is kept."""
    earning = get_object_or_404(Earning, pk=earning_id)
    form = ReasonForm(request.POST)
    return press(
        request,
        lambda: _decide(request, earning, form.cleaned_data["reason"]),
        "console:earning_reviews",
        said=_("Saved."),
        form=form,
        unfilled=_("Write what you found."),
    )


def _decide(request: HttpRequest, earning: Earning, reason: str) -> None:
    user = signed_in(request)
    decide = earning_services.approve if request.POST.get("decision") == "pay" else earning_services.refuse
    decide(earning_id=earning.pk, reason=reason, acting_user=user)
