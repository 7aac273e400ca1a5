"""Handles: what names a product in the addresses of shops and finds it again at the next import.

Other systems' handles hold signs that have no place in an address. Such a handle is made safe, the same way
each time, with a few digits of its own behind it, so that two of them never become one.
"""

import hashlib
import unicodedata

LONGEST = 200
DIGITS = 8


def safe_handle(text: str) -> str:
    """Return ``text`` as a handle: letters (of any script, with their marks), digits, "-" and "_".

    A handle that is safe already stays as it is. Returns "" for what has no letter and no digit.
    """
    composed = unicodedata.normalize("NFC", text.strip())
    kept = "".join(sign if _belongs(sign) else "-" for sign in composed)
    if kept == composed and len(kept) <= LONGEST:
        return kept
    words = [word for word in kept.split("-") if word]
    if not any(_names_something(sign) for sign in kept):
        return ""
    digits = hashlib.sha256(composed.encode()).hexdigest()[:DIGITS]
    return f"{'-'.join(words)[: LONGEST - DIGITS - 1]}-{digits}"


def handle_from(text: str) -> str:
    """Return a handle for a product that has none, from its code or its title.

    "" if nothing is left of it.
    """
    return safe_handle("-".join(text.lower().split()))


def _belongs(sign: str) -> bool:
    # Emoji have marks too (U+FE0F): a mark belongs to a letter, not to whatever stands before it.
    return sign in "-_" or (unicodedata.category(sign)[0] in "LMN" and not "\ufe00" <= sign <= "\ufe0f")


def _names_something(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LN"
