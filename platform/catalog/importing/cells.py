"""From cells to values, each refusal with the line, the column, what stood there and what to do."""

import html
import re
from functools import lru_cache

import nh3
from django.utils.translation import gettext as _

from catalog.importing.columns import Columns
from catalog.importing.report import RowError
from kernel.errors import InvalidInput
from kernel.money.money import parse_amount

HANDLE = re.compile(r"[-\w]{1,200}")
CHINESE = re.compile(r"[\u3400-\u9fff]")
MARKUP = re.compile(r"[<&]")
MAX_UNITS = 2_000_000_000
TRUE, FALSE = {"true", "1", "yes", "y"}, {"false", "0", "no", "n"}
TAGS = (
    "a b blockquote br caption div em h2 h3 h4 h5 h6 hr i img li ol p s small span strong sub sup "
    "table tbody td th thead tr u ul"
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}


class Refused(Exception):
    """The cell cannot be taken; ``error`` says where and why."""

    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


class Cells:
    """One row of the file, asked by what a column means."""

    __slots__ = ("columns", "line", "text")

    def __init__(self, line: int, cells: list[str], columns: Columns) -> None:
        self.line, self.columns = line, columns
        self.text = columns.values(cells)

    def short_text(self, key: str, limit: int) -> str:
        """Return the cell, refused when longer than ``limit`` characters."""
        text = self.text[key]
        if len(text) > limit:
            raise self.refusal(
                key,
                _("the text is longer than %(limit)d characters") % {"limit": limit},
                _("shorten it"),
            )
        return text

    def code(self, key: str, limit: int) -> str:
        """Return a SKU or barcode, without the apostrophe that guards it from spreadsheets."""
        return self.short_text(key, limit).removeprefix("'")

    def handle(self) -> str:
        """Return the product's handle: letters, digits, "-" and "_"."""
        text = self.text["handle"]
        if not HANDLE.fullmatch(text):
            raise self.refusal(
                "handle",
                _("this is not a handle"),
                _("use up to 200 letters, digits, “-” and “_”, the same in every row of the product"),
            )
        return text

    def money(self, key: str, currency: str) -> int | None:
        """Return the amount in minor units, None for an empty cell."""
        text = self.text[key]
        if not text:
            return None
        try:
            return _amount(text, currency)
        except InvalidInput as fault:
            raise self.refusal(key, str(fault.message), str(fault.remedy)) from None

    def units(self, key: str) -> int | None:
        """Return whole units, None for an empty cell; a shop that sold more than it has counts as 0."""
        text = self.text[key]
        if not text:
            return None
        try:
            units = int(text)
        except ValueError:
            units = MAX_UNITS + 1
        if units > MAX_UNITS:
            raise self.refusal(key, _("this is not a number of units"), _("write a whole number like 25"))
        return max(units, 0)

    def grams(self) -> int:
        """Return the weight, rounded to the gram; 0 if unknown."""
        text = self.text["grams"] or "0"
        try:
            grams = round(float(text))
        except (ValueError, OverflowError):
            grams = -1
        if not 0 <= grams <= MAX_UNITS:
            raise self.refusal("grams", _("this is not a weight"), _("write grams, like 450"))
        return grams

    def yes(self, key: str, *, empty: bool) -> bool:
        """Return a true/false cell, ``empty`` if nothing stands there."""
        text = self.text[key].lower()
        if not text:
            return empty
        if text in TRUE or text in FALSE:
            return text in TRUE
        raise self.refusal(key, _("this is neither true nor false"), _("write TRUE or FALSE"))

    def picture(self, key: str) -> str:
        """Return an absolute https address, or ""; http and scheme-less ones are taken as https."""
        url = self.short_text(key, 1000)
        if not url:
            return ""
        if url.startswith("//"):
            url = f"https:{url}"
        elif url[:7].lower() == "http://":
            url = f"https://{url[7:]}"
        if url[:8].lower() != "https://" or any(sign in url for sign in ' "<>\\'):
            raise self.refusal(
                key, _("this is not the address of a picture"), _("write it whole, from https:// on")
            )
        return url

    def refusal(self, key: str, message: str, remedy: str) -> Refused:
        """Build what to raise about the cell in column ``key``."""
        return Refused(
            RowError(self.line, self.columns.called[key], self.text[key][:200], message, remedy),
        )


@lru_cache(maxsize=4096)
def _amount(text: str, currency: str) -> int:
    return parse_amount(text, currency)


def language_of(text: str) -> str:
    """Return "zh-hans" for a text with Chinese characters, else "en"."""
    return "zh-hans" if CHINESE.search(text) else "en"


def clean_html(text: str) -> str:
    """Return harmless HTML: no scripts, styles, frames or forms; plain text becomes paragraphs."""
    text = text.strip()
    if not text:
        return ""
    if not MARKUP.search(text):
        lines = [line.strip() for line in text.splitlines()]
        return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)
    return nh3.clean(
        text,
        tags=set(TAGS.split()),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
