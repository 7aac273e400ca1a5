from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The suppliers' portal."""

    name = "portal"
