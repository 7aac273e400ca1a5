from django.apps import AppConfig


class PlansConfig(AppConfig):
    """What tenants pay for the service."""

    name = "billing.plans"

    def ready(self) -> None:
        """Hear the biller's news and count orders."""
        from billing.plans import handlers  # models are not ready before

        handlers.register()
