"""Texts that people write about orders and cases, checked."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import InvalidInput

MAX_TEXT = 2_000


def plain(text: str) -> str:
    """Return the text without what no database takes, and without white space around it."""
    return text.replace("\x00", "").strip()


def text_of(text: str) -> str:
    """Return what was said; raise InvalidInput for nothing, or too much."""
    text = plain(text)
    if not 0 < len(text) <= MAX_TEXT:
        raise InvalidInput(
            _("say what happened, in at most %(most)d characters") % {"most": MAX_TEXT}, field="text"
        )
    return text


def parcel_of(carrier: str, tracking_number: str) -> dict[str, str]:
    """Return a parcel's carrier and number; raise InvalidInput, naming the field."""
    parcel = {"carrier": plain(carrier), "tracking_number": plain(tracking_number)}
    for field, value in parcel.items():
        if not 0 < len(value) <= 60:
            raise InvalidInput(
                _("this is needed and has at most 60 characters"),
                field=field,
                value=value,
                remedy=_("copy it from the parcel's label"),
            )
    return parcel
