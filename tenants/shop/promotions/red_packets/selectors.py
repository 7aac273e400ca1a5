"""Red packets as members and operators see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kernel import clock
from kernel.amounts import allocate
from kernel.errors import NotFound
from tenants.shop.models import RedPacket, RedPackets
from tenants.shop.pricing.shapes import PricedLine
from tenants.shop.promotions.red_packets.services import Audience, State


@dataclass(frozen=True, slots=True)
class RedPacketView:
    """A red packet as its holder sees it; amounts in minor units."""

    id: UUID
    packets_id: UUID
    name: str
    amount: int
    min_spend: int
    expires_at: datetime
    state: str
    order_number: str


@dataclass(frozen=True, slots=True)
class RedPacketBatchView:
    """Packets as the operator sees them: how many are left to take, were taken, are in use and were used."""

    packets: RedPackets
    left: int
    held: int
    used: int

    @property
    def is_over(self) -> bool:
        """True if nobody can take one any more."""
        return self.packets.expires_at <= clock.now() or not self.left


def usable(packet_id: UUID, user: User) -> RedPacket | None:
    """Return a packet that this member can use now, or None."""
    return (
        RedPacket.objects.filter(
            id=packet_id, member=user, state=State.FREE, packets__expires_at__gt=clock.now()
        )
        .select_related("packets")
        .first()
    )


def apply(packet: RedPacket, lines: Sequence[PricedLine]) -> list[PricedLine]:
    """Return the lines with their parts of the packet, if the goods cost enough; else as they are."""
    to_pay = [line.to_pay for line in lines]
    if sum(to_pay) < packet.packets.min_spend:
        return list(lines)
    spread = allocate(packet.packets.amount, to_pay)
    return [replace(line, packet=part) for line, part in zip(lines, spread, strict=True)]


def of_member(user: User) -> list[RedPacketView]:
    """Return a member's packets, those that can be used first."""
    now = clock.now()
    rows = RedPacket.objects.filter(member=user).select_related("packets", "order").order_by("-taken_at")
    found = [
        RedPacketView(
            row.id,
            row.packets_id,
            row.packets.name,
            row.packets.amount,
            row.packets.min_spend,
            row.packets.expires_at,
            str(State.EXPIRED) if row.state == State.FREE and row.packets.expires_at <= now else row.state,
            row.order.number if row.order else "",
        )
        for row in rows
    ]
    return sorted(found, key=lambda packet: (packet.state != State.FREE, packet.expires_at))


def offered_to(user: User, origin_code: str = "") -> list[RedPackets]:
    """Return what this member can take without a link: for all members, or of the room they came through."""
    return list(
        RedPackets.objects.filter(expires_at__gt=clock.now(), taken__lt=F("number"))
        .filter(Q(audience=Audience.MEMBERS) | Q(audience=Audience.ROOM, origin_code=origin_code or "-"))
        .exclude(given__member=user)
        .order_by("expires_at")[:20]
    )


def can_be_taken(packets: RedPackets, origin_code: str = "") -> bool:
    """True if some are left for whoever came this way, and their time is not over."""
    is_mine = packets.audience != Audience.ROOM or packets.origin_code == origin_code
    return is_mine and packets.taken < packets.number and packets.expires_at > clock.now()


def by_code(code: str) -> RedPackets:
    """Return the packets that a link names. Raises NotFound."""
    found = RedPackets.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("there are no such red packets"))
    return found


def all_batches() -> list[RedPacketBatchView]:
    """Return the shop's red packets, newest first."""
    rows = RedPackets.objects.annotate(
        held=Count("given", filter=Q(given__state=State.HELD)),
        used=Count("given", filter=Q(given__state=State.USED)),
    )
    return [
        RedPacketBatchView(row, row.number - row.taken, row.held, row.used)
        for row in rows.order_by("-id")[:100]
    ]
