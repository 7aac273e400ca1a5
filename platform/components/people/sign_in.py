"""Signing in to a console: not too often."""

from typing import Any

from accounts import sign_in_tries
from backoffice.sign_in import ConsoleSignInForm


class SignInForm(ConsoleSignInForm):
    """E-mail and password; see accounts.sign_in_tries for how often."""

    def clean(self) -> dict[str, Any]:
        """Check the password, unless too much was tried."""
        address = str(self.data.get("username", ""))
        sign_in_tries.count(self.request, address)
        cleaned: dict[str, Any] = super().clean()
        sign_in_tries.succeeded(self.request, address)
        return cleaned
