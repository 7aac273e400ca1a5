from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    """What tenants pay for the service."""

    name = "billing.plans"
    verbose_name = _("Plans")

    def ready(self) -> None:
        """Subscribe to the biller's events, and to paid orders."""
        # Models are not ready before.
        from billing.plans import handlers

        handlers.register()
