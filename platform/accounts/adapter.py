"""How allauth behaves in a shop: mails bear the shop's name, the language follows the person."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import get_language

from accounts.models import User
from kernel.texts.translated import pick


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Keeps the language somebody signed up in, and signs mails with the shop's name."""

    def format_email_subject(self, subject: str) -> str:
        """Return the subject after the shop's name; a host name says little to a member."""
        shop = pick(getattr(getattr(self.request, "tenant", None), "name", None))
        return f"{shop} · {subject}" if shop else str(subject)

    def save_user(self, request: Any, user: User, form: Any, commit: bool = True) -> User:
        """Store a new member with the language of the page they signed up on."""
        user.language = get_language() or ""
        saved: User = super().save_user(request, user, form, commit)
        return saved
