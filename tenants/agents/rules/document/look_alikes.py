"""Characters that look like those that YAML needs and are others: what each is called, what to type instead.

They come from input methods (full-width punctuation) and from word processors, chats and web pages
(no-break and zero-width spaces, curly quotes, long dashes). Inside a text they are welcome; where the format
needs a colon or a space they are the fault, however a parser calls it.
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from tenants.agents.rules.document.faults import DocumentFault, fault

_PLAIN = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "—": "-", "–": "-", "−": "-", "‐": "-", "‑": "-",
    "、": ",", "。": ".", "【": "[", "】": "]", "《": "<", "》": ">",
}  # fmt: skip
"""Those that Unicode does not count as forms of what they are taken for."""
_NAMES = {
    ":": ("冒号", "colon"),
    ",": ("逗号", "comma"),
    "-": ("横线", "dash"),
    '"': ("引号", "quotation mark"),
    "'": ("引号", "quotation mark"),
    "{": ("花括号", "brace"),
    "}": ("花括号", "brace"),
    "[": ("方括号", "bracket"),
    "]": ("方括号", "bracket"),
    "#": ("井号", "number sign"),
    "%": ("百分号", "percent sign"),
    ".": ("小数点", "point"),
}
_SPACES = {
    "\u00a0": ("不换行空格", "no-break space"),
    "\u202f": ("窄的不换行空格", "narrow no-break space"),
    "\u3000": ("全角空格", "full-width space"),
}
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u00ad\ufeff"


class LookAlike(NamedTuple):
    """A character that is taken for ``plain``: " " for a space, "" where nothing at all is seen.

    ``before``: what stands before it on its line.
    """

    character: str
    plain: str
    before: str

    @property
    def is_wide(self) -> bool:
        """Whether it is the plain character in full width, as Chinese and Japanese keyboards write it."""
        return "\uff01" <= self.character <= "\uff5e"

    @property
    def is_space(self) -> bool:
        """Whether a reader sees nothing but room, if anything."""
        return not self.plain.strip()

    @property
    def is_structural(self) -> bool:
        """Whether it stands where the format itself needs what it is taken for, and no text does."""
        in_brackets = self.before.count("{") + self.before.count("[") > 0
        begins = not self.before.strip(" -") or self.before.rstrip().endswith((":", ",", "{", "["))
        if self.plain == ":":
            return in_brackets or ": " not in self.before
        if self.plain in {",", "]", "}"}:
            return in_brackets
        return begins and self.plain in {"-", "[", "{", '"', "'"}


def taken_for(character: str) -> str | None:
    """Return what a character is taken for, or None where it is what it looks like."""
    if character in _INVISIBLE:
        return ""
    if character != " " and unicodedata.category(character) == "Zs":
        return " "
    is_wide = "\uff01" <= character <= "\uff5e"
    plain = _PLAIN.get(character) or (unicodedata.normalize("NFKC", character) if is_wide else "")
    return plain if plain in _NAMES or plain.isdigit() else None


def in_text(text: str) -> Iterator[LookAlike]:
    """Yield the look-alikes of a line as far as they are no part of a quoted text or a remark.

    Where a quotation is not closed, those that were meant to close it follow.
    """
    quote, opened = "", 0
    for place, character in enumerate(text):
        before = text[:place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and before[-1:] in {"", " ", "{", "[", ",", ":", "-"}:
            quote, opened = character, place
        elif character == "#" and before[-1:] in {"", " "}:
            return
        elif (plain := taken_for(character)) is not None:
            yield LookAlike(character, plain, before)
    closing = text[opened + 1 :] if quote else ""
    yield from (LookAlike(character, quote, "") for character in closing if taken_for(character) == quote)


def named(faulty: DocumentFault, source: list[str]) -> DocumentFault:
    """Return what a fault really is: a look-alike in what it is about, or on its line, else the same fault.

    A wrong space is looked for on the whole line, for nobody sees it; punctuation only in what was written as
    the faulty key or value, for a name may well contain it.
    """
    line = source[faulty.line - 1] if 0 < faulty.line <= len(source) else ""
    about = f"{faulty.path.rpartition('.')[2]} {faulty.value}"
    for alike in in_text(line):
        if alike.is_space or (alike.character in about and faulty.code in _ABOUT_WRITING):
            return _fault(alike, faulty.path, faulty.line, line)
    return faulty


_ABOUT_WRITING = frozenset(
    {
        "unknown_key",
        "choice",
        "kind",
        "id",
        "not_a_number",
        "unknown_role",
        "not_a_mapping",
        "value",
        "currency",
    }
)


def fault_on(line: int, source: list[str]) -> DocumentFault | None:
    """Return the fault that a look-alike on ``line`` (from 1) stands for, where YAML went wrong; or None."""
    text = source[line - 1] if 0 < line <= len(source) else ""
    alike = next((alike for alike in in_text(text) if alike.is_space or alike.is_structural), None)
    return _fault(alike, "", line, text) if alike else None


def _fault(alike: LookAlike, path: str, line: int, text: str) -> DocumentFault:
    number = f"{ord(alike.character):04X}"
    if alike.is_space:
        zh, en = _SPACES.get(alike.character, ("特殊空格", "special space"))
        if not alike.plain:
            zh, en = "看不见的字符", "character that nobody sees"
        return fault("odd_space", path, line, text.strip(), zh_name=zh, en_name=en, number=number)
    zh, en = _NAMES.get(alike.plain, ("数字", "digit"))
    zh, en = (f"全角{zh}", f"full-width {en}") if alike.is_wide else (f"另一种{zh}", f"{en} of another kind")
    names = {"zh_name": zh, "en_name": en, "number": number, "plain": alike.plain}
    return fault("wide", path, line, text.strip(), character=alike.character, **names)
