"""Columns that many lists of the consoles share: money, states as coloured labels, shops by name."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display as unfold_display

from kernel.errors import Text
from kernel.money import format_money

STATE, SHOP = _("state"), _("shop")


class Colours(dict[str, str | None]):
    """A state without a colour is shown by its word all the same; Unfold alone would show its code."""

    def __missing__(self, code: str) -> None:
        return None


COLOURS: Mapping[str, str] = {
    "placed": "warning",
    "paid": "info",
    "to_ship": "warning",
    "shipped": "info",
    "received": "success",
    "refunded": "danger",
    "cancelled": "danger",
    "expired": "danger",
    "failed": "danger",
    "succeeded": "success",
    "sent": "info",
    "requested": "warning",
    "waiting": "warning",
    "due": "warning",
    "needs_response": "warning",
    "under_review": "info",
    "won": "success",
    "lost": "danger",
    "trialing": "info",
    "past_due": "danger",
    "ended": "danger",
    "able": "success",
    "restricted": "danger",
    "disabled": "danger",
    "scheduled": "info",
    "in_payout": "info",
    "active": "success",
    "retired": "danger",
    "pending": "warning",
    "reversed": "danger",
    "draft": "warning",
    "archived": "danger",
    "owner": "success",
    "central_admin": "success",
    "manager": "info",
    "central_staff": "info",
    "finance": "warning",
    "support": "warning",
}
"""The colour of a state, the same word in the same colour everywhere."""


def money(field: str, title: Text) -> Callable[[Any, Any], str]:
    """Return a column that shows minor units of the row's ``currency`` as money."""

    @display(description=title, ordering=field)  # type: ignore[arg-type]
    def column(admin: Any, row: Any) -> str:
        amount = getattr(row, field)
        return "–" if amount is None else format_money(amount, row.currency)

    return column


def state(field: str = "state", title: Text = STATE) -> Callable[[Any, Any], tuple[str, str]]:
    """Return a column that shows a choice as a coloured label."""

    @unfold_display(description=title, label=Colours(COLOURS), ordering=field)  # type: ignore[untyped-decorator]
    def column(admin: Any, row: Any) -> tuple[str, str]:
        return getattr(row, field), getattr(row, f"get_{field}_display")()

    return column  # type: ignore[no-any-return]


def shop(title: Text = SHOP) -> Callable[[Any, Any], str]:
    """Return a column that names the tenant whose id the row carries."""

    @display(description=title, ordering="tenant_id")  # type: ignore[arg-type]
    def column(admin: Any, row: Any) -> str:
        return str(admin.admin_site.tenant_name(row.tenant_id))

    return column
