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


def language_of_environment(environment: Mapping[str, str]) -> str | None:
    """Return the language that a command's environment asks for (LC_ALL, LC_MESSAGES, LANG), None if none.

    Whoever reads neither Chinese nor English is spoken to in English.
    """
    locale = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    code = locale.partition(".")[0].lower()
    if code in {"", "c", "posix"}:
        return None
    return "zh-hans" if code.startswith("zh") else "en"
