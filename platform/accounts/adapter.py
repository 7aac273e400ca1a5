"""How allauth behaves in a shop: mails bear the shop's name, the language follows the person."""

from email.utils import formataddr, parseaddr
from ipaddress import ip_network
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.utils.translation import get_language

from accounts.models import User
from kernel.texts.translated import pick


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Keeps the language somebody signed up in, and signs mails with the shop's name."""

    def format_email_subject(self, subject: str) -> str:
        """Return the subject after the shop's name; a host name says little to a member."""
        shop = self._shop_name()
        return f"{shop} · {subject}" if shop else str(subject)

    def get_from_email(self) -> str:
        """Return the platform's address under the shop's name."""
        shop = " ".join(self._shop_name().split())
        return (
            formataddr((shop, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
            if shop
            else settings.DEFAULT_FROM_EMAIL
        )

    def get_client_ip(self, request: Any) -> str:
        """Return what the limits count by: the address, of IPv6 the network that one customer is given."""
        address = super().get_client_ip(request)
        is_short = ":" not in address
        return address if is_short else str(ip_network(f"{address}/64", strict=False))

    def _shop_name(self) -> str:
        return pick(getattr(getattr(self.request, "tenant", None), "name", None))

    def _get_login_attempts_cache_key(self, request: Any, **credentials: Any) -> str:
        """Count wrong passwords for an address from one client: strangers close nobody's account."""
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{request.META.get('REMOTE_ADDR', '')}"

    def save_user(self, request: Any, user: User, form: Any, commit: bool = True) -> User:
        """Store a new member with the language of the page they signed up on."""
        user.language = get_language() or ""
        saved: User = super().save_user(request, user, form, commit)
        return saved
