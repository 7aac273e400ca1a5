"""Signing in to a console."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from kernel import limits

TRIES, WINDOW = 10, 300


class ConsoleSignInForm(AuthenticationForm):  # type: ignore[misc]
    """E-mail and password. Ten wrong tries for one address close it for five minutes."""

    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    error_messages = {
        "invalid_login": _("No account of a console has this address and password."),
        "inactive": _("This account is closed."),
    }

    def clean(self) -> dict[str, Any]:
        """Check the password, unless this address was tried too often."""
        address = str(self.data.get("username", "")).strip().lower()[:254]
        verdict = limits.hit(f"sign-in:{address}", limit=TRIES, window=WINDOW)
        if not verdict.allowed:
            raise ValidationError(
                _("Too many tries. Wait %(minutes)d minutes and try again."),
                params={"minutes": verdict.retry_after // 60 + 1},
            )
        cleaned: dict[str, Any] = super().clean()
        limits.forget(f"sign-in:{address}")
        return cleaned

    def confirm_login_allowed(self, user: Any) -> None:
        """Say plainly that a member's or a supplier's account opens no console: the password was right."""
        if not user.is_active or not user.is_staff:
            raise ValidationError(_("This account may not use the console."), code="not_staff")
