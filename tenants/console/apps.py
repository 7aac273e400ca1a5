from django.apps import AppConfig

from kernel import metrics


class ConsoleConfig(AppConfig):
    """The screens of operators and of the central team."""

    name = "tenants.console"
    label = "console"

    def ready(self) -> None:
        """Show in the metrics what waits for the central team."""
        from tenants.console import alarms  # models are not ready before

        metrics.register("circle_alarms", "shops whose circle somebody should look at", alarms.waiting)
