from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Who brought whom, and how people earn."""

    name = "tenants.agents"

    def ready(self) -> None:
        """Hear of sign-ups and sign-ins, and take the ``rules`` section of blueprints."""
        from tenants.agents import handlers

        handlers.register()
