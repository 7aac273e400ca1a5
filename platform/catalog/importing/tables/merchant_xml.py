"""Reading a feed for Google's Merchant Center in XML (RSS 2.0 or Atom), item by item.

Source: https://support.google.com/merchants/answer/7052112
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser
from django.utils.translation import gettext as _

from catalog.importing.tables.rows import Row
from kernel.errors import InvalidInput

CHUNK = 1 << 16
ITEMS = {"item", "entry"}
MANY = "additional_image_link"
"""What an item may say several times; its texts are put together with commas, as in the same feed as TSV."""
MAX_TEXT = 1024 * 1024


class MerchantTable:
    """A feed as a table: a column for each element that an item has, a row for each item.

    Read twice: the first time for the names of the columns. Raises InvalidInput for what is no well-formed
    XML, has no item, or declares entities.
    """

    encoding = ""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.remarks = file, list[str]()
        names: dict[str, None] = {}
        self.bytes_read = 0
        for _line, item in self._items():
            names |= dict.fromkeys(item)
        self.header = list(names)
        if not self.header:
            raise InvalidInput(
                _("the file has no products: no <item> and no <entry>"),
                field="file",
                remedy=_("export the feed for Google Merchant Center again"),
            )

    def __iter__(self) -> Iterator[Row]:
        for line, item in self._items():
            cells = [item.get(name, "") for name in self.header]
            if any(cells):
                yield Row(line, cells)

    def _items(self) -> Iterator[tuple[int, dict[str, str]]]:
        self.file.seek(0)
        self.bytes_read = 0
        parser = make_parser()
        handler = _Items(parser.getLineNumber)
        parser.setContentHandler(handler)
        try:
            while chunk := self.file.read(CHUNK):
                self.bytes_read += len(chunk)
                parser.feed(chunk)
                while handler.items:
                    yield handler.items.popleft()
            parser.close()
        except (SAXException, DefusedXmlException, ValueError) as fault:
            line = getattr(fault, "getLineNumber", lambda: None)()
            raise InvalidInput(
                _("the XML of the file cannot be read"),
                field="file",
                line=line,
                value=str(fault)[:200],
                remedy=_("export the feed again"),
            ) from None
        yield from handler.items


class _Items(ContentHandler):
    """Gathers the elements directly inside an item; what lies deeper (freight, instalments) is another's."""

    def __init__(self, line: Callable[[], int]) -> None:
        super().__init__()
        self._line_now = line
        self.items: deque[tuple[int, dict[str, str]]] = deque()
        self._line, self._depth = 0, 0
        self._item: dict[str, str] | None = None
        self._texts: list[str] = []
        self._size = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Begin an item, or a column of one."""
        if self._item is None:
            if name.rpartition(":")[2] in ITEMS:
                self._item, self._depth = {}, 0
                self._line = self._line_now()
            return
        self._depth += 1
        if self._depth == 1:
            self._texts, self._size = [], 0

    def characters(self, content: str) -> None:
        """Gather the text of a column."""
        if self._item is not None and self._depth == 1:
            self._size += len(content)
            if self._size > MAX_TEXT:
                raise ValueError("an element is larger than 1 MB")
            self._texts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        """Keep a column, or hand over an item."""
        if self._item is None:
            return
        if self._depth == 0:
            self.items.append((self._line, self._item))
            self._item = None
            return
        if self._depth == 1:
            column, text = name.rpartition(":")[2], "".join(self._texts).strip()
            if text and column in self._item and column == MANY:
                self._item[column] += f",{text}"
            elif text:
                self._item.setdefault(column, text)
        self._depth -= 1
