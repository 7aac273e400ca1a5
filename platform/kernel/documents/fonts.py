"""The fonts of our PDFs: files of installed packages, so that every machine draws the same.

Together they have Latin, Greek, Cyrillic, Chinese of both kinds with its rare signs, Japanese, Korean,
Arabic, Hebrew, Thai, Khmer and the scripts of India's largest languages. What none of them has is said
(``undrawable``), and stands as MISSING where it would have been.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

MISSING = "\N{GETA MARK}"
"""Printers' sign for a sort that the case lacks; the Chinese font has it."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font by its file; ``number`` counts the fonts in a collection."""

    name: str
    path: Path
    number: int = 0


def _file(package: str, name: str) -> Path:
    return Path(str(files(package).joinpath(name)))


BASE = Font("latin", _file("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"))
FONTS = (
    BASE,
    # The collection's faces are of Japan, Korea, China, Taiwan and Hong Kong.
    Font("chinese", _file("noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"), 2),
    Font("arabic", _file("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")),
    Font("thai", _file("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf")),
    Font("devanagari", _file("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf")),
    Font("bengali", _file("fontpkg_hind_siliguri", "files/HindSiliguri-Regular.ttf")),
    Font("tamil", _file("fontpkg_noto_sans_tamil", "files/NotoSansTamil[wdth,wght].ttf")),
    Font("telugu", _file("fontpkg_noto_sans_telugu", "files/NotoSansTelugu[wdth,wght].ttf")),
    Font("khmer", _file("fontpkg_noto_sans_khmer", "files/NotoSansKhmer[wdth,wght].ttf")),
    Font("hebrew", _file("fontpkg_heebo", "files/Heebo[wght].ttf")),
)


@cache
def characters_of(font: Font) -> frozenset[int]:
    """Return the code points that a font has."""
    with TTFont(font.path, fontNumber=font.number, lazy=True) as file:
        return frozenset(file.getBestCmap())


def fonts_for(text: str) -> Iterator[Font]:
    """Yield the fonts beside BASE that a text needs, each once."""
    rest = {ord(character) for character in text} - characters_of(BASE)
    for font in FONTS[1:]:
        if rest & characters_of(font):
            yield font
            rest -= characters_of(font)
        if not rest:
            return


def undrawable(text: str) -> str:
    """Return the characters of a text that no font has, each once, in their order."""
    return "".join(character for character in dict.fromkeys(_composed(text)) if not _is_drawable(character))


def drawable(text: str) -> str:
    """Return the text as it can be drawn, with MISSING for what no font has; invisible marks are left out."""
    return "".join(
        character if _is_drawable(character) else MISSING
        for character in _composed(text)
        if not _is_ignorable(character) or _is_drawable(character)
    )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_drawable(character: str) -> bool:
    return (
        character in "\n\t"
        or _is_ignorable(character)
        or any(ord(character) in characters_of(font) for font in FONTS)
    )


def _is_ignorable(character: str) -> bool:
    """True for marks that choose a form or a direction and are drawn nowhere."""
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return is_selector or unicodedata.category(character) in {"Cc", "Cf"}
