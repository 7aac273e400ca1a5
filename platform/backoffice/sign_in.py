"""Signing in to a console."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class ConsoleSignInForm(AuthenticationForm):  # type: ignore[misc]
    """E-mail and password of somebody whom a console may let in."""

    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    error_messages = {
        "invalid_login": _("No account of a console has this address and password."),
        "inactive": _("This account is closed."),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        """Say plainly that a member's or a supplier's account opens no console: the password was right."""
        if not user.is_active or not user.is_staff:
            raise ValidationError(_("This account may not use the console."), code="not_staff")
