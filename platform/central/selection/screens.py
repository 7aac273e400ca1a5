"""How goods are chosen: proposals, rounds, what is called back.

There is no page that lists a product: what passes is decided by those who sell and those who buy.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from backoffice.forms import ReasonForm, dress
from backoffice.screens import attempt, press, render
from catalog.models import Product
from central.selection.forms import NetworkCharterForm, RecheckForm, RoundForm, TakeOffForm
from components.console_questions import asks
from components.questions import Question
from components.selection.proposal_forms import ProposalForm
from kernel.errors import InvalidInput, Text
from kernel.models import NO_ONE
from kernel.texts.translated import pick
from selection import sources
from selection.admission import selectors as admission_selectors
from selection.admission import services as admission_services
from selection.models import Claim, Evidence, Proposal, Round
from selection.proposals import selectors as proposal_selectors
from selection.proposals import services as proposal_services
from selection.rounds import selectors as round_selectors
from selection.rounds import services as round_services
from selection.rounds.services import RoundTerms

MAY_ACT = "selection.change_round"


def overview(request: HttpRequest) -> HttpResponse:
    """Show what waits: proposals to check, products called back, rounds under way; and what is in force."""
    waiting = Proposal.objects.filter(state__in=["open", "checked", "returned"], entries=None)
    rounds = round_selectors.rounds_page().object_list
    context = {
        "title": _("Choosing goods"),
        "proposals": waiting.select_related("product__supplier").prefetch_related("entries").order_by("id"),
        "rounds": [(row, round_selectors.open_gate(row)) for row in rounds],
        "called_back": round_selectors.waiting_for_review(),
        "old_prices": proposal_selectors.prices_to_recheck(),
        "claims": Claim.objects.filter(ended_at=None).select_related("product").order_by("until")[:50],
        "charter": admission_selectors.charter_of(NO_ONE),
        "may_act": request.user.has_perm(MAY_ACT),
    }
    return render(request, "central/selection/overview.html", context)


def propose(request: HttpRequest) -> HttpResponse:
    """Let the central team propose a product, with the same proof that a supplier has to bring."""
    products = Product.objects.exclude(status="archived").select_related("supplier").order_by("-id")[:2000]
    form = ProposalForm(
        request.POST or None,
        request.FILES or None,
        products=[(str(row.pk), f"{pick(row.title)} · {pick(row.supplier.name)}") for row in products],
        currency="CNY",
    )
    for field in form.fields.values():
        dress(field.widget)
    proposed = attempt(
        request,
        form,
        lambda: proposal_services.propose(**form.proposed(), by_supplier=False, acting_user=request.user),
        _("Proposed. From now on it has to pass."),
    )
    if proposed:
        return redirect("central:selection_proposal", proposed.result.pk)
    return render(request, "central/selection/propose.html", {"title": _("Propose a product"), "form": form})


def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show a proposal's proof; check it off, return it, or look at a channel's price again."""
    proposal = get_object_or_404(Proposal.objects.select_related("product__supplier"), pk=proposal_id)
    may_act = request.user.has_perm(MAY_ACT)
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied
        return press(request, lambda: _decide(request, proposal), request.path, said=lambda said: said)
    context = {
        "title": pick(proposal.product.title),
        "proposal": proposal,
        "evidence": proposal.evidence.prefetch_related("rechecks"),
        "faults": proposal_selectors.faults_of(proposal),
        "rulings": proposal.product.rulings.order_by("number"),
        "entries": proposal.entries.select_related("round"),
        "form": ReasonForm(None),
        "again": RecheckForm(None, currency=proposal.currency),
        "may_act": may_act and not proposal.entries.exists(),
    }
    return render(request, "central/selection/proposal.html", context)


def _decide(request: HttpRequest, proposal: Proposal) -> Text:
    """Do what was pressed and return what to say."""
    about: dict[str, Any] = {"proposal_id": proposal.pk, "acting_user": request.user}
    if "recheck" in request.POST:
        form = RecheckForm(request.POST, currency=proposal.currency)
        evidence = next(
            (row for row in proposal.evidence.all() if str(row.pk) == request.POST["recheck"]), None
        )
        if evidence is None or not form.is_valid():
            raise InvalidInput(_("Write the price as it stands there."))
        proposal_services.recheck_price(
            evidence_id=evidence.pk, price=form.cleaned_data["price"], acting_user=request.user
        )
        return _("The price is written down.")
    if "check" in request.POST:
        proposal_services.check_proposal(**about)
        return _("Checked. It can go into a round.")
    reason = ReasonForm(request.POST)
    if not reason.is_valid():
        raise InvalidInput(_("Say what has to be mended."))
    proposal_services.return_proposal(**about, reason=reason.cleaned_data["reason"])
    return _("Returned to whoever proposed it.")


def evidence(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Send the screenshot of a price."""
    evidence = get_object_or_404(Evidence.objects.exclude(screenshot=""), pk=evidence_id)
    return HttpResponse(evidence.screenshot.read(), content_type="image/jpeg")


def open_round(request: HttpRequest) -> HttpResponse:
    """Open a round on checked proposals of one scope; its panel is frozen at this moment."""
    checked = Proposal.objects.filter(state="checked", entries=None)
    ready = {str(row.pk): row for row in checked.select_related("product__supplier").order_by("id")}
    form = RoundForm(request.POST or None)
    form.offer("proposals", [(key, _proposal_name(row)) for key, row in ready.items()])
    opened = attempt(
        request,
        form,
        lambda: round_services.open_round(
            **_one_scope([ready[key] for key in form.cleaned_data["proposals"]]),
            currency=form.cleaned_data["currency"].upper(),
            terms=form.terms(),
            acting_user=request.user,
        ),
        _("The round is open; its panel is frozen."),
    )
    if opened:
        return redirect("central:selection_round", opened.result.pk)
    context = {"title": _("Open a round"), "form": form, "there_are": bool(ready)}
    return render(request, "central/selection/open.html", context)


def _proposal_name(proposal: Proposal) -> str:
    scope = sources.shop_name(proposal.tenant_id) or str(_("whole network"))
    return " · ".join((pick(proposal.product.title), proposal.selling_point, scope))


def _one_scope(proposals: list[Proposal]) -> dict[str, Any]:
    if len({row.tenant_id for row in proposals}) > 1:
        raise InvalidInput(_("A round judges for one shop or for the whole network."), field="proposals")
    return {"proposal_ids": [row.pk for row in proposals], "tenant_id": proposals[0].tenant_id}


def round_page(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Show a round: how far its samples are, and its whole record once a gate has closed."""
    record = round_selectors.record_of(get_object_or_404(Round, pk=round_id))
    title = _("Round %(number)d") % {"number": record.round.number}
    return render(request, "central/selection/round.html", {"title": title, "record": record})


def charter(request: HttpRequest) -> HttpResponse:
    """Adopt the network's charter: from this moment only what passed is on sale, for good."""
    form = NetworkCharterForm(request.POST or None)
    if attempt(
        request,
        form,
        lambda: admission_services.adopt_charter(**form.charter(), acting_user=request.user),
        _("The charter is in force."),
    ):
        return redirect("central:selection")
    adopted = admission_selectors.charter_of(NO_ONE)
    context = {"title": _("Adopt the charter"), "form": form, "charter": adopted}
    return render(request, "central/selection/charter.html", context)


def _ask_product(request: HttpRequest, product_id: UUID) -> Question | None:
    product = get_object_or_404(Product.objects.select_related("supplier"), pk=product_id)
    form = TakeOffForm(
        request.POST,
        delisted=product.admission == Product.Admission.DELISTED,
        currency=product.supplier.currency,
    )
    if {"review", "breach"} & set(request.POST) or not form.is_valid():
        return None
    answers = form.cleaned_data
    what = dict(form.fields["what"].choices)[answers["what"]]  # type: ignore[attr-defined]
    return Question(
        title=_("%(what)s: %(product)s?") % {"what": what, "product": pick(product.title)},
        amount=answers["penalty"] if answers["what"] not in {"recall", "delist"} else None,
        currency=product.supplier.currency,
        facts=[_("It is off sale in every shop at once, and only a new round can change that.")],
        button=_("Take it off sale"),
        back=request.path,
    )


@asks(_ask_product)
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show what was ever said of a product, and take it off sale. Nothing here puts one on."""
    product = get_object_or_404(Product.objects.select_related("supplier"), pk=product_id)
    may_act = request.user.has_perm(MAY_ACT)
    if may_act and "review" in request.POST:
        return _open_review(request, product)
    if may_act and "breach" in request.POST:
        return _end_claim(request, product)
    form = TakeOffForm(
        request.POST or None,
        delisted=product.admission == Product.Admission.DELISTED,
        currency=product.supplier.currency,
    )
    if may_act and attempt(request, form, lambda: _take_off(request, product, form), _("It is off sale.")):
        return redirect(request.path)
    rulings = list(product.rulings.order_by("number").select_related("entry__round"))
    context = {
        "title": pick(product.title),
        "product": product,
        "rulings": rulings,
        "judged_in": round_selectors.rounds_judging(product),
        "claims": product.claims.order_by("-since"),
        "breach": ReasonForm(None, auto_id="breach_%s"),
        "complaints": admission_selectors.complaints_about(product),
        "called": _called_back(product),
        "form": form if may_act and all(row.penalty is None for row in rulings) else None,
        "may_act": may_act,
    }
    return render(request, "central/selection/product.html", context)


def _called_back(product: Product) -> Any:
    return next((row for row in round_selectors.waiting_for_review() if row.product_id == product.pk), None)


def _take_off(request: HttpRequest, product: Product, form: TakeOffForm) -> None:
    answers = form.cleaned_data
    about = {"product_id": product.pk, "reason": answers["reason"], "acting_user": request.user}
    if answers["what"] == "recall":
        admission_services.recall_product(**about)
    elif answers["what"] == "delist":
        admission_services.delist_product(**about)
    else:
        admission_services.declare_counterfeit(
            **about, penalty=answers["penalty"] or 0, currency=product.supplier.currency
        )


def _end_claim(request: HttpRequest, product: Product) -> HttpResponse:
    form = ReasonForm(request.POST)
    claim = next((row for row in product.claims.all() if str(row.pk) == request.POST["breach"]), None)
    if claim is None:
        raise Http404
    return press(
        request,
        lambda: proposal_services.end_claim(
            claim_id=claim.pk, reason=form.cleaned_data["reason"], acting_user=request.user
        ),
        request.path,
        said=_("The selling point is free again."),
        form=form,
        unfilled=_("Say what was broken."),
    )


def _open_review(request: HttpRequest, product: Product) -> HttpResponse:
    called_back = _called_back(product)
    if called_back is None:
        raise Http404
    return press(
        request,
        lambda: round_services.open_review(
            product_ids=[product.pk],
            tenant_id=called_back.tenant_id,
            terms=RoundTerms(),
            acting_user=request.user,
        ),
        request.path,
        then=lambda opened: redirect("central:selection_round", opened.pk),
    )
