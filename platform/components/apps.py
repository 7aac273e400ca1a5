from django.apps import AppConfig


class ComponentsConfig(AppConfig):
    """Parts that several surfaces show."""

    name = "components"
