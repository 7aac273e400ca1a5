from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """Products, stock, search, imports, licences, freight and the feed."""

    name = "catalog"
    verbose_name = _("Supply")
