"""Reads of samples: what judges have to do, and what suppliers have to send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from selection.rounds import selectors as round_selectors
from selection.rounds.models import Closing, Round, Seat
from selection.samples.models import Sample

TO_DO = (Sample.State.INVITED, Sample.State.SHIPPED, Sample.State.RECEIVED)


def samples_to_send(sample_ids: Sequence[UUID]) -> list[Sample]:
    """Return samples with everything that sending them needs."""
    return list(
        Sample.objects.filter(id__in=sample_ids).select_related("seat__round", "entry__product__supplier")
    )


@dataclass(frozen=True, slots=True)
class Duty:
    """A member's seat in a round, with its samples and until when they can be scored."""

    seat: Seat
    round: Round
    samples: tuple[Sample, ...]
    until: datetime | None
    is_open: bool

    @property
    def to_do(self) -> bool:
        """True while something waits for the member."""
        return self.is_open and any(sample.state in TO_DO for sample in self.samples)


def seat_of(sample_id: UUID, *, tenant_id: UUID, user_id: UUID) -> UUID | None:
    """Return the seat that a member's sample belongs to; None if it is not theirs."""
    samples = Sample.objects.filter(pk=sample_id, seat__tenant_id=tenant_id, seat__user_id=user_id)
    return samples.values_list("seat_id", flat=True).first()


def duties_of(*, tenant_id: UUID, user_id: UUID) -> list[Duty]:
    """Return a member's seats, newest round first. A few queries a seat; people have few."""
    seats = (
        Seat.objects.filter(tenant_id=tenant_id, user_id=user_id)
        .select_related("round")
        .order_by("-round__number")
    )
    duties = []
    for seat in seats[:20]:
        gate = round_selectors.open_gate(seat.round)
        duties.append(
            Duty(
                seat=seat,
                round=seat.round,
                samples=tuple(
                    seat.samples.select_related("entry__product__supplier").order_by("entry__position")
                ),
                until=round_selectors.gate_until(seat.round_id, seat.gate),
                is_open=gate == seat.gate,
            )
        )
    return duties


def waiting_for(*, tenant_id: UUID, user_id: UUID) -> int:
    """Return how many samples wait for a member, to be asked for or to be scored, at gates still open."""
    closed = Closing.objects.filter(round=OuterRef("seat__round"), gate=OuterRef("seat__gate"))
    return Sample.objects.filter(
        ~Exists(closed), seat__tenant_id=tenant_id, seat__user_id=user_id, state__in=TO_DO
    ).count()
