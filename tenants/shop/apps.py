from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop: hears of payments, parcels and blueprints."""

    name = "tenants.shop"

    def ready(self) -> None:
        """Register what this room does when a lower floor reports something."""
        from tenants.shop import handlers, invariants

        handlers.register()
        invariants.register()
