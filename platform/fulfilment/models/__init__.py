"""What suppliers have to send, and the vouchers that are redeemed at their doors. Lives in "public"."""

from fulfilment.models.cases import Case, CaseMessage, CasePicture
from fulfilment.models.directory import Acquaintance, Card, Fair, FairGuest
from fulfilment.models.orders import Shipment, SupplierOrder, SupplierOrderLine
from fulfilment.models.vouchers import Hold, Redemption, Voucher

__all__ = [
    "Acquaintance",
    "Card",
    "Case",
    "CaseMessage",
    "CasePicture",
    "Fair",
    "FairGuest",
    "Hold",
    "Redemption",
    "Shipment",
    "SupplierOrder",
    "SupplierOrderLine",
    "Voucher",
]
