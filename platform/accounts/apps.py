from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People who sign in, and their roles."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Listen for addresses that are verified and people who sign in."""
        from allauth.account import signals
        from django.contrib.auth.signals import user_logged_in

        from accounts import sessions, verification  # models are not ready before

        signals.email_confirmed.connect(verification.on_email_confirmed, dispatch_uid="accounts.confirmed")
        signals.password_reset.connect(verification.on_password_reset, dispatch_uid="accounts.reset")
        user_logged_in.connect(sessions.on_signed_in, dispatch_uid="accounts.signed_in")
