from django.apps import AppConfig

from kernel import metrics


class WatchConfig(AppConfig):
    """The watch over the money: reconciliation with the provider, invariants, and what is stuck."""

    name = "billing.watch"

    def ready(self) -> None:
        """Register the checks of billing, and the figures."""
        # Models are not ready before.
        from billing.watch import invariants, selectors, stuck

        invariants.register()
        metrics.register("findings_open", "differences that wait for a person", selectors.open_findings)
        metrics.register("sweep_age_seconds", "age of the last invariant sweep", selectors.sweep_age)
        metrics.register(
            "money_unclear_age_seconds", "age of money without a clear answer", stuck.unclear_age
        )
