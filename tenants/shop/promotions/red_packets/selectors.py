"""Red packets as members and operators see them, and what one pays of a purchase."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q

from accounts.models import User
from kernel import clock
from kernel.amounts import allocate
from tenants.shop.models import RedPacket, RedPacketBatch

State, Audience = RedPacket.State, RedPacketBatch.Audience


@dataclass(frozen=True, slots=True)
class RedPacketView:
    """A red packet as its holder sees it; amounts in minor units."""

    id: UUID
    batch_id: UUID
    name: str
    amount: int
    min_spend: int
    expires_at: datetime
    state: str
    order_number: str


@dataclass(frozen=True, slots=True)
class RedPacketBatchView:
    """A batch as the operator sees it: how many are left to take, are reserved for orders, and were used."""

    batch: RedPacketBatch
    left: int
    reserved: int
    used: int

    @property
    def is_over(self) -> bool:
        """True if nobody can take one any more."""
        return self.batch.expires_at <= clock.now() or not self.left


def spread(red_packet: RedPacket, to_pay: Sequence[int]) -> list[int]:
    """Return what the red packet pays of each amount (minor units): nothing of all if they are too little."""
    if sum(to_pay) < red_packet.batch.min_spend:
        return [0] * len(to_pay)
    return allocate(red_packet.batch.amount, to_pay)


def of_member(user: User) -> list[RedPacketView]:
    """Return a member's red packets, those that can be used first."""
    now = clock.now()
    rows = RedPacket.objects.filter(member=user).select_related("batch", "order").order_by("-taken_at")
    views = [
        RedPacketView(
            row.id,
            row.batch_id,
            row.batch.name,
            row.batch.amount,
            row.batch.min_spend,
            row.batch.expires_at,
            str(State.EXPIRED) if row.state == State.FREE and row.batch.expires_at <= now else row.state,
            row.order.number if row.order else "",
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: (view.state != State.FREE, view.expires_at))


def offered_to(user: User, origin_code: str = "") -> list[RedPacketBatch]:
    """Return what this member can take without a link: for all members, or of the room they came through."""
    return list(
        RedPacketBatch.objects.filter(expires_at__gt=clock.now(), handed_out__lt=F("number"))
        .filter(Q(audience=Audience.MEMBERS) | Q(audience=Audience.ROOM, origin_code=origin_code or "-"))
        .exclude(red_packets__member=user)
        .order_by("expires_at")[:20]
    )


def can_be_taken(batch: RedPacketBatch, origin_code: str = "") -> bool:
    """True if some are left for whoever came this way, and their time is not over."""
    is_for_them = batch.audience != Audience.ROOM or batch.origin_code == origin_code
    return is_for_them and batch.handed_out < batch.number and batch.expires_at > clock.now()


def all_batches() -> list[RedPacketBatchView]:
    """Return the shop's last 100 batches of red packets, newest first."""
    rows = RedPacketBatch.objects.annotate(
        reserved=Count("red_packets", filter=Q(red_packets__state=State.RESERVED)),
        used=Count("red_packets", filter=Q(red_packets__state=State.USED)),
    )
    return [
        RedPacketBatchView(row, row.number - row.handed_out, row.reserved, row.used)
        for row in rows.order_by("-id")[:100]
    ]
