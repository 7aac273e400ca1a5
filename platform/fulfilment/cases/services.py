"""After-sales cases: member and supplier agree, or deadlines hand it to the shop, then to the central team.

Whose turn it is, is the case's state. Each move checks the state under lock, writes a line of the
thread and sets the next deadline, so a move made twice or too late changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfilment import fields
from fulfilment.cases import pictures as case_pictures
from fulfilment.cases.models import Case, CaseMessage
from fulfilment.cases.selectors import next_level
from fulfilment.orders.models import SupplierOrder
from fulfilment.refund_reservations import services as refund_reservation_services
from kernel import audit, clock
from kernel.addresses.countries import CHINA
from kernel.addresses.phones import checked_phone
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import outbox

State, Wish, Outcome, Side = Case.State, Case.Wish, Case.Outcome, CaseMessage.Side
RETURN_FIELDS = ("name", "phone", "region", "address")
MAX_PICTURES = 6
# Whose turn it is, how long they have, and what happens then (see ``pass_deadline``).
TURNS: dict[str, timedelta | None] = {
    State.SUPPLIER: timedelta(hours=48),
    State.MEMBER: timedelta(days=7),
    State.TENANT: timedelta(hours=72),
    State.CENTRAL: None,
    State.TO_RETURN: timedelta(days=14),
    State.RETURNING: timedelta(days=10),
    State.TO_REPLACE: timedelta(days=5),
    State.REFUNDING: None,
    State.CLOSED: None,
}


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: on whose side, under which name, and as which user."""

    side: str
    name: str
    user: Any


def open_case(
    *,
    supplier_order_id: UUID,
    author: Author,
    member_id: UUID,
    wish: str,
    text: str,
    units: Mapping[UUID, int] | None = None,
    pictures: Sequence[Any] = (),
) -> Case:
    """Open a case about units of a supplier order (line id -> units; all lines without ``units``).

    Raises InvalidInput for an empty text, an unknown wish or too many units, Conflict if one is open
    already or there is nothing to speak about yet. Pictures are cleaned before the transaction begins.
    """
    text = fields.text_of(text)
    if wish not in Wish.values:
        raise InvalidInput(_("choose what you want"), field="wish", value=wish)
    cleaned = case_pictures.cleaned(pictures, MAX_PICTURES)
    with transaction.atomic(durable=True):
        order = SupplierOrder.objects.select_for_update(of=("self",)).filter(id=supplier_order_id).first()
        if order is None:
            raise NotFound(_("there is no such order"), field="supplier_order", value=supplier_order_id)
        if order.kind != SupplierOrder.Kind.SALE:
            raise Conflict(_("samples are judged, not complained about"), field="kind", value=order.kind)
        if order.state == SupplierOrder.State.CANCELLED:
            raise Conflict(_("this supplier order was cancelled"), field="state", value=order.state)
        if open_now := order.cases.exclude(state=State.CLOSED).first():
            raise Conflict(
                _("you are already talking about this: %(number)s") % {"number": open_now.number},
                field="case",
                value=open_now.number,
                code="case_open",
            )
        case = Case.objects.create(
            number=f"{order.number}-{order.cases.count() + 1}",
            schema=order.schema,
            tenant_id=order.tenant_id,
            order_id=order.order_id,
            supplier_id=order.supplier_id,
            supplier_order=order,
            member_id=member_id,
            member_name=author.name[:120],
            wish=wish,
            units=_checked_units(order, units),
        )
        _move(case, State.SUPPLIER, author, "opened", text=text, pictures=cleaned)
    return case


def _checked_units(order: SupplierOrder, units: Mapping[UUID, int] | None) -> dict[str, int]:
    lines = {line.id: line for line in order.lines.all()}
    if not units:
        return {str(line.id): line.quantity - line.cancelled - line.refunding for line in lines.values()}
    for line_id, count in units.items():
        line = lines.get(line_id)
        if line is None or not 0 < count <= line.quantity - line.cancelled - line.refunding:
            raise InvalidInput(_("these goods are not part of the order"), field="units", value=count)
    return {str(line_id): count for line_id, count in units.items()}


def add_message(*, case_id: UUID, author: Author, text: str, pictures: Sequence[Any] = ()) -> CaseMessage:
    """Add to the thread. A supplier's message hands the turn to the member, the member's to the supplier."""
    cleaned = case_pictures.cleaned(pictures, MAX_PICTURES)
    text = fields.text_of(text)
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        turns = {(State.SUPPLIER, Side.SUPPLIER): State.MEMBER, (State.MEMBER, Side.MEMBER): State.SUPPLIER}
        if case.state == State.CLOSED:
            raise Conflict(_("this case is closed"), field="state", value=case.state, code="closed")
        return _move(
            case, turns.get((State(case.state), Side(author.side)), case.state), author, "", text, cleaned
        )


def offer_refund(*, case_id: UUID, author: Author, text: str = "", amount: int | None = None) -> Case:
    """Give money back without a return: ``amount`` minor units, or what the units cost. Supplier or above."""
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        _only(case, author, {State.SUPPLIER, State.MEMBER, State.RETURNING, State.TO_REPLACE})
        if amount is not None and amount <= 0:
            raise InvalidInput(_("the amount must be above zero"), field="amount", value=amount)
        case.amount = amount
        _refund(case, author, text)
    return case


def agree_return(*, case_id: UUID, author: Author, return_to: Mapping[str, str], text: str = "") -> Case:
    """Let the member send the goods back to ``return_to`` (name, phone, region, address).

    Raises InvalidInput for a part that is missing and for a phone number that cannot be one.
    """
    address = {key: fields.plain(str(return_to.get(key, "")))[:200] for key in RETURN_FIELDS}
    for key in ("name", "phone", "address"):
        if not address[key]:
            raise InvalidInput(_("the member needs to know where to send it"), field=key)
    address["phone"] = checked_phone(address["phone"], country=CHINA)
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        _only(case, author, {State.SUPPLIER, State.MEMBER})
        case.return_to = address
        _move(case, State.TO_RETURN, author, "return_agreed", text)
    return case


def record_return(*, case_id: UUID, author: Author, carrier: str, tracking_number: str) -> Case:
    """Record the parcel with which the member sends the goods back."""
    parcel = fields.parcel_of(carrier, tracking_number)
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        if case.state == State.RETURNING and case.return_parcel == parcel:
            return case
        _expect(case, {State.TO_RETURN})
        case.return_parcel = parcel
        _move(case, State.RETURNING, author, "sent_back", details=parcel)
    return case


def confirm_return(*, case_id: UUID, author: Author, text: str = "") -> Case:
    """Confirm that the supplier has the goods again: a return is refunded, an exchange is sent."""
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        _only(case, author, {State.RETURNING})
        if case.wish == Wish.EXCHANGE:
            _move(case, State.TO_REPLACE, author, "came_back", text)
        else:
            _refund(case, author, text)
    return case


def record_replacement(*, case_id: UUID, author: Author, carrier: str, tracking_number: str) -> Case:
    """Record the parcel with which the supplier sends other goods instead; that closes the case."""
    parcel = fields.parcel_of(carrier, tracking_number)
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        if case.outcome == Outcome.EXCHANGED and case.replacement == parcel:
            return case
        _only(case, author, {State.SUPPLIER, State.MEMBER, State.TO_REPLACE})
        case.replacement = parcel
        _close(case, author, "replaced", Outcome.EXCHANGED, details=parcel)
    return case


def refuse(*, case_id: UUID, author: Author, text: str) -> Case:
    """Refuse, with a reason. The member may ask the shop, then the central team, whose refusal is final."""
    text = fields.text_of(text)
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        _only(case, author, {State.SUPPLIER, State.MEMBER, State.RETURNING})
        if author.side == Side.CENTRAL:
            _close(case, author, "refused", Outcome.REFUSED, text)
        else:
            case.offered = "refusal"
            _move(case, State.MEMBER, author, "refused", text)
    return case


def escalate(*, case_id: UUID, author: Author, text: str = "") -> Case:
    """Pass the case on for the member: to the shop, and after the shop to the central team."""
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        _expect(case, {State.SUPPLIER, State.MEMBER, State.RETURNING, State.TENANT, State.TO_REPLACE})
        _move(case, next_level(case), author, "escalated", text)
    return case


def withdraw(*, case_id: UUID, author: Author) -> Case:
    """Close a case that its member no longer pursues. Again: no change."""
    with transaction.atomic(durable=True):
        case = _locked(case_id)
        if case.state == State.CLOSED:
            return case
        if case.state == State.REFUNDING:
            raise Conflict(_("the money is on its way already"), field="state", value=case.state)
        outcome = Outcome.ANSWERED if case.wish == Wish.QUESTION else Outcome.WITHDRAWN
        _close(case, author, "withdrawn", outcome)
    return case


@joins_transaction
def mark_refunded(*, case_id: UUID, order_id: UUID) -> None:
    """Close a case whose money has gone back. Again: no change."""
    case = _locked(case_id)
    if case.state == State.REFUNDING and case.order_id == order_id:
        _close(case, CLOCK, "refunded", Outcome.REFUNDED)


@joins_transaction
def mark_refund_failed(*, case_id: UUID, order_id: UUID, reason: str) -> None:
    """Pass a case whose money could not be given back to the central team."""
    case = _locked(case_id)
    if case.state == State.REFUNDING and case.order_id == order_id:
        refund_reservation_services.release(cause_id=case.id, order_id=order_id)
        _move(case, State.CENTRAL, CLOCK, "refund_failed", details={"reason": reason[:300]})


CLOCK = Author(Side.CLOCK, "", "deadline")


@joins_transaction
def apply_deadline(*, case_id: UUID, step: int) -> None:
    """Do what follows when nobody answered in time; an old deadline does nothing.

    A silent supplier: the shop decides. A silent shop: the central team. A silent member: closed as is.
    A return that the supplier does not look at counts as taken back; one never sent is given up.
    """
    case = _locked(case_id)
    if case.step != step or case.due_at is None:
        return
    if case.state in {State.SUPPLIER, State.TO_REPLACE}:
        _move(case, next_level(case), CLOCK, "supplier_silent")
    elif case.state == State.TENANT:
        _move(case, State.CENTRAL, CLOCK, "shop_silent")
    elif case.state == State.MEMBER:
        _close(
            case, CLOCK, "member_silent", Outcome.REFUSED if case.offered == "refusal" else Outcome.ANSWERED
        )
    elif case.state == State.TO_RETURN:
        _close(case, CLOCK, "never_sent", Outcome.WITHDRAWN)
    elif case.state == State.RETURNING:
        if case.wish == Wish.EXCHANGE:
            _move(case, State.TO_REPLACE, CLOCK, "taken_as_back")
        else:
            _refund(case, CLOCK, "")


def _refund(case: Case, author: Author, text: str) -> None:
    _move(case, State.REFUNDING, author, "refund_agreed", text, details={"amount": case.amount})
    order = SupplierOrder.objects.select_for_update(of=("self",)).get(id=case.supplier_order_id)
    lines = {line.id: line for line in order.lines.select_for_update()}
    if case.amount is None and not case.return_parcel:
        # What goes back to the buyer must not be sent or redeemed besides, from this moment on.
        is_voucher = order.delivery == SupplierOrder.Delivery.VOUCHER
        for key, count in sorted(case.units.items()):
            line = lines[UUID(key)]
            line.supplier_order = order
            units = count if is_voucher else max(0, count - line.shipped)
            refund_reservation_services.reserve_line(cause_id=case.id, line=line, units=units)
    outbox.emit(
        "case.refund",
        {
            "case_id": str(case.id),
            "number": case.number,
            "order_id": str(case.order_id),
            "supplier_order_id": str(order.id),
            "supplier_id": str(case.supplier_id),
            "units": [[str(lines[UUID(key)].variant_id), count] for key, count in sorted(case.units.items())],
            "amount": case.amount,
            "by": author.name,
        },
        schema=case.schema,
    )


def _only(case: Case, author: Author, supplier_states: set[Case.State]) -> None:
    """Let the supplier act in these states, and the shop and the central team when they were asked."""
    allowed = {
        Side.SUPPLIER: supplier_states,
        Side.TENANT: {State.TENANT},
        Side.CENTRAL: {State.CENTRAL, State.TENANT},
        Side.CLOCK: supplier_states,
    }.get(Side(author.side), set())
    _expect(case, allowed)


def _expect(case: Case, states: set[Case.State]) -> None:
    if case.state not in states:
        raise Conflict(
            _("this is not possible now: %(state)s") % {"state": case.get_state_display()},
            field="state",
            value=case.state,
            remedy=_("load the page again"),
            code="wrong_state",
        )


def _close(
    case: Case,
    author: Author,
    event: str,
    outcome: str,
    text: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    case.outcome, case.closed_at = outcome, clock.now()
    _move(case, State.CLOSED, author, event, text, details=details)
    outbox.emit("case.closed", {"case_id": str(case.id), "outcome": outcome}, schema=case.schema)


def _move(
    case: Case,
    state: str,
    author: Author,
    event: str,
    text: str = "",
    pictures: Sequence[bytes] = (),
    details: Mapping[str, Any] | None = None,
) -> CaseMessage:
    """Write a line of the thread, and hand the turn on with its deadline."""
    message = CaseMessage.objects.create(
        case=case,
        side=author.side,
        name=author.name[:120],
        event=event,
        text=fields.plain(text)[: fields.MAX_TEXT],
        details=dict(details or {}),
    )
    case_pictures.keep(message, pictures)
    if event or case.state != state:
        time = TURNS[state]
        case.state, case.step = state, case.step + 1
        case.due_at = clock.now() + time if time else None
        case.save()
        if time:
            outbox.emit(
                "case.deadline",
                {"case_id": str(case.id), "step": case.step},
                schema=case.schema,
                delay=time,
            )
    if author.side not in {Side.MEMBER, Side.CLOCK}:
        audit.record_on(
            case,
            f"case.{event or 'said'}",
            actor=author.user,
            changes=dict(details or {}),
            schema=case.schema,
        )
    return message


def _locked(case_id: UUID) -> Case:
    case = Case.objects.select_for_update(of=("self",)).filter(id=case_id).first()
    if case is None:
        raise NotFound(_("there is no such case"), field="case", value=case_id)
    return case
