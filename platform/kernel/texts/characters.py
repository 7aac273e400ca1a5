"""What a search knows of Chinese characters: the simplified one of each, and how it is read.

Loaded into the database once, by a migration: nothing that serves people imports the dictionaries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from opencc import OpenCC
from pypinyin import Style, pinyin

FIRST, LAST = 0x3400, 0x9FFF
"""CJK unified ideographs with extension A: what shops write goods with."""
VOWELS = {*"aeiouv"}
"""Without one a syllable is a sigh (嗯 is ng), which nobody searches for."""
MOST_READINGS = 3
"""Of a character that is read several ways; what comes after these stands in old poems only."""


@dataclass(frozen=True, slots=True)
class Character:
    """One character. ``readings``: syllables of pinyin without tones, the usual one first."""

    character: str
    simplified: str
    readings: list[str]


def known_characters() -> Iterator[Character]:
    """Yield every character that has another simplified form or a reading."""
    characters = [chr(code) for code in range(FIRST, LAST + 1)]
    # A line each: the converter would take neighbours for a phrase.
    simplified = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    for character, plain in zip(characters, simplified, strict=True):
        readings = _readings(character)
        if readings or plain != character:
            yield Character(character, plain if len(plain) == 1 else character, readings)


def _readings(character: str) -> list[str]:
    """Return its syllables; ü is typed as v, or as u where a keyboard has no other way."""
    spoken = next(iter(pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")), [])
    syllables: list[str] = []
    for syllable in [reading for reading in dict.fromkeys(spoken) if VOWELS & {*reading}][:MOST_READINGS]:
        syllables += [syllable, syllable.replace("v", "u")]
    return list(dict.fromkeys(syllables))
