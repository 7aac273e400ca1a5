"""Audit entries in words: the actions and facts that pages of a thing list."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.errors import Text

ACTIONS: dict[str, Text] = {
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


def action_name(action: str) -> Text:
    """Return what was done; its name in the log where there are no words for it."""
    return ACTIONS.get(action, action)


def fact_name(name: str) -> Text:
    """Return what a fact of the log is."""
    return FACTS.get(name, name)


def change_text(value: Any) -> str:
    """Return a fact's value; a pair is what it was and what it is."""
    if isinstance(value, list | tuple) and len(value) == 2 and None not in value:
        return f"{value[0]} → {value[1]}"
    return str(value)
