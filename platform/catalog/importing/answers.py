"""What a file does not say, and a person answers before anything is brought in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.importing.report import ImportQuestion
from kernel.errors import InvalidInput, Text

MAX_UNITS = 2_000_000_000
UNSHIPPED: Mapping[str, Text] = {
    "voucher": _("vouchers, redeemed at the merchant"),
    "physical": _("goods sent by parcel all the same"),
    "leave_out": _("neither (downloads, services): leave them out"),
}
"""What goods that need no shipping may be."""


def question_text(key: str, count: int) -> str:
    """Return the question of this key in the active language; ``count``: how many products or variants."""
    texts = {
        "stock": ngettext(
            "The file does not say how many there are of %(count)d new variant: how many?",
            "The file does not say how many there are of %(count)d new variants: how many of each?",
            count,
        ),
        "kind": ngettext(
            "%(count)d new product needs no shipping: what is it?",
            "%(count)d new products need no shipping: what are they?",
            count,
        ),
        "category": ngettext(
            "%(count)d new product is in no category: which one?",
            "%(count)d new products are in no category: which one?",
            count,
        ),
    }
    return texts[key] % {"count": count}


@dataclass(frozen=True, slots=True)
class ImportAnswers:
    """Answers to an import's questions; they concern new products and variants only, the others stay.

    ``units``: how many there are of each variant of which the file does not say it (0 is sold out).
    ``unshipped``: a key of UNSHIPPED. ``category``: the slug of one that is there; ``no_category``: products
    may stay without one.
    """

    units: int | None = None
    unshipped: str = ""
    category: str = ""
    no_category: bool = False

    def __post_init__(self) -> None:
        if self.units is not None and not 0 <= self.units <= MAX_UNITS:
            raise InvalidInput(
                _("this is not a number of units"),
                field="units",
                value=self.units,
                remedy=_("write a whole number like 25"),
            )
        if self.unshipped not in {"", *UNSHIPPED}:
            raise InvalidInput(
                _("this word is unknown here"),
                field="unshipped",
                value=self.unshipped,
                remedy=_("write one of: %(known)s") % {"known": ", ".join(UNSHIPPED)},
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what ``as_dict`` was."""
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Return the answers as JSON-ready values."""
        return asdict(self)

    def leaves_open(self, question: ImportQuestion) -> bool:
        """True if the question is not answered."""
        answered = {
            "stock": self.units is not None,
            "kind": bool(self.unshipped),
            "category": self.no_category or bool(self.category),
        }
        return not answered[question.key]
