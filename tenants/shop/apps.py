from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop: hears of payments, parcels and blueprints."""

    name = "tenants.shop"
