from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import metrics


class PayoutsConfig(AppConfig):
    """Payouts: react when goods move and when the gateway has sent money."""

    name = "billing.payouts"
    verbose_name = _("Money")

    def ready(self) -> None:
        """Register handlers and metrics."""
        # Models are not ready before.
        from billing.payouts import handlers
        from billing.payouts.bank_payouts import selectors as bank_payout_selectors
        from billing.payouts.payables import selectors

        handlers.register()
        metrics.register("payable_age_seconds", "age of the oldest due payable", selectors.payable_age)
        metrics.register(
            "bank_payouts_overdue",
            "payouts that have not arrived in a bank by their day",
            bank_payout_selectors.overdue_count,
        )
