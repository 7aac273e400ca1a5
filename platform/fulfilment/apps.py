from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    """What suppliers send: supplier orders, vouchers, after-sales cases, samples, the directory."""

    name = "fulfilment"
    verbose_name = _("Supply")

    def ready(self) -> None:
        """Register handlers and how samples reach judges."""
        # Models are not ready before.
        from fulfilment import handlers
        from fulfilment.samples import handlers as samples

        handlers.register()
        samples.register()
