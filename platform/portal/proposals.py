"""Proposals in the suppliers' portal: propose one's own goods, follow them, read what the gates said."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from catalog.models import Product, Supplier
from components.proposal_forms import ProposalForm, SeenForm, of_record
from kernel.errors import BanyanError
from kernel.text import pick
from portal import access
from portal.pages import show
from selection.models import Evidence, Proposal
from selection.proposals import selectors as proposal_selectors
from selection.proposals import services as proposal_services
from selection.rounds import selectors as round_selectors


@access.for_suppliers
@require_GET
def index(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """List the supplier's proposals, newest first."""
    return show(request, supplier, "proposals", {"proposals": proposal_selectors.proposals_of(supplier)})


@access.for_suppliers
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, supplier: Supplier) -> HttpResponse:
    """Propose one of the supplier's own products with its proof."""
    own = Product.objects.filter(supplier=supplier).exclude(status=Product.Status.ARCHIVED).order_by("-id")
    form = ProposalForm(
        request.POST or None,
        request.FILES or None,
        products=[(str(row.pk), pick(row.title)) for row in own],
        currency=supplier.currency,
        initial=of_record(supplier),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = proposal_services.propose(**form.proposed(), by_supplier=True, acting_user=request.user)
        except BanyanError as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
        else:
            messages.success(request, _("Proposed. The central team looks at the proof first."))
            return redirect("proposals:proposal", proposal_id=made.pk)
    return show(request, supplier, "propose", {"form": form}, 422 if form.errors else 200)


@access.for_suppliers
@require_http_methods(["GET", "POST"])
def proposal(request: HttpRequest, supplier: Supplier, proposal_id: UUID) -> HttpResponse:
    """Show how far a proposal has come and what the closed gates said; add proof while nobody judges it."""
    found = proposal_selectors.proposals_of(supplier).filter(pk=proposal_id).first()
    if found is None:
        raise Http404
    entry = found.entries.first()
    form = SeenForm(request.POST or None, request.FILES or None, currency=found.currency)
    if request.method == "POST" and entry is None and form.is_valid():
        try:
            proposal_services.add_evidence(
                proposal_id=found.pk, channel_price=form.channel_price(), acting_user=request.user
            )
        except BanyanError as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
        else:
            messages.success(request, _("Added."))
            return redirect("proposals:proposal", proposal_id=found.pk)
    record = round_selectors.record_of(entry.round) if entry else None
    context = {
        "proposal": found,
        "form": form if entry is None else None,
        "record": record,
        "entry": next((row for row in record.entries if row.entry.pk == entry.pk), None)
        if record and entry
        else None,
        "can_add": entry is None and found.state != Proposal.State.WITHDRAWN,
    }
    return show(request, supplier, "proposal", context, 422 if form.errors else 200)


@access.for_suppliers
@require_GET
def screenshot(request: HttpRequest, supplier: Supplier, evidence_id: UUID) -> HttpResponse:
    """Send a screenshot of the supplier's own proof."""
    seen = (
        Evidence.objects.filter(pk=evidence_id, proposal__product__supplier=supplier)
        .exclude(screenshot="")
        .first()
    )
    if seen is None:
        raise Http404
    return HttpResponse(seen.screenshot.read(), content_type="image/jpeg")
