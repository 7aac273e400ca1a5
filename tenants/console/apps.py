from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The operators' console."""

    name = "tenants.console"
    label = "console"
