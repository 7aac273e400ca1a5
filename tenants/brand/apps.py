from django.apps import AppConfig


class BrandConfig(AppConfig):
    """How a shop looks; takes the blueprint's section ``brand``."""

    name = "tenants.brand"

    def ready(self) -> None:
        """Take the blueprint's section."""
        # Models are not ready before.
        from tenants.brand import handlers

        handlers.register()
