"""Red packets: issued from a budget's money, taken once by a member, used for one order.

Their money leaves the budget when they are issued, so whoever holds a red packet holds money that is there.
It waits on an account of the batch that cannot go below zero, until a red packet is used, or nobody can use
it.
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.verification import require_verified
from billing.ledger.services import Leg
from billing.subsidy_budgets import services as subsidy_budget_services
from kernel import audit, clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.events import outbox
from kernel.ids import new_id
from kernel.money.amounts import MAX_AMOUNT
from kernel.money.money import require_positive
from tenants.agents.attribution import selectors as attribution_selectors
from tenants.agents.models import Origin
from tenants.registry.selectors import current_tenant
from tenants.shop.orders.models import Order
from tenants.shop.promotions.goods_subsidies.selectors import open_budget
from tenants.shop.promotions.red_packets import access
from tenants.shop.promotions.red_packets.models import RedPacket, RedPacketBatch

MAY_ISSUE = "shop.add_redpacketbatch"
MOST_PACKETS = 100_000
LONGEST_DAYS = 366
OVER = "red_packets.over"
State, Audience = RedPacket.State, RedPacketBatch.Audience


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
) -> RedPacketBatch:
    """Issue ``number`` red packets of ``amount`` (minor units), to be taken until ``expires_at``.

    ``audience`` is one of RedPacketBatch.Audience; for a live room its code. Must run outside transactions.
    Raises NotAllowed, NotFound, InvalidInput, Conflict for a closed budget, InsufficientBalance if it has
    less.
    """
    if not acting_user.has_perm(MAY_ISSUE):
        raise NotAllowed(_("your role may not give subsidies"))
    name = name.strip()[:80]
    if not name:
        raise InvalidInput(_("red packets need a name"), field="name")
    currency = current_tenant().currency
    require_positive(amount, currency, most=MAX_AMOUNT // MOST_PACKETS)
    require_positive(min_spend, currency, field="min_spend")
    if min_spend < amount:
        raise InvalidInput(
            _("the goods have to come to at least what the packet holds"), field="min_spend", value=min_spend
        )
    if not 0 < number <= MOST_PACKETS:
        raise InvalidInput(
            _("between 1 and %(most)d packets") % {"most": MOST_PACKETS}, field="number", value=number
        )
    if not 0 < (expires_at - clock.now()).total_seconds() <= LONGEST_DAYS * 86_400:
        raise InvalidInput(_("they have to end within a year, and not in the past"), field="expires_at")
    if audience not in Audience.values:
        raise InvalidInput(_("say who may take them"), field="audience", value=audience)
    origin_code = origin_code.strip() if audience == Audience.ROOM else ""
    if audience == Audience.ROOM and not Origin.objects.filter(code=origin_code, is_open=True).exists():
        raise NotFound(_("there is no such live room"), field="origin_code", value=origin_code)
    with transaction.atomic(durable=True):
        budget = open_budget(budget_id)
        batch = RedPacketBatch.objects.create(
            id=new_id(),
            budget_id=budget.id,
            name=name,
            code=secrets.token_urlsafe(9),
            audience=audience,
            origin_code=origin_code,
            amount=amount,
            min_spend=min_spend,
            issued=number,
            number=number,
            expires_at=expires_at,
            created_by=str(acting_user)[:200],
        )
        outbox.emit(OVER, {"batch_id": str(batch.id)}, delay=expires_at - clock.now())
        _audit("red_packets.issued", batch, acting_user)
        subsidy_budget_services.set_aside(
            budget_id=budget.id, reference_id=batch.id, amount=amount * number, holder=batch.id
        )
    return batch


def stop(*, batch_id: UUID, acting_user: User) -> RedPacketBatch:
    """Hand out no more, and give what was not taken back to the budget; those taken stay good. Repeatable."""
    if not acting_user.has_perm(MAY_ISSUE):
        raise NotAllowed(_("your role may not give subsidies"))
    with transaction.atomic(durable=True):
        batch = _locked(batch_id)
        if batch.handed_out < batch.number:
            _audit("red_packets.stopped", batch, acting_user)
            _return_untaken(batch)
    return batch


def close(*, batch_id: UUID) -> None:
    """Their time is over: what nobody can use any more goes back to the budget. Inside a transaction, once.

    A red packet that is reserved for an open order is decided when that order is.
    """
    batch = _locked(batch_id)
    if batch.closed_at is not None or batch.expires_at > clock.now():
        return
    _return_untaken(batch)
    batch.closed_at = clock.now()
    batch.save(update_fields=["closed_at"])
    if expired := batch.red_packets.filter(state=State.FREE).update(state=State.EXPIRED):
        _return_to_budget(batch, expired, f"{batch.id} expired")


def _locked(batch_id: UUID) -> RedPacketBatch:
    batch = RedPacketBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise NotFound(_("there are no such red packets"))
    return batch


def _return_untaken(batch: RedPacketBatch) -> None:
    untaken = batch.number - batch.handed_out
    batch.number = batch.handed_out
    batch.save(update_fields=["number"])
    if untaken:
        _return_to_budget(batch, untaken, f"{batch.id} untaken")


def _return_to_budget(batch: RedPacketBatch, count: int, key: str) -> None:
    subsidy_budget_services.give_back(
        budget_id=batch.budget_id,
        reference_id=batch.id,
        amount=count * batch.amount,
        holder=batch.id,
        key=key,
    )


_HAND_OUT = """
UPDATE shop_redpacketbatch SET handed_out = handed_out + 1
WHERE id = %s AND handed_out < number AND expires_at > %s RETURNING handed_out
"""


def take(*, batch_id: UUID, user: User, origin_code: str = "") -> RedPacket:
    """Give a member one red packet of a batch; again: the one they have. Must run outside transactions.

    ``origin_code`` is the live room the member came through. Raises NotFound if these are not for them,
    NotAllowed for an address that is not verified, Conflict when none is left, their time is over, or another
    account has taken one on the same device: accounts are cheap to invent.
    """
    batch = access.batch_for(batch_id, origin_code)
    if red_packet := batch.red_packets.filter(member=user).first():
        return red_packet
    require_verified(user)
    if batch.red_packets.filter(member_id__in=attribution_selectors.sharing_device(user.pk)).exists():
        raise Conflict(
            _("somebody on this device has taken one already"),
            remedy=_("each device takes one"),
            code="same_device",
        )
    try:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                # The row's lock lets the last one be taken once.
                cursor.execute(_HAND_OUT, [batch.id, clock.now()])
                row = cursor.fetchone()
            if row is None:
                raise Conflict(_("they are all gone, or their time is over"), code="none_left")
            return RedPacket.objects.create(id=new_id(), batch=batch, member=user, place=row[0])
    except IntegrityError:
        # The same member at the same moment, twice: the second taking is undone.
        return batch.red_packets.get(member=user)


def reserve(*, red_packet_id: UUID, user: User, order_id: UUID) -> None:
    """Reserve a red packet for an order that is being placed: once. Raises Conflict (price_changed)."""
    reserved = RedPacket.objects.filter(
        id=red_packet_id, member=user, state=State.FREE, batch__expires_at__gt=clock.now()
    ).update(state=State.RESERVED, order_id=order_id)
    if not reserved:
        raise Conflict(
            _("this red packet was used already, or its time is over"),
            field="expected_total",
            remedy=_("look at the order again and confirm"),
            code="price_changed",
        )


def spent_legs(order: Order) -> list[Leg]:
    """Mark the order's red packet as used; return the leg that takes its money."""
    if not order.red_packet:
        return []
    red_packet = RedPacket.objects.select_for_update().get(order=order)
    red_packet.state = State.USED
    red_packet.save(update_fields=["state"])
    return [subsidy_budget_services.claimed_leg(red_packet.batch_id, order.currency, order.red_packet)]


def release(order: Order) -> None:
    """The order ended unpaid: its red packet is free again, or the money goes back if its time is over."""
    if not order.red_packet:
        return
    red_packet = _of_order(order)
    if not _free(red_packet):
        _return_to_budget(red_packet.batch, 1, f"{red_packet.id} {order.id}")


def returned_legs(order: Order, amount: int, *, is_whole: bool) -> list[Leg]:
    """Return the legs that bring ``amount`` of the red packet's money back when the order is refunded.

    Refunded whole at once, the red packet can be used again unless its time is over; otherwise the money goes
    to the budget. Must run inside the transaction that posts the legs.
    """
    if not amount:
        return []
    red_packet = _of_order(order)
    if is_whole and amount == order.red_packet and _free(red_packet):
        return [subsidy_budget_services.claimed_leg(red_packet.batch_id, order.currency, -amount)]
    return [
        subsidy_budget_services.returned_leg(
            budget_id=red_packet.batch.budget_id, reference_id=red_packet.batch_id, amount=amount
        )
    ]


def _of_order(order: Order) -> RedPacket:
    # The batch's row first, as where its time ends.
    batch = _locked(RedPacket.objects.values_list("batch_id", flat=True).get(order=order))
    red_packet = RedPacket.objects.select_for_update().get(order=order)
    red_packet.batch = batch
    return red_packet


def _free(red_packet: RedPacket) -> bool:
    """Let the red packet be used again; False, and over for good, where its time has passed."""
    is_good = red_packet.batch.closed_at is None and red_packet.batch.expires_at > clock.now()
    if red_packet.state == State.USED and not is_good:
        return False
    red_packet.state, red_packet.order = (State.FREE if is_good else State.EXPIRED), None
    red_packet.save(update_fields=["state", "order"])
    return is_good


def _audit(action: str, batch: RedPacketBatch, user: User) -> None:
    audit.record_on(
        batch,
        action,
        actor=user,
        label=batch.name,
        changes={"amount": batch.amount, "number": batch.number, "taken": batch.handed_out},
    )
