"""Samples and votes: each judge asks for theirs, receives it, and says once what they think of it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock, outbox
from kernel.errors import Conflict, InvalidInput, NotFound
from selection import sources
from selection.models import Sample, Seat
from selection.rounds import services

State = Sample.State


def ask_for(*, seat_id: UUID, tenant_id: UUID, user_id: UUID, ship_to: Mapping[str, str]) -> int:
    """Have the samples of a seat sent to this address; return how many. Again: 0.

    ``ship_to`` is an address checked by the shop (name, phone, region, address).
    """
    with transaction.atomic(durable=True):
        seat = _seat(seat_id, tenant_id, user_id)
        waiting = list(
            seat.samples.select_for_update(of=("self",))
            .filter(state=State.INVITED)
            .values_list("pk", flat=True)
        )
        if waiting:
            Sample.objects.filter(pk__in=waiting).update(
                state=State.WANTED, ship_to=dict(ship_to), wanted_at=clock.now()
            )
            outbox.emit(
                "sample.wanted",
                {"sample_ids": [str(key) for key in waiting]},
                schema=sources.schema_of(tenant_id),
            )
    return len(waiting)


def decline(*, seat_id: UUID, tenant_id: UUID, user_id: UUID) -> None:
    """Leave a seat empty; it still counts among the seats."""
    with transaction.atomic(durable=True):
        seat = _seat(seat_id, tenant_id, user_id)
        seat.samples.filter(state=State.INVITED).update(state=State.DECLINED)


def mark_shipped(*, sample_id: UUID) -> None:
    """The supplier has sent it. Must run inside a transaction. Again: no change."""
    Sample.objects.filter(id=sample_id, state=State.WANTED).update(
        state=State.SHIPPED, shipped_at=clock.now()
    )


def mark_received(*, sample_id: UUID) -> None:
    """The parcel counts as received, since nobody said anything else. Must run inside a transaction."""
    Sample.objects.filter(id=sample_id, state=State.SHIPPED).update(
        state=State.RECEIVED, received_at=clock.now()
    )


def receive(*, sample_id: UUID, tenant_id: UUID, user_id: UUID) -> Sample:
    """The judge has it in hand. Again: no change. Raises Conflict if it was not sent yet."""
    with transaction.atomic(durable=True):
        sample = _sample(sample_id, tenant_id, user_id)
        _receive(sample)
    return sample


def score(
    *,
    sample_id: UUID,
    tenant_id: UUID,
    user_id: UUID,
    points: int,
    would_buy: bool | None = None,
    comment: str = "",
) -> None:
    """Say once and for good what one thinks of a sample: 0 to 100 points, and of the jury whether to buy it.

    Who scores has received it. Closes the gate if this was the last vote. Raises Conflict if it is not sent
    yet, is scored already, or its gate has closed; nothing is kept then.
    """
    if not 0 <= points <= 100:
        raise InvalidInput(
            _("points run from 0 to 100"), field="points", value=points, remedy=_("change the number")
        )
    with transaction.atomic(durable=True):
        sample = _sample(sample_id, tenant_id, user_id)
        if sample.state == State.SCORED:
            raise Conflict(_("you have scored this already; a score is for good"), field="points")
        _receive(sample)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT public.selection_cast_vote(%s, %s, %s, %s, %s, %s)",
                [sample_id, tenant_id, user_id, points, would_buy, comment.strip()[:500]],
            )
        seat = sample.seat
        # Only that it was said, never what: scores are secret until the gate has closed.
        audit.record(
            "sample.scored", actor=seat.name, object_type="selection.sample", object_id=sample_id,
            object_label=str(sample.entry.round),
        )  # fmt: skip
    services.close_if_complete(round_id=seat.round_id, gate=seat.gate)


def _receive(sample: Sample) -> None:
    if sample.state == State.RECEIVED:
        return
    if sample.state != State.SHIPPED:
        raise Conflict(_("this sample has not been sent yet"), field="sample", value=sample.state)
    sample.state, sample.received_at = State.RECEIVED, clock.now()
    sample.save(update_fields=["state", "received_at"])
    outbox.emit("sample.in_hand", {"sample_id": str(sample.pk)})


def _seat(seat_id: UUID, tenant_id: UUID, user_id: UUID) -> Seat:
    seat = Seat.objects.filter(id=seat_id, tenant_id=tenant_id, user_id=user_id).first()
    if seat is None:
        raise NotFound(_("you have no seat in this round"), field="seat", value=seat_id)
    return seat


def _sample(sample_id: UUID, tenant_id: UUID, user_id: UUID) -> Sample:
    sample = (
        Sample.objects.select_for_update(of=("self",))
        .filter(id=sample_id, seat__tenant_id=tenant_id, seat__user_id=user_id)
        .select_related("seat", "entry__round")
        .first()
    )
    if sample is None:
        raise NotFound(_("you have no seat for this product"), field="sample", value=sample_id)
    return sample


def wanted(sample_ids: Sequence[UUID]) -> list[Sample]:
    """Return samples with everything that sending them needs."""
    return list(
        Sample.objects.filter(id__in=sample_ids).select_related("seat__round", "entry__product__supplier")
    )
