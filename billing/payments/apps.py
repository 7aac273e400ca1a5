from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments: refuses to start with keys that would trust everybody, and hears the gateway's news."""

    name = "billing.payments"

    def ready(self) -> None:
        """Register reactions and purposes."""
        from billing.payments import handlers
        from billing.payments.gateway import gateway

        handlers.register()
        gateway()
