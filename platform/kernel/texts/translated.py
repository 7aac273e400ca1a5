"""Texts that exist in several languages, in the language of whoever is asking."""

from collections.abc import Mapping

from django.utils.translation import get_language

from kernel.texts.languages import LANGUAGES, text_in


def pick(texts: Mapping[str, str] | str | None, language: str | None = None) -> str:
    """Return the text in ``language`` (the active one if None), or the first one there is."""
    return text_in(texts, language or get_language() or LANGUAGES[0])
