"""The only way from an id or a code in a request to a red packet that this person may take or use."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import clock
from kernel.errors import NotFound
from tenants.shop.promotions.red_packets.models import RedPacket, RedPacketBatch


def usable_red_packet(red_packet_id: UUID, user: User) -> RedPacket | None:
    """Return a red packet that this member can use now, or None."""
    return (
        RedPacket.objects.filter(
            id=red_packet_id, member=user, state=RedPacket.State.FREE, batch__expires_at__gt=clock.now()
        )
        .select_related("batch")
        .first()
    )


def batch_for(batch_id: UUID, origin_code: str) -> RedPacketBatch:
    """Return a batch that whoever came through this live room may take from. Raises NotFound."""
    batch = RedPacketBatch.objects.filter(id=batch_id).first()
    if batch is None or (batch.audience == RedPacketBatch.Audience.ROOM and batch.origin_code != origin_code):
        raise NotFound(_("there are no such red packets"))
    return batch


def batch_by_code(code: str) -> RedPacketBatch:
    """Return the batch that a link names. Raises NotFound."""
    batch = RedPacketBatch.objects.filter(code=code).first()
    if batch is None:
        raise NotFound(_("there are no such red packets"))
    return batch
