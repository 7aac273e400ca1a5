from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from fulfilment import portal_nav
from kernel import metrics


class PayoutsConfig(AppConfig):
    """Payouts: hear when goods move and when the gateway has sent money; the supplier's statement."""

    name = "billing.payouts"

    def ready(self) -> None:
        """Register handlers and the page in the portal."""
        from billing.payouts import handlers, selectors  # models are not ready before

        handlers.register()
        metrics.register("payable_age_seconds", "age of the oldest due payable", selectors.payable_age)
        portal_nav.register(portal_nav.Entry(_("Statement"), "statements:statement", 40))
