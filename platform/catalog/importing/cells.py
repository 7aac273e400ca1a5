"""From cells to values, each refusal with the line, the column, what stood there and what to do."""

import re
from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation import gettext as _

from catalog.importing.columns import Columns
from catalog.importing.handles import safe_handle
from catalog.importing.report import RowError, RowRemark
from catalog.importing.written_amounts import read_amount
from kernel.errors import InvalidInput
from kernel.files.codes import is_eaten, unguard_code, whole_code

CHINESE = re.compile(r"[\u3400-\u9fff]")
REPLACED = re.compile("\ufffd")
SHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!)")
MAX_UNITS = 2_000_000_000
WHOLE = re.compile(r"[+-]?\d+([.,]0+)?")
WEIGHT = re.compile(r"\d+([.,]\d+)?")
TRUE = {
    "true",
    "1",
    "yes",
    "y",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "vero",
    "verdadero",
    "sí",
    "si",
    "是",
    "真",
    "истина",
}
FALSE = {"false", "0", "no", "n", "falsch", "nein", "faux", "non", "falso", "否", "假", "ложь"}
"""Also as spreadsheets in other languages write them."""


class Refused(Exception):
    """The cell cannot be taken; ``error`` says where and why."""

    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


class Cells:
    """One row of the file, asked by what a column means. ``remarks`` gathers what is odd but taken."""

    __slots__ = ("columns", "line", "remarks", "text")

    def __init__(self, line: int, text: Mapping[str, str], columns: Columns) -> None:
        self.line, self.columns, self.text = line, columns, text
        self.remarks: list[RowRemark] = []

    def has(self, key: str) -> bool:
        """True if the file has a column of this meaning."""
        return key in self.columns.present

    def short_text(self, key: str, limit: int) -> str:
        """Return the cell, refused when longer than ``limit`` characters."""
        text = self.text[key]
        if len(text) > limit:
            raise self.refusal(
                key,
                _("the text is longer than %(limit)d characters") % {"limit": limit},
                _("shorten it"),
            )
        if not text.isascii() or text[:1] == "#":
            self.look_at(key)
        return text

    def look_at(self, key: str) -> None:
        """Remark a text that has lost letters on its way."""
        text = self.text[key]
        if REPLACED.search(text):
            self.remark(key, _("letters were lost before this file was written: export it anew as UTF-8"))
        elif SHEET_ERROR.match(text):
            self.remark(key, _("this is an error of the spreadsheet and no text"))
        elif _is_garbled(text):
            self.remark(key, _("the letters look garbled: the file was once saved in a wrong encoding"))

    def code(self, key: str, limit: int) -> str:
        """Return a SKU or barcode as it was before a spreadsheet took it for a number."""
        code = self.unguarded(self.short_text(key, limit))
        if not is_eaten(code):
            return code
        if whole := whole_code(code):
            self.remark(key, _("read as %(code)s: a spreadsheet had shortened it") % {"code": whole})
            return whole
        raise self.refusal(
            key,
            _("a spreadsheet has turned this code into a number, and its last digits are lost"),
            _("give the column the format “text”, write the codes anew and save it again"),
        )

    def unguarded(self, code: str) -> str:
        """Return a code without the apostrophe that guards it from spreadsheets.

        Others put it before every code.
        """
        unguarded = unguard_code(code)
        return code.removeprefix("'") if unguarded == code else unguarded

    def option(self, key: str) -> str:
        """Return the value of an option; "" if the variant has none."""
        value = self.short_text(key, 200)
        if is_eaten(value):
            raise self.refusal(
                key,
                _("a spreadsheet has turned this into a number or a date"),
                _("give the column the format “text” and write it anew"),
            )
        return value

    def handle(self) -> str:
        """Return the product's handle, made safe (see ``handles.safe_handle``)."""
        text = self.text["handle"]
        handle = safe_handle(text)
        if not handle:
            raise self.refusal(
                "handle",
                _("this is not a handle"),
                _("use letters, digits, “-” and “_”, the same in every row of the product"),
            )
        if handle != text:
            self.remark("handle", _("its address in shops says %(handle)s") % {"handle": handle})
        return handle

    def money(self, key: str, currency: str) -> int | None:
        """Return the amount in minor units, None for an empty cell."""
        text = self.text[key]
        if not text:
            return None
        try:
            return read_amount(text, currency)
        except InvalidInput as fault:
            raise self.refusal(key, str(fault.message), str(fault.remedy)) from None

    def units(self, key: str) -> int | None:
        """Return whole units, None for an empty cell; a shop that sold more than it has counts as 0."""
        text = self.text[key]
        if not text:
            return None
        units = int(re.split("[.,]", text)[0]) if WHOLE.fullmatch(text) and len(text) < 20 else MAX_UNITS + 1
        if units > MAX_UNITS:
            raise self.refusal(key, _("this is not a number of units"), _("write a whole number like 25"))
        return max(units, 0)

    def grams(self, key: str = "grams", factor: float = 1) -> int:
        """Return the weight, rounded to the gram; 0 if unknown. ``factor``.

        Grams in one of what is written.
        """
        text = self.text[key] or "0"
        grams = round(float(text.replace(",", ".")) * factor) if WEIGHT.fullmatch(text) else -1
        if not 0 <= grams <= MAX_UNITS:
            raise self.refusal(key, _("this is not a weight"), _("write grams, like 450"))
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

    def remark(self, key: str, message: str) -> None:
        """Note what a person should know of the cell in column ``key``, which is taken all the same."""
        self.remarks.append(RowRemark(self.line, self.columns.called[key], self.text[key][:200], message))


def language_of(text: str) -> str:
    """Return "zh-hans" for a text with Chinese characters, else "en"."""
    return "zh-hans" if CHINESE.search(text) else "en"


@lru_cache(maxsize=1024)
def _is_garbled(text: str) -> bool:
    """True for a text that was UTF-8 and was read as Windows-1252 ("CafÃ©")."""
    try:
        return text.encode("cp1252").decode() != text
    except UnicodeError:
        return False
