from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import refusals


class KernelConfig(AppConfig):
    name = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        """Show the ages of the queues; learn what the database's refusals mean."""
        from kernel import queues  # models are not ready before

        queues.register_figures()
        refusals.register_apps()
