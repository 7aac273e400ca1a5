from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    name = "fulfilment"

    def ready(self) -> None:
        """Register handlers and how samples reach judges."""
        from fulfilment import handlers
        from fulfilment.orders import samples  # models are not ready before

        handlers.register()
        samples.register()
