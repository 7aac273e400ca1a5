"""Proposals of a supplier: propose one's own goods, follow them, read what the gates said."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from backoffice.screens import attempt
from catalog.models import Product, Supplier
from components.selection.proposal_forms import ChannelPriceForm, ProposalForm, licences_on_record
from kernel.texts.translated import pick
from portal import access
from portal.frame import show
from selection.models import Evidence, Proposal
from selection.proposals import selectors as proposal_selectors
from selection.proposals import services as proposal_services
from selection.rounds import selectors as round_selectors


@access.for_suppliers("GET")
def proposals(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """List the supplier's proposals, newest first."""
    context = {"proposals": proposal_selectors.proposals_of(supplier)}
    return show(request, supplier, "proposals/proposals", context)


@access.for_suppliers("GET", "POST")
def propose(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Propose one of the supplier's own products with its proof."""
    products = Product.objects.filter(supplier=supplier).exclude(status=Product.Status.ARCHIVED)
    form = ProposalForm(
        request.POST or None,
        request.FILES or None,
        products=[(str(row.pk), pick(row.title)) for row in products.order_by("-id")],
        currency=supplier.currency,
        initial=licences_on_record(supplier),
    )
    proposed = attempt(
        request,
        form,
        lambda: proposal_services.propose(**form.proposed(), by_supplier=True, acting_user=request.user),
        _("Proposed. The central team looks at the proof first."),
    )
    if proposed:
        return redirect("portal:proposal", proposed.result.pk)
    return show(request, supplier, "proposals/propose", {"form": form}, 422 if form.errors else 200)


@access.for_suppliers("GET", "POST")
def proposal(request: HttpRequest, supplier: Supplier, proposal_id: UUID) -> HttpResponse:
    """Show how far a proposal has come and what the closed gates said; add proof while nobody judges it."""
    proposal = get_object_or_404(proposal_selectors.proposals_of(supplier), pk=proposal_id)
    entry = proposal.entries.first()
    form = ChannelPriceForm(request.POST or None, request.FILES or None, currency=proposal.currency)
    if entry is None and attempt(
        request,
        form,
        lambda: proposal_services.add_evidence(
            proposal_id=proposal.pk, channel_price=form.channel_price(), acting_user=request.user
        ),
        _("Added."),
    ):
        return redirect("portal:proposal", proposal.pk)
    record = round_selectors.record_of(entry.round) if entry else None
    context = {
        "proposal": proposal,
        "form": form if entry is None else None,
        "record": record,
        "entry": next((row for row in record.entries if row.entry == entry), None) if record else None,
        "can_add": entry is None and proposal.state != Proposal.State.WITHDRAWN,
    }
    return show(request, supplier, "proposals/proposal", context, 422 if form.errors else 200)


@access.for_suppliers("GET")
def screenshot(request: HttpRequest, supplier: Supplier, evidence_id: UUID) -> HttpResponse:
    """Send a screenshot of the supplier's own proof."""
    own = Evidence.objects.filter(proposal__product__supplier=supplier).exclude(screenshot="")
    evidence = get_object_or_404(own, pk=evidence_id)
    return HttpResponse(evidence.screenshot.read(), content_type="image/jpeg")
