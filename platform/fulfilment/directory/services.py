"""Writes of the directory: cards, requests for contacts, guests of the fair. Each may be repeated."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment import fields
from fulfilment.directory import selectors
from fulfilment.directory.models import ContactRequest, DirectoryCard, FairGuest
from kernel import limits
from kernel.errors import Conflict, InvalidInput, NotFound

State = ContactRequest.State
REQUESTS_A_DAY, DAY = 30, 86_400
LENGTHS = {"name": 80, "about": 500, "contact": 120}


def save_card(
    *,
    name: str,
    about: str,
    contact: str,
    is_open: bool,
    supplier: Supplier | None = None,
    schema: str = "",
    member_id: UUID | None = None,
) -> DirectoryCard:
    """Write the card of a supplier, or of a member of a shop. Raises InvalidInput, naming the field."""
    texts = {"name": name.strip(), "about": about.strip(), "contact": contact.strip()}
    for field, text in texts.items():
        if len(text) > LENGTHS[field] or "\x00" in text or (field != "about" and not text):
            raise InvalidInput(
                _("write between 1 and %(most)d characters") % {"most": LENGTHS[field]},
                field=field,
                value=text[:40],
            )
    owner: dict[str, Any] = {"supplier": supplier, "schema": schema, "member_id": member_id}
    with transaction.atomic(durable=True):
        card, _created = DirectoryCard.objects.update_or_create(
            **owner, defaults={**texts, "is_open": is_open}
        )
    return card


def request_contact(*, card: DirectoryCard, other_id: UUID, note: str = "") -> ContactRequest:
    """Ask the other side to exchange contacts. If they have asked already, both agree. Again: no change.

    Raises NotFound for a card that is closed or of one's own side, Conflict where one's own is closed or
    too many were asked today.
    """
    if not card.is_open:
        raise Conflict(_("open your own card first"), field="card", code="closed")
    other = selectors.open_cards_for(card).filter(id=other_id).first()
    if other is None:
        raise NotFound(_("this card is no longer shown"), field="card", value=other_id)
    with transaction.atomic(durable=True):
        # Both cards, in one order: of two who ask each other at once the second finds the first's request.
        list(DirectoryCard.objects.select_for_update().filter(id__in=[card.id, other.id]).order_by("id"))
        received = ContactRequest.objects.filter(sender=other, recipient=card).first()
        if received is not None:
            received.state = State.AGREED
            received.save(update_fields=["state"])
            return received
        standing = ContactRequest.objects.filter(sender=card, recipient=other).first()
        if standing is not None:
            return standing
        if not limits.hit(f"directory:{card.id}", limit=REQUESTS_A_DAY, window=DAY).allowed:
            raise Conflict(_("you have asked many people today; go on tomorrow"), field="card", code="limit")
        return ContactRequest.objects.create(sender=card, recipient=other, note=fields.plain(note)[:300])


def answer_request(*, card: DirectoryCard, request_id: UUID, agrees: bool) -> ContactRequest:
    """Agree to a request or decline it; what was declined can be agreed to later, and the reverse."""
    with transaction.atomic(durable=True):
        request = ContactRequest.objects.select_for_update().filter(id=request_id, recipient=card).first()
        if request is None:
            raise NotFound(_("nobody asked this"), field="request", value=request_id)
        request.state = State.AGREED if agrees else State.DECLINED
        request.save(update_fields=["state"])
    return request


def join_fair(*, card: DirectoryCard, fair_id: UUID, brings: str = "") -> FairGuest:
    """Note that a card's owner comes, and what a supplier brings; again: the newer text stands.

    Raises NotFound.
    """
    with transaction.atomic(durable=True):
        fair = selectors.coming_fairs().filter(id=fair_id).first()
        if fair is None:
            raise NotFound(_("this fair is over or not announced"), field="fair", value=fair_id)
        guest, _created = FairGuest.objects.update_or_create(
            fair=fair, card=card, defaults={"brings": fields.plain(brings)[:300]}
        )
    return guest


def leave_fair(*, card: DirectoryCard, fair_id: UUID) -> None:
    """Note that a card's owner does not come after all. Again: no change."""
    with transaction.atomic(durable=True):
        FairGuest.objects.filter(fair_id=fair_id, card=card).delete()
