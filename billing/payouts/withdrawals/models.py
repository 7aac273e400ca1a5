"""What members take out of their wallets, and on which terms."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.files.private import papers
from kernel.models import Uuid7Model

FAILURES = {
    "account_not_able": _("the payment service could not pay to the payout account"),
    "insufficient_capabilities_for_transfer": _("the payment service could not pay to the payout account"),
    "balance_insufficient": _("the money for it had not arrived at the payment service"),
}
"""Code of the payment service -> what the payee reads."""
NOT_TAKEN = _("the payment service did not take it")


def invoice_path(withdrawal: "Withdrawal", name: str) -> str:
    """Return where an invoice's file lies: under its shop, by the withdrawal's id alone."""
    return f"invoices/{withdrawal.tenant_id.hex}/{withdrawal.id.hex}/{name}"


class Withdrawal(Uuid7Model):
    """Money on its way out of a wallet. ``amount`` leaves the wallet: ``net`` + ``fee`` + ``tax``."""

    class State(models.TextChoices):
        AWAITING_APPROVAL = "awaiting", _("waits for approval")
        REQUESTED = "requested", _("asked for")
        SENT = "sent", _("sent")
        PAID = "paid", _("paid")
        FAILED = "failed", _("did not go through")
        """The payment service did not take it; all of it is back in the wallet."""
        REFUSED = "refused", _("turned down")
        """Somebody said no, with a reason; all of it is back in the wallet."""

    FINAL = frozenset({State.PAID, State.FAILED, State.REFUSED})

    class Tie(models.TextChoices):
        """What ties the money to the shop's own team, who therefore cannot approve it."""

        SHOP = "shop", _("it is the shop's own money")
        TEAM = "team", _("who gets it or asked for it works for the shop")
        ONCE = "once", _("who gets it or asked for it has worked for the shop")
        """Held a role in the team before."""
        ACCOUNT = "account", _("it goes to the same bank account as somebody's of the shop's team")
        DEVICE = "device", _("who gets it uses the same device as somebody of the shop's team")

    class OwnerKind(models.TextChoices):
        MEMBER = "member"
        TENANT = "tenant"

    tenant_id = models.UUIDField()
    owner_kind = models.CharField(max_length=10, choices=OwnerKind)
    owner_id = models.UUIDField()
    payee = models.CharField(max_length=200, help_text="name at that time")
    wallet = models.CharField(max_length=24, help_text="the ledger's kind of account it is taken from")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)
    net = models.BigIntegerField()
    tax_year = models.PositiveSmallIntegerField(help_text="calendar year in the tenant's time zone")
    tax_month = models.PositiveSmallIntegerField()
    tax_basis = models.JSONField(
        default=dict, help_text="what the tax was computed from; empty if none is due"
    )
    invoice_number = models.CharField(max_length=60, blank=True, default="")
    invoice_file = models.FileField(
        upload_to=invoice_path, storage=papers, blank=True, default="", db_default="", max_length=200
    )
    invoice_name = models.CharField(
        max_length=120, blank=True, default="", db_default="", help_text="as it was sent"
    )
    state = models.CharField(max_length=10, choices=State)
    needs_approval = models.BooleanField()
    tie = models.CharField(
        max_length=8,
        choices=Tie,
        blank=True,
        default="",
        db_default="",
        help_text="why only the central team may approve it",
    )
    idempotency_key = models.CharField(max_length=80)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.UUIDField(null=True)
    decided_by_label = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(
        max_length=500, blank=True, default="", help_text="why it was refused, or failed"
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "owner_id", "idempotency_key"], name="withdrawal_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount=F("net") + F("fee") + F("tax"), net__gt=0, fee__gte=0, tax__gte=0, amount__gt=0
                ),
                name="withdrawal_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(wallet__in=["commission_payable", "service_fee_payable", "tenant_margin"]),
                name="withdrawal_wallet_known",
            ),
            # Nobody lets their own money out: neither who asked for it nor who gets it.
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=F("requested_by")) & ~Q(decided_by=F("owner_id"))),
                name="withdrawal_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(needs_approval=False)
                | Q(state="awaiting", decided_by__isnull=True)
                | Q(state__in=["requested", "sent", "paid", "failed", "refused"], decided_by__isnull=False),
                name="withdrawal_approved_by_somebody",
            ),
            # Who may approve such a one is asked by the trigger ``withdrawal_decider``.
            models.CheckConstraint(
                condition=~Q(owner_kind="tenant") | Q(tie="shop"), name="withdrawal_of_shop_is_tied"
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "owner_id", "invoice_number"],
                condition=~Q(invoice_number="") & ~Q(state__in=["failed", "refused"]),
                name="withdrawal_invoice_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "owner_id", "-id"], name="withdrawal_by_owner"),
            models.Index(fields=["tenant_id"], condition=Q(state="awaiting"), name="withdrawal_to_approve"),
        ]

    @property
    def reason_text(self) -> str:
        """Why it was refused, as it was written, or why it failed, in the reader's language."""
        if self.state != self.State.FAILED:
            return self.reason
        return str(FAILURES.get(self.reason.partition(":")[0], NOT_TAKEN))

    def __str__(self) -> str:
        return f"{self.payee} {self.requested_at:%Y-%m-%d}"
