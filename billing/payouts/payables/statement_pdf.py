"""A supplier's statement of one month as PDF."""

from django.utils.translation import gettext as _

from billing.payouts.payables import statements
from catalog.models import Supplier
from kernel.days import Month
from kernel.documents.pdf import SMALL, TITLE, Document
from kernel.texts.translated import pick

WIDTHS = (40, 60, 107, 60)
"""Of the columns, as shares of the page."""


def as_pdf(supplier: Supplier, month: Month) -> bytes:
    """Return the month as an A4 document in the reader's language."""
    statement = statements.statement_of(supplier, month)
    title = _("Statement %(month)s") % {"month": month}
    document = Document(title=title, author=pick(supplier.name), is_wide=True)
    document.add_page()
    document.paragraph(f"{pick(supplier.name)} · {title}", size=TITLE)
    for text in statements.sums_of(statement):
        document.paragraph(text, size=SMALL)
    document.space(5)
    movements = statement.movements
    cells = [statements.cells_of(line, zone=supplier.zone, is_plain=False) for line in movements]
    document.grid(statements.headings(), cells, WIDTHS, size=SMALL)
    return document.written()
