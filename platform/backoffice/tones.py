"""The tone of a state: the same word in the same colour on every page of the consoles."""

from collections.abc import Mapping

from django.db.models import Model

# As Unfold calls them.
TONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("received", "succeeded", "won", "able", "active", "owner", "central_admin", "invoice.paid",
         "withdrawal.paid", "bankpayout.paid"), "success"),
    **dict.fromkeys(
        ("paid", "shipped", "sent", "under_review", "trialing", "in_payout", "manager",
         "central_staff", "withdrawal.requested"), "info"),
    **dict.fromkeys(
        ("placed", "to_ship", "requested", "waiting", "due", "needs_response", "pending", "draft", "finance",
         "support", "awaiting", "open", "sign_off", "warn"), "warning"),
    **dict.fromkeys(
        ("refunded", "cancelled", "expired", "failed", "lost", "past_due", "ended", "restricted", "disabled",
         "retired", "reversed", "archived", "refused", "refuse"), "danger"),
}  # fmt: skip
"""State, or model and state where a model means its own by the word -> tone."""
BADGES = {"success": "bn-good", "warning": "bn-wait", "danger": "bn-bad", "info": "bn-calm"}


def tone_of(state: str, row: Model | None = None) -> str | None:
    """Return the tone of a state of ``row``; None where it has none."""
    own = TONES.get(f"{row._meta.model_name}.{state}") if row is not None else None
    return own or TONES.get(state)


def badge(state: str, row: Model | None = None) -> str:
    """Return the CSS class of a state's badge."""
    return BADGES.get(tone_of(state, row) or "", "")
