"""Signing in to the consoles with e-mail and password, in the schema of the host."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.models import User


class RoleBackend(BaseBackend):
    """Checks a password against the user table of the present schema."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """Return the person, or None; an unknown address costs as much time as a wrong password."""
        if not username or password is None:
            return None
        user = User.objects.filter(email=username.strip().lower()).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.is_active and user.check_password(password) else None

    def get_user(self, user_id: Any) -> User | None:
        """Return the person with that id in the present schema, if active."""
        return User.objects.filter(pk=user_id, is_active=True).first()
