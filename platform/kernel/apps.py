from django.apps import AppConfig

from kernel import metrics, refusals


class KernelConfig(AppConfig):
    name = "kernel"

    def ready(self) -> None:
        """Show the figures of the outbox; learn what the database's refusals mean."""
        metrics.register_own()
        refusals.register_apps()
