from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The kit of the two consoles."""

    name = "backoffice"
