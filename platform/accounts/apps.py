from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People who sign in, and their roles."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Hear from allauth when an address is verified."""
        from allauth.account import signals

        from accounts import verification  # models are not ready before

        signals.email_confirmed.connect(verification.on_email_confirmed, dispatch_uid="accounts.confirmed")
        signals.password_reset.connect(verification.on_password_reset, dispatch_uid="accounts.reset")
