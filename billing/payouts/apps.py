from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    """Payouts: hear when goods move and when the gateway has sent money."""

    name = "billing.payouts"

    def ready(self) -> None:
        """Register handlers."""
        from billing.payouts import handlers

        handlers.register()
