from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """The shop: hears of payments, parcels and blueprints."""

    name = "tenants.shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        """Register what this room does when a lower floor reports something."""
        from tenants.shop import handlers, invariants

        handlers.register()
        invariants.register()
