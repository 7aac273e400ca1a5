"""Texts that exist in several languages, stored as {"zh-hans": ..., "en": ...}."""

from collections.abc import Mapping

from django.utils.translation import get_language

LANGUAGES = ("zh-hans", "en")


def pick(texts: Mapping[str, str] | str | None, language: str | None = None) -> str:
    """Return the text in ``language`` (the active one if None), or the first one there is."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    wanted = (language or get_language() or LANGUAGES[0]).lower()
    for key in (wanted, wanted.split("-")[0], *LANGUAGES):
        if texts.get(key):
            return texts[key]
    return next((text for text in texts.values() if text), "")
