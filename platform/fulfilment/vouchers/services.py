"""Vouchers: issued when paid, redeemed by their merchant, refunded or lapsed when their time is over.

Whoever changes vouchers holds the lock of their supplier order first.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier, Variant
from fulfilment.events import emit
from fulfilment.orders.models import SupplierOrder, SupplierOrderLine
from fulfilment.vouchers.access import voucher_of
from fulfilment.vouchers.models import CODE_ALPHABET, CODE_LENGTH, Redemption, Voucher
from kernel import audit, clock
from kernel.database.unit_of_work import joins_transaction
from kernel.days import end_of, local_day
from kernel.errors import Conflict, InvalidInput, NotFound

DEFAULTS = {"valid_days": 180, "uses": 1, "refund_on_expiry": True}
UNDO_WITHIN = timedelta(minutes=10)
State = SupplierOrder.State


@joins_transaction
def issue_vouchers(lines: Sequence[SupplierOrderLine]) -> list[Voucher]:
    """Write one voucher per unit of these lines; each is good through its last day at the merchant's."""
    settings = {
        variant_id: DEFAULTS | voucher
        for variant_id, voucher in Variant.objects.filter(
            id__in=[line.variant_id for line in lines]
        ).values_list("id", "product__voucher")
    }
    now = clock.now()
    issued = []
    ends: dict[tuple[SupplierOrder, datetime], timedelta] = {}
    for line in lines:
        own = settings.get(line.variant_id, DEFAULTS)
        zone = line.supplier_order.supplier.zone
        expires_at = end_of(local_day(now, zone) + timedelta(days=own["valid_days"]), zone)
        ends[line.supplier_order, expires_at] = expires_at - now
        issued += [
            Voucher(
                line=line,
                position=position,
                supplier_id=line.supplier_order.supplier_id,
                schema=line.supplier_order.schema,
                tenant_id=line.supplier_order.tenant_id,
                order_id=line.supplier_order.order_id,
                code="".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH)),
                title=line.title,
                uses=own["uses"],
                refund_on_expiry=own["refund_on_expiry"],
                issued_at=now,
                expires_at=expires_at,
            )
            for position in range(1, line.quantity + 1)
        ]
    for (order, _expires_at), delay in ends.items():
        emit(order, "vouchers_expire", delay=delay)
    return Voucher.objects.bulk_create(issued)


def redeem(*, supplier: Supplier, code: str, uses: int, idempotency_key: str, acting_user: Any) -> Redemption:
    """Redeem ``uses`` of a voucher. The same key again: the redemption that stands.

    Raises NotFound for another merchant's voucher, InvalidInput for a number of uses below one, Conflict
    (codes ``expired``, ``refunding``, ``refunded``, ``used_up``) with the reason for the guest.
    """
    if not 0 < uses <= 100:
        raise InvalidInput(_("at least one use is redeemed"), field="uses", value=uses)
    voucher = voucher_of(supplier=supplier, code=code)
    with transaction.atomic(durable=True):
        order = _order_of(voucher)
        if standing := Redemption.objects.filter(idempotency_key=idempotency_key).first():
            if standing.voucher_id != voucher.id or standing.uses != uses:
                raise Conflict(
                    _("this form has redeemed something else already"),
                    field="key",
                    remedy=_("load the page again"),
                    code="idempotency_conflict",
                )
            return standing
        voucher = Voucher.objects.select_for_update().get(id=voucher.id)
        _check_redeemable(voucher, uses)
        redemption = Redemption.objects.create(
            voucher=voucher, uses=uses, idempotency_key=idempotency_key, by=str(acting_user)[:200]
        )
        voucher.redeemed += uses
        voucher.save(update_fields=["redeemed"])
        audit.record_on(voucher, "voucher.redeemed", actor=acting_user, changes={"uses": uses})
        if not _any_left(order):
            # Not at once: a slip of the finger can be taken back for a while.
            emit(order, "vouchers_used", delay=UNDO_WITHIN)
    return redemption


def _check_redeemable(voucher: Voucher, uses: int) -> None:
    if voucher.expires_at <= clock.now():
        raise Conflict(
            _("this voucher ran out on %(day)s") % {"day": voucher.valid_until.isoformat()},
            field="code",
            value=voucher.masked,
            code="expired",
        )
    if voucher.refunding and uses > voucher.left:
        raise Conflict(
            _("the money of this voucher is on its way back to the member"),
            field="code",
            value=voucher.masked,
            code="refunding",
        )
    if not voucher.left and not voucher.redeemed and voucher.refunded:
        raise Conflict(
            _("the guest got the money for this voucher back"),
            field="code",
            value=voucher.masked,
            code="refunded",
        )
    if uses > voucher.left:
        raise Conflict(
            _("%(left)d uses are left on this voucher") % {"left": voucher.left},
            field="uses",
            value=uses,
            remedy=_("look at its redemptions below"),
            code="used_up",
        )


def undo_redemption(*, supplier: Supplier, redemption_id: UUID, acting_user: Any) -> Redemption:
    """Take a redemption back within ten minutes. Again: what stands. Raises NotFound, Conflict (too late)."""
    original = (
        Redemption.objects.filter(id=redemption_id, voucher__supplier=supplier, uses__gt=0)
        .select_related("voucher")
        .first()
    )
    if original is None:
        raise NotFound(_("there is no such redemption"), field="redemption", value=redemption_id)
    with transaction.atomic(durable=True):
        order = _order_of(original.voucher)
        key = f"undo:{original.id}"
        if standing := Redemption.objects.filter(idempotency_key=key).first():
            return standing
        if order.state != State.SHIPPED or clock.now() - original.at > UNDO_WITHIN:
            raise Conflict(
                _("a redemption can be taken back for ten minutes only"), field="redemption", code="too_late"
            )
        voucher = Voucher.objects.select_for_update().get(id=original.voucher_id)
        if voucher.refunding or voucher.refunded:
            # Its whole price may be on its way back: a use that opens again would be free of charge.
            raise Conflict(
                _("money of this voucher goes back to the member already"),
                field="redemption",
                code="refunding",
            )
        redemption = Redemption.objects.create(
            voucher=voucher, uses=-original.uses, idempotency_key=key, by=str(acting_user)[:200]
        )
        voucher.redeemed -= original.uses
        voucher.save(update_fields=["redeemed"])
        audit.record_on(
            voucher, "voucher.redemption_undone", actor=acting_user, changes={"uses": original.uses}
        )
    return redemption


@joins_transaction
def expire_vouchers(*, supplier_order_id: UUID) -> None:
    """Refund what is left of this supplier order's vouchers whose time is over, or let it lapse.

    The event for each line says how many of its uses go back now, how many
    went ``before``, and how many it had.
    """
    order = SupplierOrder.objects.select_for_update(of=("self",)).get(id=supplier_order_id)
    back: dict[UUID, int] = {}
    over = Voucher.objects.select_for_update().filter(line__supplier_order=order, expires_at__lte=clock.now())
    for voucher in over.select_related("line").order_by("id"):
        left = voucher.left
        if not left:
            continue
        if voucher.refund_on_expiry:
            voucher.refunded += left
            back[voucher.line_id] = back.get(voucher.line_id, 0) + left
        else:
            voucher.lapsed += left
        voucher.save(update_fields=["refunded", "lapsed"])
    for line in order.lines.filter(id__in=back):
        sums = line.vouchers.aggregate(of=Sum("uses"), refunded=Sum("refunded"))
        uses = back[line.id]
        emit(
            order,
            "vouchers_lapsed",
            line_id=str(line.id),
            variant_id=str(line.variant_id),
            uses=uses,
            before=sums["refunded"] - uses,
            of=sums["of"],
        )
    finish_if_used_up(order)


@joins_transaction
def finish_if_used_up(order: SupplierOrder) -> None:
    """Finish a voucher order with nothing left to redeem: received, or cancelled if nobody came.

    Must run with the supplier order locked.
    """
    if order.state != State.SHIPPED or _any_left(order):
        return
    vouchers = Voucher.objects.filter(line__supplier_order=order)
    was_used = any(voucher.redeemed or voucher.lapsed for voucher in vouchers)
    order.state = State.RECEIVED if was_used else State.CANCELLED
    order.received_at = clock.now() if was_used else None
    order.save(update_fields=["state", "received_at"])
    emit(order, "received" if was_used else "cancelled")


def _any_left(order: SupplierOrder) -> bool:
    return any(
        voucher.left or voucher.refunding for voucher in Voucher.objects.filter(line__supplier_order=order)
    )


def _order_of(voucher: Voucher) -> SupplierOrder:
    return SupplierOrder.objects.select_for_update(of=("self",)).get(lines__vouchers=voucher)
