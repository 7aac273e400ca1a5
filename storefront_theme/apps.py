from django.apps import AppConfig


class StorefrontThemeConfig(AppConfig):
    """The pages members see, and how each shop looks; takes the blueprint's section ``brand``."""

    name = "storefront_theme"

    def ready(self) -> None:
        from storefront_theme import handlers

        handlers.register()
