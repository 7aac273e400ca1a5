"""Licences of suppliers, with their papers."""

from pathlib import PurePath
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.suppliers.models import LicenceKind, Supplier
from kernel.files.private import papers
from kernel.ids import new_id
from kernel.models import Uuid7Model


def licence_path(licence: Any, name: str) -> str:
    """Return where a licence's file goes: a name nobody can guess, with the kind of file it is."""
    return f"licences/{licence.supplier_id}/{new_id().hex}{PurePath(name).suffix.lower()[:8]}"


class Licence(Uuid7Model):
    """A permit or proof of a supplier, with the paper itself; several of one kind may follow each other.

    Counts through the day ``expires_on``, by UTC; None: it does not expire.
    """

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="licences")
    kind = models.CharField(_("kind"), max_length=12, choices=LicenceKind)
    number = models.CharField(_("number"), max_length=80)
    valid_from = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    file = models.FileField(upload_to=licence_path, storage=papers, blank=True, max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        ordering = ["kind", "-expires_on"]
        constraints = [
            models.UniqueConstraint(fields=["supplier", "kind", "number"], name="licence_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(expires_on=None) | Q(expires_on__gte=F("valid_from")),
                name="licence_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
