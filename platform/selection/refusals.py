"""What the database refuses, as errors that a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from kernel.errors import Conflict, Text

REFUSED = "BN403"
# What the triggers say, in the words of pages. A sentence without its own words is shown as it is.
MEANINGS: dict[str, Text] = {
    "the gate is closed": _("the gate is closed"),
    "only who has received the sample scores it": _("only who has received the sample scores it"),
    "the jury, and only the jury, says whether it would buy": _(
        "say whether you would buy it: the jury does, the panel does not"
    ),
    "this person has no seat for this product": _("you have no seat for this product"),
    "the gate stays open until its deadline or until everybody has scored": _(
        "the gate stays open until its deadline, or until everybody has scored"
    ),
    "the selling point belongs to another product": _("the selling point belongs to another product"),
    "another round is judging this product": _("another round is judging this product"),
    "this product is not waiting for such a round": _("this product is not waiting for such a round"),
    "there is no checked proposal of this product": _("there is no checked proposal of this product"),
    "the charter asks for more than this round": _("the charter asks for more than this round"),
    "a penalty is for a counterfeit, delisted everywhere": _(
        "a penalty is for a counterfeit, delisted everywhere"
    ),
    "a delisted product never comes back": _("a delisted product never comes back"),
    "this product has not passed and is not for sale": _("this product has not passed and is not for sale"),
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn a refusal of the database inside the block into Conflict; the transaction can only roll back."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.sqlstate != REFUSED:
            raise
        said = str(diagnosis.message_primary)
        raise Conflict(MEANINGS.get(said, said), code="refused_by_the_database") from error
