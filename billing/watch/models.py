"""What the watch over the money has looked at, and what it found. Lives in "public".

Amounts are minor units. Nothing here moves money: a finding is answered by a posting, never by an edit.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.ledger.models import Transfer
from kernel.models import Uuid7Model


class Sweep(Uuid7Model):
    """One look at everything: the invariants, or the provider's balance beside the ledger."""

    class Kind(models.TextChoices):
        INVARIANTS = "invariants"
        RECONCILIATION = "reconciliation"

    kind = models.CharField(max_length=14, choices=Kind)
    asked_by = models.CharField(max_length=200, help_text="the clock or a person")
    since = models.DateTimeField(null=True, help_text="empty: looked at everything")
    until = models.DateTimeField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    looked_at = models.PositiveIntegerField(default=0, help_text="checks, or lines of the provider's balance")
    differences = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["kind", "-until"], name="sweep_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.until:%Y-%m-%d %H:%M}"


class BalanceLine(Uuid7Model):
    """A line of our balance at the provider, and the one posting it matches."""

    source = models.CharField(max_length=20, help_text="the gateway")
    external_id = models.CharField(max_length=80)
    type = models.CharField(max_length=40)
    amount = models.BigIntegerField(help_text="positive when money came in")
    fee = models.BigIntegerField(help_text="what the provider kept of it")
    currency = models.CharField(max_length=3)
    object_id = models.CharField(max_length=80, blank=True, default="", help_text="what moved it there")
    reference = models.CharField(
        max_length=80, blank=True, default="", help_text="our own id, if it bears one"
    )
    created = models.DateTimeField()
    transfer = models.OneToOneField(
        Transfer, null=True, on_delete=models.PROTECT, related_name="balance_line", db_constraint=False
    )
    fee_transfer = models.OneToOneField(
        Transfer, null=True, on_delete=models.PROTECT, related_name="fee_line", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="balance_line_once"),
            models.CheckConstraint(
                condition=Q(fee_transfer__isnull=True) | ~Q(fee=0), name="balance_line_fee_has_amount"
            ),
        ]
        indexes = [
            models.Index(fields=["created"], condition=Q(transfer=None), name="balance_line_unmatched")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"


class Finding(Uuid7Model):
    """Something that differs. Closed by a posting with a reason, or when the next look finds it mended."""

    class Outcome(models.TextChoices):
        REVERSED = "reversed"
        CORRECTED = "corrected"
        MENDED = "mended"

    check_name = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, help_text="what differs: stays the same from look to look")
    facts = models.JSONField(help_text="what was expected and what is there")
    transfer = models.ForeignKey(
        Transfer, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line = models.ForeignKey(
        BalanceLine, null=True, on_delete=models.PROTECT, related_name="findings", db_index=False
    )
    found_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    closed_by = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    answer = models.ForeignKey(
        Transfer, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "subject"], condition=Q(closed_at=None), name="finding_open_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="")
                | Q(closed_at__isnull=False, outcome="mended")
                | (
                    Q(closed_at__isnull=False, outcome__in=["reversed", "corrected"], answer__isnull=False)
                    & ~Q(reason="")
                    & ~Q(closed_by="")
                ),
                name="finding_answered_by_posting",
            ),
        ]
        indexes = [models.Index(fields=["-id"], condition=Q(closed_at=None), name="finding_open")]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.subject}"
