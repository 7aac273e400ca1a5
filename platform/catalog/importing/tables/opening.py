"""Telling what kind of file was brought, by what it begins with and not by its name."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from catalog.importing.tables.delimited import CsvTable
from catalog.importing.tables.merchant_xml import MerchantTable
from catalog.importing.tables.rows import Table
from catalog.importing.tables.workbooks import WorkbookTable
from kernel.errors import InvalidInput

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF8_MARK = b"\xef\xbb\xbf"


def open_table(file: BinaryIO, *, encoding: str = "") -> Table:
    """Return the file as a table, from its beginning on.

    ``encoding`` is a codec for delimited text, found out if empty. Raises InvalidInput for a file that is
    none: of another kind, empty, without a header.
    """
    file.seek(0)
    head = file.read(256)
    file.seek(0)
    if head.startswith(ZIP):
        return WorkbookTable(file)
    if head.startswith(OLD_EXCEL):
        raise InvalidInput(
            _("this is a workbook of an old Excel (.xls)"),
            field="file",
            remedy=_("save it as .xlsx or as CSV UTF-8"),
        )
    if head.removeprefix(UTF8_MARK).lstrip().startswith((b"<?xml", b"<rss", b"<feed")):
        return MerchantTable(file)
    return CsvTable(file, encoding=encoding)
