"""Errors that carry their meaning to the person who caused them."""

import re
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


CHINESE = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[a-z]+(?=[ :.]|$)")


def sentences(*parts: Text) -> str:
    """Join what is wrong and what to do into sentences, as the language they are in writes them.

    A part that is empty is left out.
    """
    texts = [text for part in parts if (text := str(part).strip())]
    is_chinese = any(CHINESE.search(text) for text in texts)
    stop, space = ("。", "") if is_chinese else (".", " ")
    ended = [text if text[-1] in ".!?。！？" else text + stop for text in texts]
    if not is_chinese:
        ended = [text[0].upper() + text[1:] if WORD.match(text) else text for text in ended]
    return space.join(ended)


class BanyanError(Exception):
    """A refusal that a person can act on.

    ``message`` says what is wrong, ``remedy`` what to do; both may be lazy translations, so the
    reader's language decides. ``field`` and ``value`` name the culprit where there is one.
    ``code`` is stable and machine-readable; ``status`` is the HTTP status a view answers with.
    """

    code = "error"
    status = 400

    def __init__(
        self,
        message: Text,
        *,
        field: str = "",
        value: Any = None,
        remedy: Text = "",
        line: int | None = None,
        code: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy
        self.field, self.value, self.line = field, value, line
        self.details = details
        if code:
            self.code = code

    def __str__(self) -> str:
        where = self.field + (f" (line {self.line})" if self.line else "")
        return " ".join(str(part) for part in (where and f"{where}:", self.message, self.remedy) if part)

    @property
    def text(self) -> str:
        """The refusal as a person reads it: what is wrong, then what to do."""
        return sentences(self.message, self.remedy)

    def as_dict(self) -> dict[str, Any]:
        """Return code, message, field, value, line, remedy and details, texts translated now."""
        return {
            "code": self.code,
            "message": str(self.message),
            "field": self.field,
            "value": None if self.value is None else str(self.value)[:200],
            "line": self.line,
            "remedy": str(self.remedy),
            **self.details,
        }


class InvalidInput(BanyanError):
    """What was sent cannot be taken as it is."""

    code = "invalid"
    status = 422


class InvalidDocument(InvalidInput):
    """A document with one or more faults; ``faults`` lists every one, each a BanyanError."""

    code = "invalid_document"

    def __init__(self, message: Text, faults: list[BanyanError]) -> None:
        super().__init__(message)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join([str(self.message), *(f"  {fault}" for fault in self.faults)])


class NotAllowed(BanyanError):
    """This person may not do this."""

    code = "not_allowed"
    status = 403


class NotFound(BanyanError):
    """Nothing of that name is visible to this person."""

    code = "not_found"
    status = 404


class Conflict(BanyanError):
    """The state of things, or an earlier request, stands in the way."""

    code = "conflict"
    status = 409


class OutOfStock(Conflict):
    """Fewer units are left than were asked for."""

    code = "out_of_stock"


class InsufficientBalance(BanyanError):
    """The balance does not cover the amount; ``details['missing']`` says by how much (minor units)."""

    code = "insufficient_balance"
    status = 402
