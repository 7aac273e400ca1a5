"""The words in which a case is told, to whoever reads it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Case, CaseMessage

WISHES: dict[str, Promise | str] = {
    Case.Wish.QUESTION: _("A question"),
    Case.Wish.REFUND: _("Money back"),
    Case.Wish.RETURN: _("Send back for money"),
    Case.Wish.EXCHANGE: _("Exchange"),
}
STATES: dict[str, Promise | str] = {
    Case.State.SUPPLIER: _("The supplier's turn"),
    Case.State.MEMBER: _("The member's turn"),
    Case.State.TENANT: _("The shop decides"),
    Case.State.OFFICE: _("The office decides"),
    Case.State.TO_RETURN: _("To be sent back"),
    Case.State.RETURNING: _("On the way back"),
    Case.State.TO_REPLACE: _("A replacement is to be sent"),
    Case.State.REFUNDING: _("The money is on its way"),
    Case.State.CLOSED: _("Closed"),
}
OUTCOMES: dict[str, Promise | str] = {
    Case.Outcome.ANSWERED: _("Answered"),
    Case.Outcome.REFUNDED: _("Refunded"),
    Case.Outcome.EXCHANGED: _("Exchanged"),
    Case.Outcome.REFUSED: _("Refused"),
    Case.Outcome.WITHDRAWN: _("Withdrawn"),
}
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
    "refund_failed": _("The money could not be given back; the office looks at it"),
    "supplier_silent": _("The supplier did not answer in time: the case was handed on"),
    "shop_silent": _("The shop did not decide in time: the office decides"),
    "member_silent": _("No answer came: closed"),
    "never_sent": _("Nothing was sent back in time: closed"),
    "taken_as_back": _("The supplier did not speak up in time: the goods count as returned"),
}
SIDES: dict[str, Promise | str] = {
    CaseMessage.Side.MEMBER: _("Member"),
    CaseMessage.Side.SUPPLIER: _("Supplier"),
    CaseMessage.Side.TENANT: _("Shop"),
    CaseMessage.Side.OFFICE: _("Office"),
    CaseMessage.Side.CLOCK: "",
}


def state_of(case: Case) -> Promise | str:
    """Return where a case stands, as words."""
    return OUTCOMES[case.outcome] if case.state == Case.State.CLOSED else STATES[case.state]


def thread_of(case: Case) -> list[dict[str, object]]:
    """Return the thread for a template: who, when, what happened, what was said, which pictures."""
    return [
        {
            "side": message.side,
            "who": message.name or SIDES[message.side],
            "event": EVENTS.get(message.event, ""),
            "text": message.text,
            "details": message.details,
            "pictures": [picture.pk for picture in message.pictures.all()],
            "at": message.at,
        }
        for message in case.messages.prefetch_related("pictures")
    ]
