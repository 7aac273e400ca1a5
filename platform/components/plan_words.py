"""States of subscriptions and invoices in words."""

BADGES = {
    "active": "bn-good",
    "paid": "bn-good",
    "trialing": "bn-calm",
    "open": "bn-wait",
    "past_due": "bn-bad",
    "ended": "bn-bad",
}
