from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """What a tenant sells, to whom and for how much: listings, carts, orders, refunds and promotions.

    One schema a tenant. Begins by subscribing to events (payments, refunds, disputes, supplier orders,
    deadlines) and by declaring the invariants of orders that the watch checks.
    """

    name = "tenants.shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        """Register what the shop does when something happens, and what must hold of its orders."""
        # Models are not ready before.
        from tenants.shop import handlers, invariants

        handlers.register()
        invariants.register()
