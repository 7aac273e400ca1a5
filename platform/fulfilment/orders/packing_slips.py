"""Packing slips: one page a parcel's order, to be put into the box. No prices: the box goes to the member.

While units wait, the slip names those: whoever packs a second parcel must not pack the first one again.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from fulfilment.orders.models import SupplierOrder, SupplierOrderLine
from kernel.documents.fonts import undrawable
from kernel.documents.pdf import SMALL, TITLE, Document
from kernel.texts.translated import pick

ADDRESS_PARTS = ("name", "phone", "region", "address")


def write(orders: Iterable[SupplierOrder]) -> bytes:
    """Return a PDF in A5 with one slip per order; lines and parcels should be prefetched."""
    document = Document(title=_("Packing slip"), size="A5")
    for order in orders:
        document.add_page()
        _write_slip(document, order)
    if not document.page:
        document.add_page()
        document.paragraph(_("Nothing waits to be sent."))
    return document.written()


def to_pack(order: SupplierOrder) -> list[tuple[SupplierOrderLine, int]]:
    """Return the lines with the units that wait; once all have left, with those that were sent."""
    lines = list(order.lines.all())
    waiting = [(line, line.waiting) for line in lines if line.waiting]
    return waiting or [(line, line.shipped) for line in lines if line.shipped]


def undrawable_in(order: SupplierOrder) -> str:
    """Return the characters of an order's slip that no font has: somebody has to write them by hand."""
    texts = [order.shop_name, *(order.ship_to.get(part, "") for part in ADDRESS_PARTS)]
    texts += [_goods(line) for line in order.lines.all()]
    return undrawable("".join(texts))


def _write_slip(document: Document, order: SupplierOrder) -> None:
    to = order.ship_to
    document.paragraph(order.shop_name, size=TITLE)
    document.paragraph(f"{_('Packing slip')} · {order.number}", size=SMALL, is_grey=True)
    document.space(5)
    # Each on a line of its own: a number beside a name that is read from right to left would change places.
    for part in ADDRESS_PARTS:
        if text := to.get(part, "").strip():
            document.paragraph(text)
    document.space(6)
    rows = [[_goods(line), line.sku, str(units)] for line, units in to_pack(order)]
    document.grid([_("Goods"), "SKU", _("Quantity")], rows, (75, 30, 19), size=9)


def _goods(line: SupplierOrderLine) -> str:
    return " / ".join([pick(line.title), *line.options])
