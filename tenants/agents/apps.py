from django.apps import AppConfig

from billing.payouts import payees as wallets


class AgentsConfig(AppConfig):
    """Who brought whom, and how people earn."""

    name = "tenants.agents"

    def ready(self) -> None:
        """Hear of sign-ups and sign-ins, take the ``rules`` section of blueprints, say who is paid."""
        from tenants.agents import handlers, payees

        handlers.register()
        wallets.register(payees.describe)
