from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgentsConfig(AppConfig):
    """Who brought whom, and how people earn: one schema for each shop.

    Its events, payees and blueprint section are registered here: no domain below knows of it.
    """

    name = "tenants.agents"
    verbose_name = _("People")

    def ready(self) -> None:
        """Subscribe to events and payments, take the ``rules`` section of blueprints, say who is paid."""
        # Models are not ready before.
        from billing.payouts.accounts import payees as account_payees
        from billing.plans import usage
        from tenants.agents.attribution import selectors as attribution_selectors
        from tenants.agents.deposits import handlers as deposit_handlers
        from tenants.agents.earnings import handlers as earning_handlers
        from tenants.agents.earnings import payees
        from tenants.agents.members import selectors as member_selectors
        from tenants.agents.roles import handlers as role_handlers
        from tenants.agents.rules_versions import blueprint

        blueprint.register()
        role_handlers.register()
        deposit_handlers.register()
        earning_handlers.register()
        usage.register(usage.Metric.MEMBERS, member_selectors.count_members)
        account_payees.register(payees.describe, sharing_device=attribution_selectors.sharing_device)
