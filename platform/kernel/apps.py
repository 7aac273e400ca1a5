from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel.database import refusals
from kernel.texts import search  # noqa: F401  registers the lookup


class KernelConfig(AppConfig):
    """The ground: events, calls to others, the audit log, money, time and errors."""

    name = "kernel"
    verbose_name = _("System")

    def ready(self) -> None:
        """Show the ages of the queues, deliver mails, learn what the database's refusals mean."""
        # Models are not ready before.
        from kernel.events import queues
        from kernel.mail import services as mail_services

        queues.register_figures()
        mail_services.register()
        refusals.register_apps()
