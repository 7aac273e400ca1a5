"""Reads of vouchers: an order's, a merchant's, and what became of them."""

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from catalog.models import Supplier
from fulfilment.orders.models import SupplierOrder
from fulfilment.vouchers.models import Redemption, Voucher
from kernel import clock


def recent_redemptions(supplier: Supplier) -> list[Redemption]:
    """Return the merchant's last twenty redemptions, newest first, vouchers joined.

    Each says in ``is_undone`` whether it was taken back.
    """
    undoing = Redemption.objects.filter(
        idempotency_key=Concat(Value("undo:"), Cast(OuterRef("id"), CharField()))
    )
    redemptions = Redemption.objects.filter(voucher__supplier=supplier, uses__gt=0).select_related("voucher")
    return list(redemptions.annotate(is_undone=Exists(undoing)).order_by("-id")[:20])


def open_vouchers(supplier: Supplier) -> QuerySet[Voucher]:
    """Return the merchant's vouchers that can still be redeemed, those that run out first in front."""
    used = F("redeemed") + F("refunded") + F("refunding") + F("lapsed")
    vouchers = Voucher.objects.filter(supplier=supplier, expires_at__gt=clock.now(), uses__gt=used)
    return vouchers.select_related("supplier").order_by("expires_at", "id")


def vouchers_of(order: SupplierOrder) -> list[Voucher]:
    """Return the vouchers of a supplier order, in the order of its lines."""
    if order.delivery != SupplierOrder.Delivery.VOUCHER:
        return []
    return list(
        Voucher.objects.filter(line__supplier_order=order)
        .select_related("supplier")
        .order_by("line_id", "position")
    )


def state_of(voucher: Voucher) -> str:
    """Return ``open``, ``used``, ``refunded`` or ``expired``: what its holder and its merchant are shown."""
    if voucher.left:
        return "open" if voucher.expires_at > clock.now() else "expired"
    if voucher.refunding:
        return "refunded"
    if voucher.redeemed:
        return "used"
    return "refunded" if voucher.refunded else "expired"
