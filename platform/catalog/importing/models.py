"""Files that the central team imports through its console, and what their columns were said to mean."""

from pathlib import PurePath
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.categories.models import Category
from catalog.suppliers.models import Supplier
from kernel.files.private import papers
from kernel.ids import new_id
from kernel.models import Uuid7Model


def import_path(run: Any, name: str) -> str:
    """Return where an uploaded file waits for its import."""
    return f"imports/{new_id().hex}{PurePath(name).suffix.lower()[:8]}"


class ColumnMapping(Uuid7Model):
    """What the columns of a supplier's files mean, so that it is chosen once.

    ``fingerprint`` names the header (see ``columns.fingerprint``), ``columns``: meaning -> name in the file.
    """

    supplier = models.ForeignKey(
        Supplier, on_delete=models.CASCADE, related_name="column_mappings", db_index=False
    )
    fingerprint = models.CharField(max_length=64)
    columns = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "fingerprint"], name="column_mapping_unique")
        ]

    def __str__(self) -> str:
        return self.fingerprint


class ImportRun(Uuid7Model):
    """One file: checked first, applied when somebody says so. ``report`` is ImportReport.as_dict()."""

    class Format(models.TextChoices):
        PRODUCTS = "products"
        PRICES = "prices"
        STOCK = "stock"
        SHOPIFY = "shopify"
        WOOCOMMERCE = "woocommerce"
        MERCHANT = "merchant"
        COLUMNS = "columns"

    class State(models.TextChoices):
        CHOOSING = "choosing", _("waits for its columns to be chosen")
        CHECKING = "checking", _("is being looked at")
        CHECKED = "checked", _("looked at, nothing changed yet")
        APPLYING = "applying", _("is being brought in")
        DONE = "done", _("brought in")
        FAILED = "failed", _("could not be read")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="imports")
    format = models.CharField(max_length=12, choices=Format)
    currency = models.CharField(max_length=3)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT)
    cost_bp = models.PositiveIntegerField(default=6000)
    encoding = models.CharField(
        max_length=20, blank=True, default="", help_text="a codec that somebody chose; empty: found out"
    )
    columns = models.JSONField(default=dict, help_text="meaning -> name in the file, of chosen columns")
    answers = models.JSONField(default=dict, help_text="answers.ImportAnswers.as_dict()")
    name = models.CharField(max_length=200, help_text="what the file was called")
    file = models.FileField(upload_to=import_path, storage=papers, max_length=200)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.CHECKING)
    report = models.JSONField(default=dict)
    fault = models.JSONField(default=dict, help_text="why the file as a whole could not be read")
    asked_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
