"""What was done by hand, in words: the actions and facts of the audit log that pages of a thing list."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.errors import Text

DEEDS: dict[str, Text] = {
    "company.registered": _("company registered"),
    "order.refund": _("refund"),
    "order.refund_dropped": _("refund not sent"),
    "payment.refund": _("refund sent to the payment provider"),
    "payment.sent_back": _("payment sent back"),
    "role.granted": _("role given"),
    "role.revoked": _("role taken away"),
    "earning.review_started": _("earning put under review"),
    "earning.refused": _("earning refused"),
    "earning.review_ended": _("review of an earning ended"),
}
FACTS: dict[str, Text] = {
    "amount": _("amount"),
    "currency": _("currency"),
    "name": _("name"),
    "refund": _("refund"),
    "role": _("role"),
}


def deed(action: str) -> Text:
    """Return what was done; its name in the log where there are no words for it."""
    return DEEDS.get(action, action)


def fact(name: str) -> Text:
    """Return what a fact of the log is."""
    return FACTS.get(name, name)


def changed(value: Any) -> str:
    """Return a fact's value; a pair is what it was and what it is."""
    if isinstance(value, list | tuple) and len(value) == 2 and None not in value:
        return f"{value[0]} → {value[1]}"
    return str(value)
