"""Pictures and words of rounds for all surfaces' templates."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.models import Product
from components.selection import gate_pictures
from kernel.models import NO_ONE
from selection import sources
from selection.models import Claim, Gate, Proposal, Ruling, Sample
from selection.rounds.selectors import EntryRecord, RoundRecord, Tally

register = template.Library()


@register.filter
def funnel(entry: EntryRecord, gate: str) -> SafeString:
    """Draw how far the samples of a gate have come."""
    return gate_pictures.funnel(entry.steps[gate])


@register.simple_tag
def histogram(tally: Tally, record: RoundRecord) -> SafeString:
    """Draw the scores of a closed gate."""
    threshold = record.round.panel_points if tally.gate == Gate.PANEL else record.round.jury_points
    return gate_pictures.histogram(tally, threshold)


@register.filter
def gate_name(gate: str) -> str:
    """Name a gate."""
    return _("Panel") if gate == Gate.PANEL else _("Jury")


@register.filter
def scope_name(tenant_id: object) -> str:
    """Name a scope: a shop, or the whole network."""
    return sources.shop_name(tenant_id) or _("whole network")  # type: ignore[arg-type]


@register.filter
def verdict_name(verdict: str) -> str:
    """Name what came of an entry or stands of a product."""
    return {
        "": _("being judged"),
        Ruling.Kind.PROPOSED: _("proposed"),
        Ruling.Kind.PASSED: _("passed"),
        Ruling.Kind.REFUSED: _("not passed"),
        Ruling.Kind.RECALLED: _("called back"),
        Ruling.Kind.DELISTED: _("delisted"),
    }[verdict]


@register.filter
def ruling_name(ruling: Ruling) -> str:
    """Name a ruling; of a counterfeit, that it is one."""
    return verdict_name(ruling.kind) if ruling.penalty is None else _("counterfeit")


@register.filter
def off_sale(product: Product) -> str:
    """Say why a product is on sale nowhere in the network for what people decided; else nothing."""
    return {
        Product.Admission.NEEDED: _("off sale: it has to pass"),
        Product.Admission.REFUSED: _("off sale: not passed"),
        Product.Admission.RECALLED: _("off sale: called back"),
        Product.Admission.DELISTED: _("off sale for good"),
    }.get(Product.Admission(product.admission), "")


@register.filter
def claim_end(claim: Claim) -> str:
    """Name what ended a selling point."""
    return {
        Claim.Ended.DATE: _("ended by its date"),
        Claim.Ended.DELISTED: _("ended with its product"),
        Claim.Ended.BREACH: _("broken"),
    }[Claim.Ended(claim.ended_by)]


@register.filter
def standing(proposal: Proposal) -> str:
    """Name what became of a product after it passed: called back, delisted or a counterfeit; else nothing."""
    latest = latest_ruling(proposal)
    return ruling_name(latest) if latest else ""


@register.filter
def latest_ruling(proposal: Proposal) -> Ruling | None:
    """Return what took a product off sale where it was proposed, if that is how it stands."""
    scopes = {NO_ONE, proposal.tenant_id}
    latest: dict[object, Ruling] = {}
    for row in sorted(proposal.product.rulings.all(), key=lambda row: row.number):
        if row.tenant_id in scopes:
            latest[row.tenant_id] = row
    off = {Ruling.Kind.RECALLED, Ruling.Kind.DELISTED}
    return next((row for row in latest.values() if row.kind in off), None)


@register.filter
def sample_state(state: str) -> str:
    """Name how far a sample has come."""
    return {
        Sample.State.INVITED: _("You are invited"),
        Sample.State.REQUESTED: _("Being sent"),
        Sample.State.SHIPPED: _("The parcel is on its way"),
        Sample.State.RECEIVED: _("To be scored"),
        Sample.State.SCORED: _("Scored"),
        Sample.State.DECLINED: _("Declined"),
    }[Sample.State(state)]


@register.filter
def proposal_state(proposal: Proposal) -> str:
    """Name how far a proposal has come."""
    entry = next(iter(proposal.entries.all()), None)
    if entry is not None:
        verdict = next((row.kind for row in entry.rulings.all() if row.kind in {"passed", "refused"}), "")
        return verdict_name(verdict)
    return {
        Proposal.State.OPEN: _("being checked"),
        Proposal.State.CHECKED: _("waits for a round"),
        Proposal.State.RETURNED: _("returned to you"),
        Proposal.State.WITHDRAWN: _("withdrawn"),
    }[Proposal.State(proposal.state)]
