from django.apps import AppConfig


class SelectionConfig(AppConfig):
    """How goods are chosen: proposals, rounds with two gates, and what is for sale because of them."""

    name = "selection"

    def ready(self) -> None:
        """Register handlers."""
        # Models are not ready before.
        from selection import handlers

        handlers.register()
