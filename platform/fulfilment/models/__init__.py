"""What suppliers have to send, vouchers, after-sales cases and the directory. All of it lies in "public"."""

from fulfilment.cases.models import Case, CaseMessage, CasePicture
from fulfilment.directory.models import ContactRequest, DirectoryCard, Fair, FairGuest
from fulfilment.orders.models import Shipment, SupplierOrder, SupplierOrderLine
from fulfilment.refund_reservations.models import RefundReservation
from fulfilment.vouchers.models import Redemption, Voucher

__all__ = [
    "Case",
    "CaseMessage",
    "CasePicture",
    "ContactRequest",
    "DirectoryCard",
    "Fair",
    "FairGuest",
    "Redemption",
    "RefundReservation",
    "Shipment",
    "SupplierOrder",
    "SupplierOrderLine",
    "Voucher",
]
