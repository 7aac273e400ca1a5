"""From ids in a member's request to the seat or sample that is theirs."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kernel.errors import NotFound
from selection.rounds.models import Seat
from selection.samples.models import Sample


def seat_of(*, seat_id: UUID, tenant_id: UUID, user_id: UUID) -> Seat:
    """Return a member's seat; raises NotFound for any other."""
    seat = Seat.objects.filter(id=seat_id, tenant_id=tenant_id, user_id=user_id).first()
    if seat is None:
        raise NotFound(_("you have no seat in this round"), field="seat", value=seat_id)
    return seat


def locked_sample_of(*, sample_id: UUID, tenant_id: UUID, user_id: UUID) -> Sample:
    """Return a member's sample, locked, with its seat and round; raises NotFound for any other."""
    sample = (
        Sample.objects.select_for_update(of=("self",))
        .filter(id=sample_id, seat__tenant_id=tenant_id, seat__user_id=user_id)
        .select_related("seat", "entry__round")
        .first()
    )
    if sample is None:
        raise NotFound(_("you have no seat for this product"), field="sample", value=sample_id)
    return sample
