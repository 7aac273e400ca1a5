from django.apps import AppConfig


class SupplyApiConfig(AppConfig):
    """The API for partners' and suppliers' programs."""

    name = "supply_api"
