"""One ledger for all: accounts, transfers, entries. Lives in "public", keyed by tenant.

Append-only. The database itself refuses what must never be (the files in sql/): legs that do not sum to
zero, a leg added later, a changed or deleted row, a balance below zero where that is not allowed.
A positive amount is a credit, what we owe the account's owner; a negative one is a debit.
Amounts are minor units of the account's currency.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel.models import Uuid7Model


class OwnerKind(models.TextChoices):
    """Whose account it is."""

    PLATFORM = "platform", _("platform")
    TENANT = "tenant", _("shop")
    SUPPLIER = "supplier", _("supplier")
    MEMBER = "member", _("member")


class AccountKind(models.TextChoices):
    """What the money on an account is."""

    PSP_CLEARING = "psp_clearing", _("with the payment provider")
    """With the payment provider: negative by what it holds for us."""
    UNAPPLIED_RECEIPT = "unapplied_receipt", _("came in too late")
    """Came in, belongs to no order, and has to go back."""
    SUPPLIER_PAYABLE = "supplier_payable", _("owed to suppliers")
    SUPPLIER_RECEIVABLE = "supplier_receivable", _("to be had back from suppliers")
    """Paid to a supplier and to be had back: negative by what it owes us."""
    PLATFORM_FEE = "platform_fee", _("platform fee")
    TENANT_MARGIN = "tenant_margin", _("shops' margin")
    COMMISSION_PENDING = "commission_pending", _("commission, pending")
    COMMISSION_PAYABLE = "commission_payable", _("commission, payable")
    SERVICE_FEE_PAYABLE = "service_fee_payable", _("service fee, payable")
    TAX_WITHHELD = "tax_withheld", _("tax withheld")
    DEPOSIT_LIABILITY = "deposit_liability", _("deposits")
    WITHDRAWAL_IN_FLIGHT = "withdrawal_in_flight", _("withdrawals on their way")
    SUBSIDY_BUDGET = "subsidy_budget", _("subsidies")
    SUBSIDY_CLAIMED = "subsidy_claimed", _("subsidies set aside for orders")
    """Taken from a budget for orders that are not paid yet, or for red packets that are out."""
    TENANT_PREPAID = "tenant_prepaid", _("prepaid balances")
    CLAWBACK_RECEIVABLE = "clawback_receivable", _("to be had back from members")
    PSP_FEE = "psp_fee", _("fees of the payment provider")
    """What the payment provider kept for itself: negative by what it cost us."""
    BANK = "bank", _("at our bank")
    """At our own bank: negative by what was paid out to it."""
    CORRECTION = "correction", _("corrections by hand")
    """What a person booked to answer a difference; to be explained until it is zero."""
    DISPUTED = "disputed", _("taken while a dispute is open")
    """Taken off our balance while a dispute is open: negative by what is at stake."""
    FOREIGN_REFUND = "foreign_refund", _("sent back on the provider's own pages")
    """Passed through within one transaction: from the provider to whoever bears such a refund, then zero."""


GUARDED = frozenset(
    {
        AccountKind.UNAPPLIED_RECEIPT,
        AccountKind.SUPPLIER_PAYABLE,
        AccountKind.COMMISSION_PENDING,
        AccountKind.COMMISSION_PAYABLE,
        AccountKind.SERVICE_FEE_PAYABLE,
        AccountKind.DEPOSIT_LIABILITY,
        AccountKind.WITHDRAWAL_IN_FLIGHT,
        AccountKind.SUBSIDY_BUDGET,
        AccountKind.SUBSIDY_CLAIMED,
        AccountKind.TENANT_PREPAID,
    }
)
"""Kinds from which more than there is can never be taken: they have a balance row, others entries only."""


class Account(Uuid7Model):
    """Money of one kind and currency that belongs to one owner. The platform's ids are ``NO_ONE``."""

    # NO_ONE for accounts that span all tenants
    tenant_id = models.UUIDField(_("shop"))
    owner_kind = models.CharField(_("owner"), max_length=10, choices=OwnerKind)
    owner_id = models.UUIDField(_("owner's id"))
    kind = models.CharField(_("kind"), max_length=24, choices=AccountKind)
    currency = models.CharField(_("currency"), max_length=3)
    may_go_negative = models.BooleanField(_("may be negative"))
    created_at = models.DateTimeField(_("since"), db_default=Now())

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "kind", "tenant_id", "owner_kind", "currency"], name="account_unique"
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            models.CheckConstraint(condition=Q(owner_kind__in=OwnerKind.values), name="account_owner_known"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="account_currency_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.kind} {self.currency}"


class Transfer(Uuid7Model):
    """One movement of money between two or more accounts, at one moment, for one reason."""

    tenant_id = models.UUIDField(_("shop"))
    kind = models.CharField(_("kind"), max_length=60)
    idempotency_key = models.CharField(_("key"), max_length=200)
    payload_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the legs and what they are about")
    # how many entries it has, for good
    legs = models.SmallIntegerField(_("legs"))
    # what it is about, mostly an order
    subject_id = models.UUIDField(_("about"), null=True)
    rule_version = models.IntegerField(_("rules version"), null=True)
    occurred_at = models.DateTimeField(_("when"), db_default=Now())
    # No key in the database: the check of one locks the parent row, and locking is an UPDATE's right.
    reverses = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        verbose_name=_("reverses"),
    )

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "kind", "idempotency_key"], name="transfer_once"),
            models.CheckConstraint(condition=Q(legs__gte=2), name="transfer_two_legs"),
        ]
        indexes = [
            models.Index(
                fields=["subject_id"], condition=Q(subject_id__isnull=False), name="transfer_subject"
            ),
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_reverses"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.idempotency_key}"


class Entry(models.Model):
    """One leg of a transfer."""

    pk = models.CompositePrimaryKey("transfer_id", "seq")
    # No keys in the database here either: the trigger checks both ends once a statement, for locking a
    # hot account's row on every posting would make all postings wait for each other.
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    seq = models.SmallIntegerField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero")]
        indexes = [models.Index(fields=["account", "transfer"], name="entry_by_account")]


class Balance(models.Model):
    """What is on an account that may not go negative; kept by the entries' trigger and by nothing else."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="balance", db_constraint=False
    )
    amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="balance_not_negative")]


class Checkpoint(models.Model):
    """The sum of an account's entries before the id ``upto``, so that reading it stays cheap."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="checkpoint", db_constraint=False
    )
    amount = models.BigIntegerField()
    upto = models.UUIDField()
    at = models.DateTimeField(auto_now=True)
