"""Packing slips: one page a parcel's order, to be put into the box. No prices: the box goes to the member.

While units wait, the slip names those: whoever packs a second parcel must not pack the first one again.
"""

import io
from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from fulfilment.orders.models import SupplierOrder, SupplierOrderLine
from kernel.texts.translated import pick

FONT = "STSong-Light"
"""Known to every PDF reader by name (Adobe-GB1), so that no font file is needed."""
TITLE = ParagraphStyle("title", fontName=FONT, fontSize=15, leading=20)
BODY = ParagraphStyle("body", fontName=FONT, fontSize=10, leading=14, wordWrap="CJK")
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8, leading=11, textColor=colors.grey)


def write(orders: Iterable[SupplierOrder]) -> bytes:
    """Return a PDF in A5 with one slip per order; lines and parcels should be prefetched."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    pages: list[Flowable] = []
    for order in orders:
        if pages:
            pages.append(PageBreak())
        pages += _slip(order)
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A5,
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=_("Packing slip"),
    )
    document.build(pages or [Paragraph(escape(_("Nothing waits to be sent.")), BODY)])
    return written.getvalue()


def to_pack(order: SupplierOrder) -> list[tuple[SupplierOrderLine, int]]:
    """Return the lines with the units that wait; once all have left, with those that were sent."""
    lines = list(order.lines.all())
    waiting = [(line, line.waiting) for line in lines if line.waiting]
    return waiting or [(line, line.shipped) for line in lines if line.shipped]


def _slip(order: SupplierOrder) -> list[Flowable]:
    to = order.ship_to
    rows = [[Paragraph(escape(text), SMALL) for text in (_("Goods"), "SKU", _("Quantity"))]]
    rows += [
        [
            Paragraph(escape(" / ".join([pick(line.title), *line.options])), BODY),
            Paragraph(escape(line.sku), SMALL),
            Paragraph(str(units), BODY),
        ]
        for line, units in to_pack(order)
    ]
    table = Table(rows, colWidths=[75 * mm, 30 * mm, 19 * mm], repeatRows=1)
    table.setStyle(
        [("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.lightgrey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    address = [f"{to.get('name', '')} {to.get('phone', '')}", to.get("region", ""), to.get("address", "")]
    return [
        Paragraph(escape(order.shop_name), TITLE),
        Paragraph(escape(f"{_('Packing slip')} · {order.number}"), SMALL),
        Spacer(1, 5 * mm),
        *(Paragraph(escape(line), BODY) for line in address if line.strip()),
        Spacer(1, 6 * mm),
        table,
    ]
