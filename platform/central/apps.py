from django.apps import AppConfig


class CentralConfig(AppConfig):
    """The central team's console."""

    name = "central"
