"""Judging goods: a member's seats, samples and scores, what became of them, and complaints."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from components.questions import Question
from selection.admission import services as admission_services
from selection.models import Complaint, Gate, Round
from selection.rounds import selectors as round_selectors
from selection.rounds import services as round_services
from selection.samples import selectors as sample_selectors
from selection.samples import services as sample_services
from storefront_theme.addresses import AddressForm, home_of
from storefront_theme.requests import MemberRequest, asks, member_page, press
from tenants.shop.orders.access import order_of
from tenants.shop.orders.models import Order


@member_page("GET")
def index(request: MemberRequest) -> HttpResponse:
    """Show where the member judges, and where they could."""
    about: dict[str, Any] = {"tenant_id": request.tenant.pk, "user_id": request.user.pk}
    context = {
        "duties": sample_selectors.duties_of(**about),
        "open_rounds": round_selectors.open_to_volunteers(**about),
        "rounds": round_selectors.rounds_page(tenant_id=request.tenant.pk).object_list,
        "tab": "me",
    }
    return render(request, "storefront/jury.html", context)


def _ask_seat(request: MemberRequest, seat_id: UUID) -> Question | None:
    if "decline" not in request.POST:
        return None
    return Question(
        title=_("Leave this seat empty?"),
        facts=[_("Nobody else takes it, and you cannot come back to it in this round.")],
        button=_("Leave it empty"),
        back=reverse("jury_seat", args=[seat_id]),
    )


@member_page("GET", "POST")
@asks(_ask_seat)
def seat(request: MemberRequest, seat_id: UUID) -> HttpResponse:
    """Show one seat with its samples; take the address they shall go to, or leave the seat empty."""
    duty = next((task for task in _duties(request) if task.seat.pk == seat_id), None)
    if duty is None:
        raise Http404
    form = _address_form(request)
    status = 200
    if request.method == "POST" and "reckon" not in request.POST:
        about: dict[str, Any] = {
            "seat_id": seat_id,
            "tenant_id": request.tenant.pk,
            "user_id": request.user.pk,
        }
        if "decline" in request.POST:
            sample_services.decline_samples(**about)
            messages.success(request, _("Thank you for telling us."))
            return redirect("jury")
        if form.is_valid() and form.read is not None:
            sample_services.request_samples(**about, ship_to=form.read.checked())
            messages.success(request, _("Your samples are on order. They cost you nothing."))
            return redirect("jury_seat", seat_id)
        status = 422
    context = {"duty": duty, "form": form, "is_jury": duty.seat.gate == Gate.JURY, "tab": "me"}
    return render(request, "storefront/jury_seat.html", context, status=status)


@member_page("POST")
def received(request: MemberRequest, sample_id: UUID) -> HttpResponse:
    """Say that a sample has arrived."""
    return _act(
        request,
        sample_id,
        lambda about: sample_services.receive(sample_id=sample_id, **about),
        _("Now tell us what you think of it."),
    )


class ScoreForm(forms.Form):
    """Points from 0 to 100; of the jury also whether it would buy."""

    points = forms.IntegerField(min_value=0, max_value=100)
    would_buy = forms.ChoiceField(choices=[("", ""), ("yes", ""), ("no", "")], required=False)
    comment = forms.CharField(max_length=500, required=False)


def _ask_score(request: MemberRequest, sample_id: UUID) -> Question | None:
    form = ScoreForm(request.POST)
    if not form.is_valid():
        return None
    buys = {"yes": _("You would buy it."), "no": _("You would not buy it.")}
    facts = [buys.get(form.cleaned_data["would_buy"], ""), form.cleaned_data["comment"]]
    return Question(
        title=_("Give it %(points)d of 100 points?") % {"points": form.cleaned_data["points"]},
        facts=[*filter(None, facts), _("A score counts once and for good.")],
        button=_("Give these points"),
        back=_back(request, sample_id),
    )


@member_page("POST")
@asks(_ask_score)
def score(request: MemberRequest, sample_id: UUID) -> HttpResponse:
    """Score a sample, once and for good."""
    form = ScoreForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Points run from 0 to 100."))
        return redirect(_back(request, sample_id))
    answer = form.cleaned_data
    wants = {"yes": True, "no": False}.get(answer["would_buy"])
    return _act(
        request,
        sample_id,
        lambda about: round_services.cast_vote(
            sample_id=sample_id, points=answer["points"], would_buy=wants, comment=answer["comment"], **about
        ),
        _("Thank you. Your score is secret until everybody has scored."),
    )


@member_page("GET")
def round_page(request: MemberRequest, round_id: UUID) -> HttpResponse:
    """Show the record of a round of this shop or the network."""
    selected = Round.objects.filter(pk=round_id).first()
    if selected is None or not round_selectors.concerns(
        selected, tenant_id=request.tenant.pk, user_id=request.user.pk
    ):
        raise Http404
    return render(
        request, "storefront/jury_round.html", {"record": round_selectors.record_of(selected), "tab": "me"}
    )


@member_page("POST")
def volunteer(request: MemberRequest, round_id: UUID) -> HttpResponse:
    """Come forward for a round's jury."""
    press(
        request,
        lambda: round_services.volunteer(round_id=round_id, tenant_id=request.tenant.pk, user=request.user),
        _("Your name is down. The draw decides."),
    )
    return redirect("jury")


class ComplaintForm(forms.Form):
    """What is wrong with something that was received."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it"),
        choices=[
            (Complaint.Kind.QUALITY, gettext_lazy("Its quality is poor")),
            (Complaint.Kind.DIFFERENT, gettext_lazy("It is not as described")),
            (Complaint.Kind.COUNTERFEIT, gettext_lazy("I think it is a counterfeit")),
        ],
        widget=forms.Select({"class": "select"}),
    )
    text = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=1000,
        widget=forms.Textarea({"class": "textarea", "rows": 5}),
    )


@member_page("GET", "POST")
def complain(request: MemberRequest, number: str, line_id: UUID) -> HttpResponse:
    """Complain about one line of an order that has arrived; enough complaints call a product back."""
    order = order_of(number=number, user=request.user)
    line = order.lines.filter(pk=line_id).first()
    if line is None or order.state not in {Order.State.RECEIVED, Order.State.SHIPPED, Order.State.REFUNDED}:
        raise Http404
    form = ComplaintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        press(
            request,
            lambda: admission_services.file_complaint(
                product_id=line.product_id,
                tenant_id=request.tenant.pk,
                order_id=order.pk,
                acting_user=request.user,
                **form.cleaned_data,
            ),
            _("Thank you. Enough complaints call a product back before the jury."),
        )
        return redirect("order", number)
    context = {"order": order, "line": line, "form": form, "tab": "me"}
    return render(request, "storefront/complain.html", context, status=422 if form.errors else 200)


def _duties(request: MemberRequest) -> list[sample_selectors.Duty]:
    return sample_selectors.duties_of(tenant_id=request.tenant.pk, user_id=request.user.pk)


def _back(request: MemberRequest, sample_id: UUID) -> str:
    seat_id = sample_selectors.seat_of(sample_id, tenant_id=request.tenant.pk, user_id=request.user.pk)
    return reverse("jury_seat", args=[seat_id]) if seat_id else reverse("jury")


def _act(request: MemberRequest, sample_id: UUID, command: Any, done: str) -> HttpResponse:
    press(request, lambda: command({"tenant_id": request.tenant.pk, "user_id": request.user.pk}), done)
    return redirect(_back(request, sample_id))


def _address_form(request: MemberRequest) -> AddressForm:
    home = home_of(request)
    if request.method == "POST" and "reckon" not in request.POST:
        return AddressForm(request.POST, home=home)
    return AddressForm(initial=request.POST.dict() or _last_address(request), home=home)


def _last_address(request: MemberRequest) -> dict[str, str]:
    latest = Order.objects.filter(buyer=request.user).exclude(ship_to={}).order_by("-placed_at").first()
    return dict(latest.ship_to) if latest else {"name": request.user.name, "phone": request.user.phone}
