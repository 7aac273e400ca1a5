from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import metrics, refusals


class KernelConfig(AppConfig):
    name = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        """Show the figures of the outbox; learn what the database's refusals mean."""
        metrics.register_own()
        refusals.register_apps()
