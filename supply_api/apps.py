from django.apps import AppConfig


class SupplyApiConfig(AppConfig):
    name = "supply_api"
