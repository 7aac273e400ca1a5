from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    name = "fulfilment"
    verbose_name = _("Supply")

    def ready(self) -> None:
        """Register handlers and how samples reach judges."""
        from fulfilment import handlers
        from fulfilment.samples import handlers as samples  # models are not ready before

        handlers.register()
        samples.register()
