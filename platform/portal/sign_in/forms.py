"""Password and second factor."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import sign_in_tries
from accounts.models import User
from portal.access import supplier_of


class SignInForm(forms.Form):
    """E-mail and password; see accounts.sign_in_tries for how often."""

    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Find the person; a wrong password, a member and somebody unknown get the same answer."""
        answers = super().clean() or {}
        if "username" not in answers or "password" not in answers:
            return answers
        sign_in_tries.count(self.request, answers["username"])
        user = authenticate(self.request, username=answers["username"], password=answers["password"])
        if not isinstance(user, User) or supplier_of(user) is None:
            raise ValidationError(_("No supplier's account has this address and password."))
        sign_in_tries.succeeded(self.request, answers["username"])
        self.user = user
        return answers


class CodeForm(forms.Form):
    """Six digits of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )
