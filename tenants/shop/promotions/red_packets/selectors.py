"""Red packets as members and operators see them, and what one pays of a purchase."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from kernel import clock
from kernel.money.amounts import allocate
from tenants.shop.promotions.red_packets.models import RedPacket, RedPacketBatch

State, Audience = RedPacket.State, RedPacketBatch.Audience


def spread(red_packet: RedPacket, to_pay: Sequence[int]) -> list[int]:
    """Return what the red packet pays of each amount (minor units): nothing of all if they are too little."""
    if sum(to_pay) < red_packet.batch.min_spend:
        return [0] * len(to_pay)
    return allocate(red_packet.batch.amount, to_pay)


def of_member(user: User) -> list[RedPacket]:
    """Return a member's red packets with their batch, those that can be used first."""
    rows = RedPacket.objects.filter(member=user).select_related("batch").order_by("-taken_at")
    return sorted(rows, key=lambda row: (row.state_now != State.FREE, row.batch.expires_at))


def offered_to(user: User, origin_code: str = "") -> list[RedPacketBatch]:
    """Return what this member can take without a link: for all members, or of the live room they came by."""
    return list(
        RedPacketBatch.objects.filter(expires_at__gt=clock.now(), handed_out__lt=F("number"))
        .filter(Q(audience=Audience.MEMBERS) | Q(audience=Audience.ROOM, origin_code=origin_code or "-"))
        .exclude(red_packets__member=user)
        .order_by("expires_at")[:20]
    )


def can_be_taken(batch: RedPacketBatch, origin_code: str = "") -> bool:
    """True if some are left for whoever came this way, and their time is not over."""
    is_for_them = batch.audience != Audience.ROOM or batch.origin_code == origin_code
    return is_for_them and not batch.is_over


def batches_of(budget_id: UUID) -> QuerySet[RedPacketBatch]:
    """Return the last 100 batches of a budget, newest first, each with how many are ``used``."""
    used = Count("red_packets", filter=Q(red_packets__state=State.USED))
    return RedPacketBatch.objects.filter(budget_id=budget_id).annotate(used=used).order_by("-id")[:100]
