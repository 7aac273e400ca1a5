from django.apps import AppConfig


class ApiKeysConfig(AppConfig):
    """Keys of the API for partners."""

    name = "tenants.api_keys"
