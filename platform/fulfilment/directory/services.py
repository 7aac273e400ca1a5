"""Suppliers and members find and add each other, and meet at the fair. Every command may be repeated."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from fulfilment.models import Acquaintance, Card, Fair, FairGuest
from kernel import clock, limits
from kernel.errors import Conflict, InvalidInput, NotFound

State = Acquaintance.State
ASKS_A_DAY, DAY = 30, 86_400
LENGTHS = {"name": 80, "about": 500, "contact": 120}


def supplier_card(supplier: Supplier) -> Card | None:
    """Return a supplier's card, open or not."""
    return Card.objects.filter(supplier=supplier).first()


def member_card(*, schema: str, member_id: UUID) -> Card | None:
    """Return the card of a member of a shop, open or not."""
    return Card.objects.filter(schema=schema, member_id=member_id).first()


def save_card(
    *,
    name: str,
    about: str,
    contact: str,
    is_open: bool,
    supplier: Supplier | None = None,
    schema: str = "",
    member_id: UUID | None = None,
) -> Card:
    """Write the card of a supplier, or of a member of a shop. Raises InvalidInput, naming the field."""
    given = {"name": name.strip(), "about": about.strip(), "contact": contact.strip()}
    for field, value in given.items():
        if len(value) > LENGTHS[field] or "\x00" in value or (field != "about" and not value):
            raise InvalidInput(
                _("write between 1 and %(most)d characters") % {"most": LENGTHS[field]},
                field=field,
                value=value[:40],
            )
    owner: dict[str, Any] = {"supplier": supplier, "schema": schema, "member_id": member_id}
    card, _created = Card.objects.update_or_create(**owner, defaults={**given, "is_open": is_open})
    return card


def others(card: Card, query: str = "") -> QuerySet[Card]:
    """Return the open cards of the other side, those renewed last in front."""
    rows = Card.objects.filter(is_open=True, supplier__isnull=card.is_supplier)
    if query := query.replace("\x00", "").strip()[:60]:
        rows = rows.filter(Q(name__icontains=query) | Q(about__icontains=query))
    return rows


def strangers(card: Card, query: str = "") -> QuerySet[Card]:
    """Return ``others`` without those whom this card has asked, who ask it, or who are known."""
    mine = Acquaintance.objects.filter(asked_by=card, asked=OuterRef("pk"))
    theirs = Acquaintance.objects.filter(asked_by=OuterRef("pk"), asked=card).exclude(state=State.DECLINED)
    return others(card, query).exclude(Exists(mine)).exclude(Exists(theirs))


def unanswered(card: Card) -> list[Card]:
    """Return the cards that this one asked and that have not agreed; a no is not told."""
    rows = Acquaintance.objects.filter(asked_by=card).exclude(state=State.AGREED)
    return [row.asked for row in rows.select_related("asked").order_by("-id")]


def ask(*, card: Card, other_id: UUID, note: str = "") -> Acquaintance:
    """Ask to know somebody. If they have asked already, both have agreed; again: what stands.

    Raises NotFound for a card that is closed or of one's own side, Conflict where one's own is closed or
    too many were asked today.
    """
    if not card.is_open:
        raise Conflict(_("open your own card first"), field="card", code="closed")
    other = others(card).filter(id=other_id).first()
    if other is None:
        raise NotFound(_("this card is no longer shown"), field="card", value=other_id)
    with transaction.atomic():
        # Both cards, in one order: two who ask each other at once meet.
        list(Card.objects.select_for_update().filter(id__in=[card.id, other.id]).order_by("id"))
        back = Acquaintance.objects.filter(asked_by=other, asked=card).first()
        if back is not None:
            back.state = State.AGREED
            back.save(update_fields=["state"])
            return back
        standing = Acquaintance.objects.filter(asked_by=card, asked=other).first()
        if standing is not None:
            return standing
        if not limits.hit(f"directory:{card.id}", limit=ASKS_A_DAY, window=DAY).allowed:
            raise Conflict(_("you have asked many people today; go on tomorrow"), field="card", code="limit")
        return Acquaintance.objects.create(
            asked_by=card, asked=other, note=note.replace("\x00", "").strip()[:300]
        )


def answer(*, card: Card, acquaintance_id: UUID, agrees: bool) -> Acquaintance:
    """Say yes or no to who asked; a no can become a yes later, and a yes is taken back by a no."""
    with transaction.atomic():
        row = Acquaintance.objects.select_for_update().filter(id=acquaintance_id, asked=card).first()
        if row is None:
            raise NotFound(_("nobody asked this"), field="acquaintance", value=acquaintance_id)
        row.state = State.AGREED if agrees else State.DECLINED
        row.save(update_fields=["state"])
    return row


def asked_of(card: Card) -> QuerySet[Acquaintance]:
    """Return who waits for this card's answer."""
    return card.asked_for.filter(state=State.ASKED).select_related("asked_by")


def known_to(card: Card) -> list[Card]:
    """Return the cards of all who agreed to know each other: their contacts may be shown to this one."""
    rows = Acquaintance.objects.filter(Q(asked_by=card) | Q(asked=card), state=State.AGREED)
    return [
        row.asked if row.asked_by_id == card.id else row.asked_by
        for row in rows.select_related("asked", "asked_by")
    ]


def fairs() -> QuerySet[Fair]:
    """Return the fairs that are announced and not over, the next one first."""
    return Fair.objects.filter(is_published=True, ends_at__gt=clock.now())


def join_fair(*, card: Card, fair_id: UUID, brings: str = "") -> FairGuest:
    """Say that one comes, and what a supplier brings. Again: the newer words hold. Raises NotFound."""
    fair = fairs().filter(id=fair_id).first()
    if fair is None:
        raise NotFound(_("this fair is over or not announced"), field="fair", value=fair_id)
    guest, _created = FairGuest.objects.update_or_create(
        fair=fair, card=card, defaults={"brings": brings.replace("\x00", "").strip()[:300]}
    )
    return guest


def leave_fair(*, card: Card, fair_id: UUID) -> None:
    """Say that one does not come after all. Again: no change."""
    FairGuest.objects.filter(fair_id=fair_id, card=card).delete()


def fair_rows(card: Card | None) -> list[dict[str, Any]]:
    """Return the coming fairs with the suppliers who bring something, and whether this card's owner comes."""
    rows = []
    for fair in fairs().prefetch_related("guests__card"):
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
