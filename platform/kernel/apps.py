from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel.database import refusals


class KernelConfig(AppConfig):
    """The ground: events, calls to others, the audit log, money, time and errors."""

    name = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        """Show the ages of the queues; learn what the database's refusals mean."""
        # Models are not ready before.
        from kernel.events import queues

        queues.register_figures()
        refusals.register_apps()
