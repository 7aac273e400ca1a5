"""Samples: written when judges are seated, asked for by them, sent by the supplier, received."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import Conflict
from kernel.events import outbox
from selection import sources
from selection.rounds.models import RoundEntry, Seat
from selection.samples import access
from selection.samples.models import Sample

State = Sample.State


@joins_transaction
def create_samples(*, seats: Sequence[Seat], entries: Sequence[RoundEntry]) -> None:
    """Write one sample for each judge and entry. Must run in the transaction that seats the judges."""
    Sample.objects.bulk_create(Sample(entry=entry, seat=seat) for seat in seats for entry in entries)


def request_samples(*, seat_id: UUID, tenant_id: UUID, user_id: UUID, ship_to: Mapping[str, str]) -> int:
    """Have the samples of a seat sent to this address; return how many. Again: 0.

    ``ship_to`` is an address checked by the shop (name, phone, region, address).
    """
    with transaction.atomic(durable=True):
        seat = access.seat_of(seat_id=seat_id, tenant_id=tenant_id, user_id=user_id)
        waiting = list(
            seat.samples.select_for_update(of=("self",))
            .filter(state=State.INVITED)
            .values_list("pk", flat=True)
        )
        if waiting:
            Sample.objects.filter(pk__in=waiting).update(
                state=State.REQUESTED, ship_to=dict(ship_to), requested_at=clock.now()
            )
            outbox.emit(
                "sample.requested",
                {"sample_ids": [str(key) for key in waiting]},
                schema=sources.schema_of(tenant_id),
            )
    return len(waiting)


def decline_samples(*, seat_id: UUID, tenant_id: UUID, user_id: UUID) -> None:
    """Leave a seat empty; it still counts among the seats."""
    with transaction.atomic(durable=True):
        seat = access.seat_of(seat_id=seat_id, tenant_id=tenant_id, user_id=user_id)
        seat.samples.filter(state=State.INVITED).update(state=State.DECLINED)


@joins_transaction
def mark_shipped(*, sample_id: UUID) -> None:
    """Note that the supplier has sent a sample. Again: no change."""
    Sample.objects.filter(id=sample_id, state=State.REQUESTED).update(
        state=State.SHIPPED, shipped_at=clock.now()
    )


@joins_transaction
def mark_received(*, sample_id: UUID) -> None:
    """Note that a sample's parcel counts as received. Again: no change."""
    Sample.objects.filter(id=sample_id, state=State.SHIPPED).update(
        state=State.RECEIVED, received_at=clock.now()
    )


def receive(*, sample_id: UUID, tenant_id: UUID, user_id: UUID) -> Sample:
    """Note that a judge has a sample. Again: no change. Raises Conflict if it was not sent yet."""
    with transaction.atomic(durable=True):
        sample = access.locked_sample_of(sample_id=sample_id, tenant_id=tenant_id, user_id=user_id)
        record_received(sample)
    return sample


@joins_transaction
def record_received(sample: Sample) -> None:
    """Note that a judge has a locked sample. Again: no change. Raises Conflict if it was not sent yet."""
    if sample.state == State.RECEIVED:
        return
    if sample.state != State.SHIPPED:
        raise Conflict(_("this sample has not been sent yet"), field="sample", value=sample.state)
    sample.state, sample.received_at = State.RECEIVED, clock.now()
    sample.save(update_fields=["state", "received_at"])
    outbox.emit("sample.in_hand", {"sample_id": str(sample.pk)})
