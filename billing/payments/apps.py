from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import metrics


class PaymentsConfig(AppConfig):
    """Payments: reacts to the gateway's events. A gateway is connected when it is first needed."""

    name = "billing.payments"
    verbose_name = _("Money")

    def ready(self) -> None:
        """Register handlers and purposes."""
        # Models are not ready before.
        from billing.payments import handlers
        from billing.payments.payments import selectors

        handlers.register()
        metrics.register("payments_with_problem", "payments that need a person", selectors.problems)
