from django.apps import AppConfig

from kernel import metrics


class KernelConfig(AppConfig):
    name = "kernel"

    def ready(self) -> None:
        """Show the figures of the outbox."""
        metrics.register_own()
