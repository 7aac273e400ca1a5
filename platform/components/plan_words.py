"""States of subscriptions and invoices in words."""

from django.utils.translation import gettext_lazy

STATES = {
    "trialing": gettext_lazy("on trial"),
    "active": gettext_lazy("active"),
    "past_due": gettext_lazy("not paid"),
    "ended": gettext_lazy("ended"),
    "open": gettext_lazy("to be paid"),
    "paid": gettext_lazy("paid"),
    "uncollectible": gettext_lazy("given up"),
    "void": gettext_lazy("void"),
}


BADGES = {
    "active": "bn-good",
    "paid": "bn-good",
    "trialing": "bn-calm",
    "open": "bn-wait",
    "past_due": "bn-bad",
    "ended": "bn-bad",
}
