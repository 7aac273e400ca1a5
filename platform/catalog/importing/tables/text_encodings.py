"""Finding out what the letters of a text file are written in.

A file is taken as UTF-8 if it is valid UTF-8, as UTF-16 or UTF-32 by its mark or its zeros. Everything else
is a guess, and the report says so: GB18030 by how common its characters would be, the others by what
charset-normalizer finds likely.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from kernel.errors import InvalidInput

CHUNK = 1 << 18
SAMPLE = 1 << 16
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 before UTF-16: the mark of the one begins like that of the other."""
CERTAIN = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"})
CHOICES = {
    "utf-8": "UTF-8",
    "gb18030": "GBK / GB18030",
    "big5": "Big5",
    "shift_jis": "Shift-JIS",
    "cp949": "EUC-KR",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1254": "Windows-1254",
    "cp1256": "Windows-1256",
    "cp874": "Windows-874",
    "utf-16": "UTF-16",
}
"""What a person can choose, with its name; all but the first and the last can be guessed."""
COMMON = 0.8
"""From this share of common characters on a text is taken for GB18030."""


def detect(file: BinaryIO) -> str:
    """Return the codec of a text file and go back to its beginning; raise InvalidInput if it is no text."""
    head = file.read(CHUNK)
    file.seek(0)
    for mark, codec in MARKS:
        if head.startswith(mark):
            return codec
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) * 4 > len(head):
            return "utf-16-le" if odd > even else "utf-16-be"
        raise InvalidInput(
            _("this is no table but a file of another kind"),
            field="file",
            remedy=_("save it as CSV (UTF-8) or as an Excel workbook (.xlsx)"),
        )
    sample = _not_utf8(file)
    file.seek(0)
    return _guess(sample) if sample else "utf-8"


def name_of(codec: str) -> str:
    """Return what people call the codec."""
    return CHOICES.get(codec, codec.upper())


def _not_utf8(file: BinaryIO) -> bytes:
    """Return lines with letters that are not ASCII, if the file is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample, is_utf8 = b"", True
    for chunk in _chunks(file):
        if len(sample) < SAMPLE and not chunk.isascii():
            sample += b"\n".join(line for line in chunk.splitlines() if not line.isascii())[:SAMPLE]
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return b"" if is_utf8 else sample


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _guess(sample: bytes) -> str:
    if _is_chinese(sample):
        return "gb18030"
    others = [codec for codec in CHOICES if codec not in CERTAIN and codec != "gb18030"]
    best = from_bytes(sample, cp_isolation=others).best()
    return best.encoding if best else "cp1252"


def _is_chinese(sample: bytes) -> bool:
    """True if nearly all that is not ASCII are characters of GB 2312, which are the common ones."""
    common = strange = 0
    rest = iter(sample)
    for byte in rest:
        if byte < 0x80:
            continue
        second = next(rest, 0)
        if 0xA1 <= byte <= 0xF7 and second >= 0xA1:
            common += 1
        else:
            strange += 1
    return common > 0 and common >= COMMON * (common + strange)
