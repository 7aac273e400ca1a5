"""Red packets: made of a budget's money, taken once by a member, used for one order.

Their money leaves the budget when they are made, so whoever holds a packet holds money that is there. It
waits on an account of their own that cannot go below zero, until a packet is used, or nobody can use it.
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.ledger.services import Leg
from billing.subsidies import services as subsidy_services
from kernel import audit, clock, outbox
from kernel.amounts import MAX_AMOUNT
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.money import require_positive
from tenants.agents.models import Origin
from tenants.registry.selectors import current_tenant
from tenants.shop.models import Order, RedPacket, RedPackets
from tenants.shop.promotions.subsidies.services import open_budget

MAY_MAKE = "shop.add_redpackets"
MOST = 100_000
LONGEST_DAYS = 366
OVER = "red_packets.over"
State, Audience = RedPacket.State, RedPackets.Audience


def issue(
    *,
    budget_id: UUID,
    name: str,
    amount: int,
    number: int,
    min_spend: int,
    expires_at: datetime,
    audience: str,
    acting_user: User,
    origin_code: str = "",
) -> RedPackets:
    """Set ``number`` packets of ``amount`` (minor units) aside, to be taken until ``expires_at``.

    ``audience`` is one of RedPackets.Audience; for a room its code. Must run outside transactions. Raises
    NotAllowed, NotFound, InvalidInput, Conflict for a closed budget, InsufficientBalance if it holds less.
    """
    if not acting_user.has_perm(MAY_MAKE):
        raise NotAllowed(_("your role may not give subsidies"))
    name = name.strip()[:80]
    if not name:
        raise InvalidInput(_("red packets need a name"), field="name")
    currency = current_tenant().currency
    require_positive(amount, currency, most=MAX_AMOUNT // MOST)
    require_positive(min_spend, currency, field="min_spend")
    if min_spend <= amount:
        raise InvalidInput(
            _("the goods have to cost more than the packet holds"), field="min_spend", value=min_spend
        )
    if not 0 < number <= MOST:
        raise InvalidInput(_("between 1 and %(most)d packets") % {"most": MOST}, field="number", value=number)
    if not 0 < (expires_at - clock.now()).total_seconds() <= LONGEST_DAYS * 86_400:
        raise InvalidInput(_("they have to end within a year, and not in the past"), field="expires_at")
    if audience not in Audience.values:
        raise InvalidInput(_("say who may take them"), field="audience", value=audience)
    origin_code = origin_code.strip() if audience == Audience.ROOM else ""
    if audience == Audience.ROOM and not Origin.objects.filter(code=origin_code, is_open=True).exists():
        raise NotFound(_("there is no such room"), field="origin_code", value=origin_code)
    with transaction.atomic(durable=True):
        budget = open_budget(budget_id)
        made = RedPackets.objects.create(
            id=new_id(),
            budget_id=budget.id,
            name=name,
            code=secrets.token_urlsafe(9),
            audience=audience,
            origin_code=origin_code,
            amount=amount,
            min_spend=min_spend,
            made=number,
            number=number,
            expires_at=expires_at,
            made_by=str(acting_user)[:200],
        )
        outbox.emit(OVER, {"packets_id": str(made.id)}, delay=expires_at - clock.now())
        _audit("red_packets.made", made, acting_user)
        subsidy_services.set_aside(
            budget_id=budget.id, reference_id=made.id, amount=amount * number, holder=made.id
        )
    return made


def stop(*, packets_id: UUID, acting_user: User) -> RedPackets:
    """Hand out no more, and give what was not taken back to the budget; those taken stay good. Repeatable."""
    if not acting_user.has_perm(MAY_MAKE):
        raise NotAllowed(_("your role may not give subsidies"))
    with transaction.atomic(durable=True):
        packets = _locked(packets_id)
        if packets.taken < packets.number:
            _audit("red_packets.stopped", packets, acting_user)
            _give_up_untaken(packets)
    return packets


def close(*, packets_id: UUID) -> None:
    """Their time is over: what nobody can use any more goes back to the budget. Inside a transaction, once.

    A packet that an open order holds is decided when that order is.
    """
    packets = _locked(packets_id)
    if packets.settled_at is not None or packets.expires_at > clock.now():
        return
    _give_up_untaken(packets)
    packets.settled_at = clock.now()
    packets.save(update_fields=["settled_at"])
    if expired := packets.given.filter(state=State.FREE).update(state=State.EXPIRED):
        _give_back(packets, expired, f"{packets.id} expired")


def _locked(packets_id: UUID) -> RedPackets:
    found = RedPackets.objects.select_for_update().filter(id=packets_id).first()
    if found is None:
        raise NotFound(_("there are no such red packets"))
    return found


def _give_up_untaken(packets: RedPackets) -> None:
    untaken = packets.number - packets.taken
    packets.number = packets.taken
    packets.save(update_fields=["number"])
    if untaken:
        _give_back(packets, untaken, f"{packets.id} untaken")


def _give_back(packets: RedPackets, count: int, key: str) -> None:
    subsidy_services.give_back(
        budget_id=packets.budget_id,
        reference_id=packets.id,
        amount=count * packets.amount,
        holder=packets.id,
        key=key,
    )


_TAKE = """
UPDATE shop_redpackets SET taken = taken + 1
WHERE id = %s AND taken < number AND expires_at > %s RETURNING taken
"""


def take(*, packets_id: UUID, user: User, origin_code: str = "") -> RedPacket:
    """Give a member one of the packets; again: the one they have. Must run outside transactions.

    ``origin_code`` is the room the member came through. Raises NotFound if these are not for them, Conflict
    when none is left or their time is over.
    """
    packets = RedPackets.objects.filter(id=packets_id).first()
    if packets is None or (packets.audience == Audience.ROOM and packets.origin_code != origin_code):
        raise NotFound(_("there are no such red packets"))
    if mine := packets.given.filter(member=user).first():
        return mine
    try:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                # The row's lock lets the last one be taken once.
                cursor.execute(_TAKE, [packets.id, clock.now()])
                row = cursor.fetchone()
            if row is None:
                raise Conflict(_("they are all gone, or their time is over"), code="none_left")
            return RedPacket.objects.create(id=new_id(), packets=packets, member=user, place=row[0])
    except IntegrityError:
        # The same member at the same moment, twice: the second taking is undone.
        return packets.given.get(member=user)


def reserve(*, packet_id: UUID, user: User, order_id: UUID) -> None:
    """Let an order that is being placed hold the packet: once. Raises Conflict (price_changed)."""
    held = RedPacket.objects.filter(
        id=packet_id, member=user, state=State.FREE, packets__expires_at__gt=clock.now()
    ).update(state=State.HELD, order_id=order_id)
    if not held:
        raise Conflict(
            _("this red packet was used already, or its time is over"),
            field="expected_total",
            remedy=_("look at the order again and confirm"),
            code="price_changed",
        )


def spent_legs(order: Order) -> list[Leg]:
    """Mark the order's packet as used; return the leg that takes its money."""
    if not order.packet:
        return []
    packet = RedPacket.objects.select_for_update().get(order=order)
    packet.state = State.USED
    packet.save(update_fields=["state"])
    return [subsidy_services.claimed_leg(packet.packets_id, order.currency, order.packet)]


def release(order: Order) -> None:
    """The order ended unpaid: the packet is free again, or its money goes back if its time is over."""
    if not order.packet:
        return
    packet = _of_order(order)
    if not _free(packet):
        _give_back(packet.packets, 1, f"{packet.id} {order.id}")


def returned_legs(order: Order, taken: int, *, is_whole: bool) -> list[Leg]:
    """Return the legs that bring ``taken`` of the packet's money back when the order is refunded.

    Refunded whole at once, the packet can be used again unless its time is over; otherwise the money goes to
    the budget. Must run inside the transaction that posts the legs.
    """
    if not taken:
        return []
    packet = _of_order(order)
    if is_whole and taken == order.packet and _free(packet):
        return [subsidy_services.claimed_leg(packet.packets_id, order.currency, -taken)]
    return [
        subsidy_services.returned_leg(
            budget_id=packet.packets.budget_id, reference_id=packet.packets_id, amount=taken
        )
    ]


def _of_order(order: Order) -> RedPacket:
    # The packets' row first, as where their time ends.
    packets_id = RedPacket.objects.values_list("packets_id", flat=True).get(order=order)
    packets = _locked(packets_id)
    packet = RedPacket.objects.select_for_update().get(order=order)
    packet.packets = packets
    return packet


def _free(packet: RedPacket) -> bool:
    """Let the packet be used again; False, and over for good, where its time has passed."""
    is_good = packet.packets.settled_at is None and packet.packets.expires_at > clock.now()
    if packet.state == State.USED and not is_good:
        return False
    packet.state, packet.order_id = (State.FREE if is_good else State.EXPIRED), None
    packet.save(update_fields=["state", "order"])
    return is_good


def _audit(action: str, packets: RedPackets, user: User) -> None:
    audit.record(
        action,
        actor=user,
        object_type="shop.redpackets",
        object_id=packets.id,
        object_label=packets.name,
        changes={"amount": packets.amount, "number": packets.number, "taken": packets.taken},
    )
