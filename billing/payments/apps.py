from django.apps import AppConfig

from kernel import metrics


class PaymentsConfig(AppConfig):
    """Payments: refuses to start with keys that would trust everybody, and hears the gateway's news."""

    name = "billing.payments"

    def ready(self) -> None:
        """Register reactions and purposes."""
        from billing.payments import handlers, selectors
        from billing.payments.gateway import gateway

        handlers.register()
        metrics.register("inbox_age_seconds", "age of the oldest unhandled news", selectors.inbox_age)
        metrics.register("payments_with_problem", "payments that need a person", selectors.problems)
        gateway()
