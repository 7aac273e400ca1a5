from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from billing.payouts.accounts import payees as wallets


class AgentsConfig(AppConfig):
    """Who brought whom, and how people earn."""

    name = "tenants.agents"
    verbose_name = _("People")

    def ready(self) -> None:
        """Hear of sign-ups and sign-ins, take the ``rules`` section of blueprints, say who is paid."""
        from billing.plans import usage
        from tenants.agents import handlers
        from tenants.agents.bindings import attribution, circles
        from tenants.agents.earnings import payees

        handlers.register()
        usage.register(usage.Metric.MEMBERS, circles.count_members)
        wallets.register(payees.describe, sharing_device=attribution.sharing_device)
