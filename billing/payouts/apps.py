from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from fulfilment import portal_nav


class PayoutsConfig(AppConfig):
    """Payouts: hear when goods move and when the gateway has sent money; the supplier's statement."""

    name = "billing.payouts"

    def ready(self) -> None:
        """Register handlers and the page in the portal."""
        from billing.payouts import handlers  # models are not ready before

        handlers.register()
        portal_nav.register(portal_nav.Entry(_("Statement"), "statements:statement", 40))
