"""How goods are chosen, in the central team's console: proposals, rounds, what is called back.

There is no page that lists a product: what passes is decided by those who sell and those who buy.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from backoffice.forms import AmountField, ConsoleForm, ReasonForm, dress
from backoffice.screens import render
from catalog.models import Product
from components.proposal_forms import ProposalForm
from kernel.errors import BanyanError
from kernel.models import NO_ONE
from kernel.text import pick
from selection import sources
from selection.admission import selectors as admission_selectors
from selection.admission import services as admission_services
from selection.models import Claim, Evidence, Proposal, Round
from selection.proposals import selectors as proposal_selectors
from selection.proposals import services as proposal_services
from selection.rounds import selectors as round_selectors
from selection.rounds import services as round_services
from selection.rounds.services import RoundTerms

MAY_SEE, MAY_ACT = "selection.view_round", "selection.change_round"


def overview(request: HttpRequest) -> HttpResponse:
    """Show what waits: proposals to check, products called back, rounds under way; and what is in force."""
    waiting = Proposal.objects.filter(state__in=["open", "checked", "returned"], entries=None)
    context = {
        "title": _("Choosing goods"),
        "proposals": waiting.select_related("product__supplier").prefetch_related("entries").order_by("id"),
        "rounds": [
            (row, round_selectors.open_gate(row)) for row in round_selectors.rounds_page().object_list
        ],
        "called_back": round_selectors.waiting_for_review(),
        "old_prices": proposal_selectors.prices_to_recheck(),
        "claims": Claim.objects.filter(ended_at=None).select_related("product").order_by("until")[:50],
        "charter": admission_selectors.charter_of(NO_ONE),
        "may_act": request.user.has_perm(MAY_ACT),
    }
    return render(request, "central/selection.html", context)


def propose(request: HttpRequest) -> HttpResponse:
    """Let the office propose a product, with the same proof that a supplier has to bring."""
    products = Product.objects.exclude(status="archived").select_related("supplier").order_by("-id")[:2000]
    form = ProposalForm(
        request.POST or None,
        request.FILES or None,
        products=[(str(row.pk), f"{pick(row.title)} · {pick(row.supplier.name)}") for row in products],
        currency="CNY",
    )
    for field in form.fields.values():
        dress(field.widget)
    if request.method == "POST" and form.is_valid():
        try:
            made = proposal_services.propose(**form.proposed(), by_supplier=False, acting_user=request.user)
        except BanyanError as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
        else:
            messages.success(request, _("Proposed. From now on it has to pass."))
            return redirect("central:selection_proposal", made.pk)
    return render(request, "central/selection_propose.html", {"title": _("Propose a product"), "form": form})


class RecheckForm(ConsoleForm):
    """What a channel asks now."""

    price = AmountField(label=_("Price there now"))


def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show a proposal's proof; check it off, return it, or look at a channel's price again."""
    found = Proposal.objects.select_related("product__supplier").filter(pk=proposal_id).first()
    if found is None:
        raise Http404
    form, again = ReasonForm(None), RecheckForm(None)
    again.fields["price"].currency = found.currency  # type: ignore[attr-defined]
    if request.method == "POST":
        if not request.user.has_perm(MAY_ACT):
            raise PermissionDenied
        try:
            if said := _act_on_proposal(request, found):
                messages.success(request, said)
        except BanyanError as error:
            messages.error(request, error.text)
        return redirect(request.path)
    context = {
        "title": pick(found.product.title),
        "proposal": found,
        "evidence": found.evidence.prefetch_related("rechecks"),
        "faults": proposal_selectors.faults_of(found),
        "rulings": found.product.rulings.order_by("number"),
        "entries": found.entries.select_related("round"),
        "form": form,
        "again": again,
        "may_act": request.user.has_perm(MAY_ACT) and not found.entries.exists(),
    }
    return render(request, "central/selection_proposal.html", context)


def _act_on_proposal(request: HttpRequest, found: Proposal) -> Any:
    if "recheck" in request.POST:
        again = RecheckForm(request.POST)
        again.fields["price"].currency = found.currency  # type: ignore[attr-defined]
        evidence = next((row for row in found.evidence.all() if str(row.pk) == request.POST["recheck"]), None)
        if evidence is None or not again.is_valid():
            messages.error(request, _("Write the price as it stands there."))
            return ""
        proposal_services.recheck_price(
            evidence_id=evidence.pk, price=again.cleaned_data["price"], acting_user=request.user
        )
        return _("The price is written down.")
    if "check" in request.POST:
        proposal_services.check_proposal(proposal_id=found.pk, acting_user=request.user)
        return _("Checked. It can go into a round.")
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what has to be mended."))
        return ""
    proposal_services.return_proposal(
        proposal_id=found.pk, reason=form.cleaned_data["reason"], acting_user=request.user
    )
    return _("Returned to whoever proposed it.")


def evidence(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Send the screenshot of a price."""
    seen = Evidence.objects.filter(pk=evidence_id).exclude(screenshot="").first()
    if seen is None:
        raise Http404
    return HttpResponse(seen.screenshot.read(), content_type="image/jpeg")


class RoundForm(ConsoleForm):
    """The terms of a round; the smallest and largest values are the database's own."""

    proposals = forms.MultipleChoiceField(label=_("Products"), widget=forms.CheckboxSelectMultiple)
    currency = forms.CharField(label=_("Currency of the sellers"), max_length=3, initial="CNY")
    panel_size = forms.IntegerField(label=_("Panel: seats"), min_value=3, max_value=500)
    panel_points = forms.IntegerField(label=_("Panel: points needed"), min_value=50, max_value=100)
    panel_hours = forms.IntegerField(label=_("Panel: hours to score"), min_value=1, max_value=2000)
    jury_size = forms.IntegerField(label=_("Jury: seats"), min_value=3, max_value=5000)
    jury_points = forms.IntegerField(label=_("Jury: points needed"), min_value=50, max_value=100)
    jury_hours = forms.IntegerField(label=_("Jury: hours to score"), min_value=1, max_value=2000)
    want_percent = forms.IntegerField(label=_("Jury: percent who would buy it"), min_value=50, max_value=100)
    quorum_percent = forms.IntegerField(
        label=_("Percent of the seats that must score"), min_value=50, max_value=100
    )
    volunteers_percent = forms.IntegerField(
        label=_("Jury: percent for volunteers"), min_value=0, max_value=100
    )

    def terms(self) -> RoundTerms:
        """Return what was chosen."""
        return RoundTerms(**{name: self.cleaned_data[name] for name in RoundTerms.__slots__})


def open_round(request: HttpRequest) -> HttpResponse:
    """Open a round on checked proposals of one scope; its panel is frozen at this moment."""
    ready = (
        Proposal.objects.filter(state="checked", entries=None)
        .select_related("product__supplier")
        .order_by("id")
    )
    choices = [
        (
            str(row.pk),
            " · ".join(
                (
                    pick(row.product.title),
                    row.selling_point,
                    sources.shop_name(row.tenant_id) or str(_("whole network")),
                )
            ),
        )
        for row in ready
    ]
    standard = RoundTerms()
    form = RoundForm(
        request.POST or None, initial={name: getattr(standard, name) for name in RoundTerms.__slots__}
    )
    form.fields["proposals"].choices = choices  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        chosen = [row for row in ready if str(row.pk) in form.cleaned_data["proposals"]]
        if len({row.tenant_id for row in chosen}) > 1:
            form.add_error("proposals", _("A round judges for one shop or for the whole network."))
        else:
            try:
                made = round_services.open_round(
                    proposal_ids=[row.pk for row in chosen],
                    tenant_id=chosen[0].tenant_id,
                    currency=form.cleaned_data["currency"].upper(),
                    terms=form.terms(),
                    acting_user=request.user,
                )
            except BanyanError as error:
                form.refuse(error)
            else:
                messages.success(request, _("The round is open; its panel is frozen."))
                return redirect("central:selection_round", made.pk)
    context = {"title": _("Open a round"), "form": form, "there_are": bool(choices)}
    return render(request, "central/selection_open.html", context)


def round_page(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Show a round: how far its samples are, and its whole record once a gate has closed."""
    found = Round.objects.filter(pk=round_id).first()
    if found is None:
        raise Http404
    record = round_selectors.record_of(found)
    title = _("Round %(number)d") % {"number": found.number}
    return render(request, "central/selection_round.html", {"title": title, "record": record})


class CharterForm(ReasonForm):
    """The least that rounds of the network may ask for, and when complaints call a product back."""

    panel_size = forms.IntegerField(label=_("Panel: at least so many seats"), min_value=3, initial=50)
    panel_points = forms.IntegerField(
        label=_("Panel: at least so many points"), min_value=50, max_value=100, initial=60
    )
    jury_size = forms.IntegerField(label=_("Jury: at least so many seats"), min_value=3, initial=100)
    jury_points = forms.IntegerField(
        label=_("Jury: at least so many points"), min_value=50, max_value=100, initial=60
    )
    want_percent = forms.IntegerField(
        label=_("Jury: at least so many percent would buy it"), min_value=50, max_value=100, initial=50
    )
    complaints = forms.IntegerField(label=_("Complaints that call a product back"), min_value=1, initial=10)
    sure = forms.BooleanField(label=_("I know that this can never be taken back"))


def charter(request: HttpRequest) -> HttpResponse:
    """Adopt the network's charter: from this moment only what passed is on sale, for good."""
    form = CharterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "sure"}
        try:
            admission_services.adopt_charter(**given, acting_user=request.user)
        except BanyanError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The charter is in force."))
            return redirect("central:selection")
    context = {
        "title": _("Adopt the charter"),
        "form": form,
        "charter": admission_selectors.charter_of(NO_ONE),
    }
    return render(request, "central/selection_charter.html", context)


class TakeOffForm(ReasonForm):
    """Why a product leaves, and what a counterfeit costs its supplier."""

    what = forms.ChoiceField(
        label=_("What happens"),
        choices=[
            ("recall", _("Call it back: off sale until a jury has decided")),
            ("delist", _("Delist it for good; its selling point is free again")),
            ("counterfeit", _("Counterfeit: off sale everywhere at once, payouts held, penalty charged")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("what", "penalty", "reason")
    penalty = AmountField(label=_("Penalty, for a counterfeit"), required=False)

    def __init__(self, *args: Any, delisted: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if delisted:  # it can still turn out to be a counterfeit
            what = self.fields["what"]
            what.choices = what.choices[-1:]  # type: ignore[attr-defined]


def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show what was ever said of a product, and take it off sale. Nothing here puts one on."""
    found = Product.objects.select_related("supplier").filter(pk=product_id).first()
    if found is None:
        raise Http404
    form = TakeOffForm(request.POST or None, delisted=found.admission == Product.Admission.DELISTED)
    form.fields["penalty"].currency = found.supplier.currency  # type: ignore[attr-defined]
    may_act = request.user.has_perm(MAY_ACT)
    if request.method == "POST" and may_act and "review" in request.POST:
        return _open_review(request, found)
    if request.method == "POST" and may_act and "breach" in request.POST:
        return _end_claim(request, found)
    if request.method == "POST" and may_act and form.is_valid():
        try:
            _take_off(request, found, form.cleaned_data)
        except BanyanError as error:
            form.refuse(error)
        else:
            messages.success(request, _("It is off sale."))
            return redirect(request.path)
    called = [row for row in round_selectors.waiting_for_review() if row.product_id == found.pk]
    said = list(found.rulings.order_by("number").select_related("entry__round"))
    context = {
        "title": pick(found.title),
        "product": found,
        "rulings": said,
        "judged_in": round_selectors.rounds_judging(found),
        "claims": found.claims.order_by("-since"),
        "breach": ReasonForm(None, auto_id="breach_%s"),
        "complaints": admission_selectors.complaints_about(found),
        "called": called[0] if called else None,
        "form": form if may_act and all(row.penalty is None for row in said) else None,
        "may_act": may_act,
    }
    return render(request, "central/selection_product.html", context)


def _take_off(request: HttpRequest, found: Product, given: dict[str, Any]) -> None:
    about: dict[str, Any] = {"product_id": found.pk, "reason": given["reason"], "acting_user": request.user}
    if given["what"] == "recall":
        admission_services.recall_product(**about)
    elif given["what"] == "delist":
        admission_services.delist_product(**about)
    else:
        admission_services.declare_counterfeit(
            **about, penalty=given["penalty"] or 0, currency=found.supplier.currency
        )


def _end_claim(request: HttpRequest, found: Product) -> HttpResponse:
    form = ReasonForm(request.POST)
    claim = next((row for row in found.claims.all() if str(row.pk) == request.POST["breach"]), None)
    if claim is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, _("Say what was broken."))
        return redirect(request.path)
    try:
        proposal_services.end_claim(
            claim_id=claim.pk, reason=form.cleaned_data["reason"], acting_user=request.user
        )
    except BanyanError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, _("The selling point is free again."))
    return redirect(request.path)


def _open_review(request: HttpRequest, found: Product) -> HttpResponse:
    called = [row for row in round_selectors.waiting_for_review() if row.product_id == found.pk]
    try:
        if not called:
            raise Http404
        made = round_services.open_review(
            product_ids=[found.pk],
            tenant_id=called[0].tenant_id,
            terms=RoundTerms(),
            acting_user=request.user,
        )
    except BanyanError as error:
        messages.error(request, error.text)
        return redirect(request.path)
    return redirect("central:selection_round", made.pk)
