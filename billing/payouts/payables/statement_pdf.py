"""A supplier's statement of one month as PDF."""

import io
import re
from html import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from billing.payouts.payables import statements
from catalog.models import Supplier
from kernel.days import Month
from kernel.texts.translated import pick

LATIN, CHINESE = "Helvetica", "STSong-Light"
"""Known to PDF readers by name, so no font file is needed; Chinese (Adobe-GB1) is the reader's own."""
BEYOND_LATIN = re.compile(r"([^\x00-\xff–]+)")


def as_pdf(supplier: Supplier, month: Month) -> bytes:
    """Return the month as an A4 document in the reader's language."""
    if CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    normal = ParagraphStyle("normal", fontName=LATIN, fontSize=8, leading=11)
    heading = ParagraphStyle("heading", parent=normal, fontSize=15, leading=20)
    lines = statements.lines_of_month(supplier, month)
    out = io.BytesIO()
    title = _("Statement %(month)s") % {"month": month}
    document = SimpleDocTemplate(
        out, pagesize=landscape(A4), margin=12 * mm, title=title, author=pick(supplier.name), invariant=1
    )
    cells = [statements.cells_of(line, zone=supplier.zone, is_plain=False) for line in lines]
    rows = [statements.headings(), *cells]
    body = [[Paragraph(_marked(cell), normal) for cell in row] for row in rows]
    table = Table(
        body, repeatRows=1, colWidths=[width * mm for width in (26, 34, 25, 25, 30, 28, 53, 24, 22)]
    )
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.grey),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    document.build(
        [
            Paragraph(_marked(f"{pick(supplier.name)} · {title}"), heading),
            *(Paragraph(_marked(text), normal) for text in statements.sums_of(lines)),
            Spacer(1, 5 * mm),
            table,
        ]
    )
    return out.getvalue()


def _marked(text: str) -> str:
    """Return text as the PDF's markup: what is not Latin in the font that has it."""
    return BEYOND_LATIN.sub(rf'<font name="{CHINESE}">\1</font>', escape(text))
