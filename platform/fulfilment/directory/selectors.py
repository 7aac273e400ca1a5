"""Reads of the directory: whose cards somebody sees, who asked whom, and the fairs to come."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Supplier
from fulfilment import fields
from fulfilment.directory.models import ContactRequest, DirectoryCard, Fair
from kernel import clock

State = ContactRequest.State


def supplier_card(supplier: Supplier) -> DirectoryCard | None:
    """Return a supplier's card, open or not."""
    return DirectoryCard.objects.filter(supplier=supplier).first()


def member_card(*, schema: str, member_id: UUID) -> DirectoryCard | None:
    """Return the card of a member of a shop, open or not."""
    return DirectoryCard.objects.filter(schema=schema, member_id=member_id).first()


def open_cards_for(card: DirectoryCard, query: str = "") -> QuerySet[DirectoryCard]:
    """Return the open cards of the other side, those renewed last in front."""
    cards = DirectoryCard.objects.filter(is_open=True, supplier__isnull=card.is_supplier)
    if query := fields.plain(query)[:60]:
        cards = cards.filter(Q(name__search_text__contains=query) | Q(about__search_text__contains=query))
    return cards


def unconnected_cards(card: DirectoryCard, query: str = "") -> QuerySet[DirectoryCard]:
    """Return ``open_cards_for`` without those with whom a request is open or agreed in either direction."""
    sent = ContactRequest.objects.filter(sender=card, recipient=OuterRef("pk"))
    received = ContactRequest.objects.filter(sender=OuterRef("pk"), recipient=card)
    return (
        open_cards_for(card, query)
        .exclude(Exists(sent))
        .exclude(Exists(received.exclude(state=State.DECLINED)))
    )


def unanswered_by(card: DirectoryCard) -> list[DirectoryCard]:
    """Return the cards that this one asked and that have not agreed; that somebody declined is not shown."""
    requests = ContactRequest.objects.filter(sender=card).exclude(state=State.AGREED)
    return [request.recipient for request in requests.select_related("recipient").order_by("-id")]


def requests_to(card: DirectoryCard) -> QuerySet[ContactRequest]:
    """Return the requests that wait for this card's answer."""
    return card.received_requests.filter(state=State.REQUESTED).select_related("sender")


def contacts_of(card: DirectoryCard) -> list[DirectoryCard]:
    """Return the cards whose contacts may be shown to this one: both sides have agreed."""
    requests = ContactRequest.objects.filter(Q(sender=card) | Q(recipient=card), state=State.AGREED)
    return [
        request.recipient if request.sender_id == card.id else request.sender
        for request in requests.select_related("recipient", "sender")
    ]


def coming_fairs() -> QuerySet[Fair]:
    """Return the fairs that are announced and not over, the next one first."""
    return Fair.objects.filter(is_published=True, ends_at__gt=clock.now())


def fair_rows(card: DirectoryCard | None) -> list[dict[str, Any]]:
    """Return the coming fairs with the suppliers who bring something, and whether this card's owner comes."""
    rows = []
    for fair in coming_fairs().prefetch_related("guests__card"):
        guests = list(fair.guests.all())
        rows.append(
            {
                "fair": fair,
                "stalls": [guest for guest in guests if guest.card.is_supplier],
                "visitors": sum(not guest.card.is_supplier for guest in guests),
                "own": next((guest for guest in guests if card and guest.card_id == card.id), None),
            }
        )
    return rows
