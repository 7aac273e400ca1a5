from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """The ledger: double entry, kept by the database."""

    name = "billing.ledger"
    verbose_name = _("Money")
