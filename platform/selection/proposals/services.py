"""Writes of proposals: a product is proposed with its proof, checked, returned; claims end."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Licence, Price, Product, SellingPoint
from kernel import audit, clock
from kernel.clock import CENTRAL_ZONE
from kernel.database.unit_of_work import lock_name
from kernel.days import local_day
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.models import NO_ONE
from kernel.money.money import format_money
from kernel.texts.translated import pick
from selection.admission.models import Ruling
from selection.admission.transitions import may_follow
from selection.proposals.models import Claim, Evidence, Proposal, Recheck
from selection.proposals.selectors import faults_of

AGAIN_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ChannelPrice:
    """A price seen on another channel, minor units; ``screenshot`` is an image already checked."""

    channel: str
    url: str
    price: int
    seen_on: date
    screenshot: "File[Any] | None" = None


@dataclass(frozen=True, slots=True)
class ProposalLicence:
    """A document of the maker or importer; ``until`` empty where it does not run out.

    ``recorded`` is the supplier's licence in the catalogue, found by its number; then its date counts.
    """

    name: str
    number: str
    until: date | None = None
    recorded: UUID | None = None


def point_key(text: str) -> str:
    """Return a selling point without case, width and anything that is no letter or digit."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())[:80]


def canonical_point(text: str) -> str:
    """Return the key of a selling point: its slug where the catalogue knows it in some language."""
    key = point_key(text)
    for point in SellingPoint.objects.all():
        if key in {point_key(point.slug), *map(point_key, point.name.values())}:
            return point_key(point.slug)
    return key


def propose(
    *,
    product_id: UUID,
    tenant_id: UUID = NO_ONE,
    selling_point: str,
    price: int,
    maker: str,
    maker_number: str,
    licences: Sequence[ProposalLicence],
    evidence: Sequence[ChannelPrice],
    other_sales: str = "",
    exclusive_months: int = 12,
    by_supplier: bool,
    acting_user: Any,
) -> Proposal:
    """Propose a product to the whole network, or to one shop: it is for sale there only once it has passed.

    Raises NotFound; InvalidInput for a missing proof, an expired licence or a price that another channel
    undercuts; Conflict if the selling point belongs to another product (``details['product']`` names it), if
    the product is proposed or has passed already, or was refused less than 90 days ago.
    """
    with transaction.atomic(durable=True):
        product = Product.objects.select_for_update().filter(id=product_id).first()
        if product is None or product.status == Product.Status.ARCHIVED:
            raise NotFound(_("there is no such product"), field="product", value=product_id)
        currency = _currency(product)
        recorded = {row.number: row for row in product.supplier.licences.all()}
        licences = [_as_recorded(licence, recorded.get(licence.number.strip())) for licence in licences]
        _check_proof(
            price, currency, maker, maker_number, licences, evidence, clock.today(product.supplier.zone)
        )
        key = canonical_point(selling_point)
        if not key:
            raise InvalidInput(
                _("say what this product alone offers"),
                field="selling_point",
                remedy=_("for example: A2 milk"),
            )
        _check_standing(product, tenant_id)
        lock_name(f"selling point {key}")
        require_free(key, tenant_id=tenant_id, product_id=product_id)
        proposal = Proposal.objects.create(
            product=product,
            tenant_id=tenant_id,
            selling_point=selling_point.strip()[:80],
            point_key=key,
            exclusive_months=exclusive_months,
            price=price,
            currency=currency,
            maker=maker.strip(),
            maker_number=maker_number.strip(),
            licences=[_licence(licence) for licence in licences],
            other_sales=other_sales.strip(),
            by_supplier=by_supplier,
            proposed_by=str(acting_user)[:200],
        )
        for channel_price in evidence:
            _save_evidence(proposal, channel_price)
        _record("proposal.made", proposal, acting_user, {"selling_point": selling_point, "price": price})
    return proposal


def require_free(key: str, *, tenant_id: UUID, product_id: UUID) -> None:
    """Raise Conflict, naming the product, if a selling point is in force for another product of the scope."""
    claim = (
        Claim.objects.filter(
            point_key=key, tenant_id__in={NO_ONE, tenant_id}, ended_at=None, until__gt=clock.now()
        )
        .exclude(product_id=product_id)
        .select_related("product")
        .first()
    )
    if claim is not None:
        title = pick(claim.product.title)
        raise Conflict(
            _("the selling point “%(point)s” belongs to “%(product)s” until %(until)s")
            % {
                "point": claim.selling_point,
                "product": title,
                "until": f"{local_day(claim.until, CENTRAL_ZONE):%Y-%m-%d}",
            },
            field="selling_point",
            value=claim.selling_point,
            remedy=_("propose what this product alone offers"),
            code="selling_point_taken",
            product=title,
        )


def check_proposal(*, proposal_id: UUID, acting_user: Any) -> Proposal:
    """Mark a proposal as checked (licences, maker, sales elsewhere, prices): it may go to a round.

    Raises Conflict if a licence has run out or a price was looked at more than 30 days ago.
    """
    with transaction.atomic(durable=True):
        proposal = _locked(proposal_id)
        if faults := faults_of(proposal):
            raise Conflict(faults[0], field="proposal", remedy=_("mend it, or return the proposal"))
        proposal.state, proposal.note = Proposal.State.CHECKED, ""
        proposal.save(update_fields=["state", "note"])
        _record("proposal.checked", proposal, acting_user, {})
    return proposal


def return_proposal(*, proposal_id: UUID, reason: str, acting_user: Any) -> Proposal:
    """Return a proposal for its proof to be mended; the product stays off sale."""
    with transaction.atomic(durable=True):
        proposal = _locked(proposal_id)
        proposal.state, proposal.note = Proposal.State.RETURNED, reason.strip()[:500]
        proposal.save(update_fields=["state", "note"])
        _record("proposal.returned", proposal, acting_user, {}, reason)
    return proposal


def add_evidence(*, proposal_id: UUID, channel_price: ChannelPrice, acting_user: Any) -> Evidence:
    """Add a price seen on one more channel; whoever returned the proposal looks at it again."""
    with transaction.atomic(durable=True):
        proposal = _locked(proposal_id)
        _check_price(proposal.price, proposal.currency, [channel_price])
        proposal.state = Proposal.State.OPEN
        proposal.save(update_fields=["state"])
        evidence = _save_evidence(proposal, channel_price)
        _record(
            "proposal.evidence",
            proposal,
            acting_user,
            {"channel": channel_price.channel, "price": channel_price.price},
        )
    return evidence


def recheck_price(*, evidence_id: UUID, price: int, acting_user: Any) -> Recheck:
    """Record what a channel asks now. A lower price than ours is kept and shown; people decide on it."""
    if price < 1:
        raise InvalidInput(_("a price is more than nothing"), field="price", value=price)
    with transaction.atomic(durable=True):
        evidence = Evidence.objects.filter(id=evidence_id).select_related("proposal").first()
        if evidence is None:
            raise NotFound(_("there is no such evidence"), field="evidence", value=evidence_id)
        checked = Recheck.objects.create(evidence=evidence, price=price, checked_by=str(acting_user)[:200])
        change = {"channel": evidence.channel, "price": [evidence.price, price]}
        _record("proposal.rechecked", evidence.proposal, acting_user, change)
    return checked


def end_expired_claims() -> int:
    """End the selling points whose time is over; return how many."""
    now = clock.now()
    return Claim.objects.filter(ended_at=None, until__lte=now).update(ended_at=now, ended_by=Claim.Ended.DATE)


def end_claim(*, claim_id: UUID, reason: str, acting_user: Any) -> Claim:
    """End a selling point because its owner broke what it promised; others may propose it from now on."""
    with transaction.atomic(durable=True):
        claim = Claim.objects.select_for_update().filter(id=claim_id, ended_at=None).first()
        if claim is None:
            raise NotFound(_("this selling point is not in force"), field="claim", value=claim_id)
        claim.ended_at, claim.ended_by, claim.reason = clock.now(), Claim.Ended.BREACH, reason.strip()[:300]
        claim.save(update_fields=["ended_at", "ended_by", "reason"])
        audit.record_on(claim, "claim.ended", actor=acting_user, reason=reason)
    return claim


def _currency(product: Product) -> str:
    priced_in = Price.objects.filter(variant__product=product).values_list("currency", flat=True).first()
    return priced_in or product.supplier.currency


def _check_standing(product: Product, tenant_id: UUID) -> None:
    if product.admission == Product.Admission.DELISTED:
        raise Conflict(_("a delisted product never comes back"), field="product", value=pick(product.title))
    if tenant_id != NO_ONE and product.admission == Product.Admission.PASSED:
        raise Conflict(
            _("the whole network has passed this product"), field="product", value=pick(product.title),
            remedy=_("list it"),
        )  # fmt: skip
    latest = product.rulings.filter(tenant_id=tenant_id).order_by("-number").first()
    if not may_follow(latest.kind if latest else None, Ruling.Kind.PROPOSED):
        raise Conflict(
            _("this product is proposed, or has been decided on, already"),
            field="product",
            value=pick(product.title),
            remedy=_("look at its record"),
        )
    again_on = local_day(latest.at, CENTRAL_ZONE) + AGAIN_AFTER if latest else clock.today()
    if clock.today() < again_on:
        raise Conflict(
            _("this product was refused; it can be proposed again on %(day)s")
            % {"day": f"{again_on:%Y-%m-%d}"},
            field="product",
            value=pick(product.title),
        )


def _check_proof(
    price: int,
    currency: str,
    maker: str,
    number: str,
    licences: Sequence[ProposalLicence],
    evidence: Sequence[ChannelPrice],
    today: date,
) -> None:
    needed: Mapping[str, tuple[bool, Any]] = {
        "maker": (bool(maker.strip()), _("say who makes it")),
        "maker_number": (bool(number.strip()), _("give the maker's registration number")),
        "licences": (bool(licences), _("name at least one licence")),
        "evidence": (bool(evidence), _("show the price on at least one other channel")),
        "price": (price > 0, _("a price is more than nothing")),
    }
    for field, (is_there, message) in needed.items():
        if not is_there:
            raise InvalidInput(message, field=field)
    for licence in licences:
        if licence.until and licence.until < today:
            raise InvalidInput(
                _("the licence %(name)s has run out") % {"name": licence.name},
                field="licences",
                value=licence.until,
            )
    _check_price(price, currency, evidence)


def _check_price(price: int, currency: str, evidence: Sequence[ChannelPrice]) -> None:
    for channel_price in evidence:
        if channel_price.price < price:
            raise InvalidInput(
                _("%(channel)s asks %(theirs)s, less than %(ours)s")
                % {
                    "channel": channel_price.channel,
                    "theirs": format_money(channel_price.price, currency),
                    "ours": format_money(price, currency),
                },
                field="price",
                value=format_money(price, currency),
                remedy=_("ask at most the lowest price of all channels"),
                code="not_the_lowest_price",
            )


def _as_recorded(licence: ProposalLicence, record: Licence | None) -> ProposalLicence:
    """Take the date of the catalogue's record, whatever was typed."""
    return replace(licence, until=record.expires_on, recorded=record.pk) if record else licence


def _licence(licence: ProposalLicence) -> dict[str, str]:
    return {
        "name": licence.name.strip()[:120],
        "number": licence.number.strip()[:80],
        "until": licence.until.isoformat() if licence.until else "",
        "recorded": str(licence.recorded) if licence.recorded else "",
    }


def _save_evidence(proposal: Proposal, channel_price: ChannelPrice) -> Evidence:
    if not channel_price.url.startswith(("https://", "http://")):
        raise InvalidInput(
            _("write the whole address of the page"),
            field="url",
            value=channel_price.url,
            remedy=_("it begins with https://"),
        )
    return Evidence.objects.create(
        proposal=proposal,
        channel=channel_price.channel.strip()[:80],
        url=channel_price.url[:1000],
        price=channel_price.price,
        seen_on=channel_price.seen_on,
        screenshot=channel_price.screenshot or "",
    )


def _locked(proposal_id: UUID) -> Proposal:
    proposal = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(id=proposal_id)
        .first()
    )
    if proposal is None:
        raise NotFound(_("there is no such proposal"), field="proposal", value=proposal_id)
    if proposal.entries.exists():
        raise Conflict(_("a proposal that is being judged stays as it is"), field="proposal")
    return proposal


def _record(
    action: str, proposal: Proposal, actor: Any, changes: Mapping[str, Any], reason: str = ""
) -> None:
    audit.record_on(
        proposal, action, actor=actor, label=pick(proposal.product.title), changes=changes, reason=reason
    )
