from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """The shop: reacts to payments, supplier orders and blueprints."""

    name = "tenants.shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        """Register what the shop does when something happens, and what must hold of its orders."""
        # Models are not ready before.
        from tenants.shop import handlers, invariants

        handlers.register()
        invariants.register()
