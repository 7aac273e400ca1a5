from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from fulfilment import portal_nav


class FulfilmentConfig(AppConfig):
    name = "fulfilment"

    def ready(self) -> None:
        """Register deadlines, and put our own pages into the portal's navigation."""
        from fulfilment import handlers, samples  # models are not ready before

        handlers.register()
        samples.register()
        portal_nav.register(portal_nav.Entry(_("Orders"), "portal:orders", 10))
        portal_nav.register(portal_nav.Entry(_("Goods and stock"), "portal:goods", 30))
        portal_nav.register(portal_nav.Entry(_("After-sales"), "portal:cases", 12))
        portal_nav.register(portal_nav.Entry(_("Directory"), "portal:directory", 60))
        portal_nav.register(portal_nav.Entry(_("Vouchers"), "portal:vouchers", 15))
        portal_nav.register(portal_nav.Entry(_("Tracking numbers by file"), "portal:import", 20))
        portal_nav.register(portal_nav.Entry(_("Proposals"), "proposals:index", 35))
