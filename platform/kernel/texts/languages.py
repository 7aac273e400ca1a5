"""The product's languages, and texts stored as {"zh-hans": ..., "en": ...}. Knows no Django."""

from collections.abc import Mapping

LANGUAGES = ("zh-hans", "en")


def text_in(texts: Mapping[str, str] | str | None, language: str) -> str:
    """Return the text in ``language``, or the first one there is; "" if there is none."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    language = language.lower()
    for key in (language, language.split("-")[0], *LANGUAGES):
        if texts.get(key):
            return texts[key]
    return next((text for text in texts.values() if text), "")
