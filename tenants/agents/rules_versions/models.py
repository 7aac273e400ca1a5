"""The versions of a shop's rules."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class RulesVersion(models.Model):
    """One version of the agent rules. Append-only: the database refuses to change or delete a row."""

    number = models.PositiveIntegerField(primary_key=True)
    document = models.JSONField(help_text="the document as parsed; amounts and percents are decimal text")
    source = models.TextField(help_text="the document as written, with its comments")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the parsed document")
    findings = models.JSONField(default=list, help_text="what the linter said when it was switched on")
    signed_off = models.JSONField(default=list, help_text='[{"finding", "by", "reason", "at"}]')
    effective_from = models.DateTimeField(db_default=Now())
    activated_by = models.UUIDField(null=True)
    activated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="rules_version_from_one")]

    def __str__(self) -> str:
        return str(self.number)
