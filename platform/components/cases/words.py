"""The words in which a case is described to whoever reads it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Case

EVENTS: dict[str, Promise | str] = {
    "opened": _("opened the case"),
    "return_agreed": _("agreed to a return"),
    "sent_back": _("sent the goods back"),
    "came_back": _("has the goods again"),
    "replaced": _("sent a replacement"),
    "refused": _("said no"),
    "escalated": _("asked for a decision"),
    "withdrawn": _("closed the case"),
    "refund_agreed": _("agreed to give the money back"),
    "refunded": _("The money has gone back"),
    "refund_failed": _("The money could not be given back; the central team looks at it"),
    "supplier_silent": _("The supplier did not answer in time: the case was handed on"),
    "shop_silent": _("The shop did not decide in time: the central team decides"),
    "member_silent": _("No answer came: closed"),
    "never_sent": _("Nothing was sent back in time: closed"),
    "taken_as_back": _("The supplier did not speak up in time: the goods count as returned"),
}


def state_of(case: Case) -> str:
    """Return where a case stands, as words."""
    return case.get_outcome_display() if case.state == Case.State.CLOSED else case.get_state_display()


def thread_of(case: Case) -> list[dict[str, object]]:
    """Return the thread for a template: who, when, what happened, what was said, which pictures."""
    return [
        {
            "side": message.side,
            "who": message.name or message.get_side_display(),
            "event": EVENTS.get(message.event, ""),
            "text": message.text,
            "details": message.details,
            "pictures": [picture.pk for picture in message.pictures.all()],
            "at": message.at,
        }
        for message in case.messages.prefetch_related("pictures")
    ]
