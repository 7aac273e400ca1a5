from django.apps import AppConfig

from kernel import metrics


class ConcentrationConfig(AppConfig):
    """Which shops depend on a few sellers: figures of each shop's circle, and alarms for the central team.

    Lies in the schema ``public``; a task reads the shops one by one.
    """

    name = "tenants.concentration"

    def ready(self) -> None:
        """Show in the metrics what waits for the central team."""
        # Models are not ready before.
        from tenants.concentration import selectors

        metrics.register(
            "circle_alarms", "shops whose circle somebody should look at", selectors.count_unseen_alarms
        )
