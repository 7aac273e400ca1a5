"""What suppliers are owed, how payees were paid, and where, to be looked at."""

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from billing.payouts.models import BankPayout, Payable
from kernel.texts.translated import pick


class PayableInline(ReadOnlyInline):
    """What a payout paid for."""

    model = Payable
    fields = ("supplier_order_id", "amount", "state", "clawed_back")
    show_change_link = True


class PayableAdmin(ReadOnlyAdmin):
    """What each supplier is owed for each order."""

    list_display = ("created_at", "supplier", "tenant_id", "amount", "state", "due_at", "problem")
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier",)
    search_fields = ("=order_id", "=supplier_order_id")
    fields = (
        "supplier", "tenant_id", "amount", "cancelled", "clawed_back", "settlement_policy", "state",
        "problem", "blocked_by", "retry_at", "payout", "order_id", "supplier_order_id", "payment_id",
        "created_at", "due_at",
    )  # fmt: skip
    ordering = ("-id",)


class PayoutAdmin(ReadOnlyAdmin):
    """Every transfer of money to a supplier."""

    list_display = (
        "requested_at", "supplier", "withdrawal", "amount", "netted", "state", "paid_at", "last_error",
    )  # fmt: skip
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier", "withdrawal")
    search_fields = ("external_id", "destination")
    ordering = ("-id",)
    inlines = (PayableInline,)
    fields = (
        "supplier", "withdrawal", "gross", "netted", "amount", "state", "last_error", "attempts", "key_round",
        "destination", "external_id", "source_charge", "is_prefunded", "bank_payout", "requested_at",
        "paid_at",
    )  # fmt: skip


class PayoutAccountAdmin(ReadOnlyAdmin):
    """Where suppliers, shops and members are paid, and which of these accounts are able."""

    list_display = (
        "created_at", "owner_kind", "tenant_id", "external_id", "country", "state", "disabled_reason",
        "replaced_at",
    )  # fmt: skip
    list_filter = ("state", "owner_kind", "country")
    search_fields = ("external_id", "=owner_id", "=tenant_id")
    exclude = ("tenant_id", "fingerprint")
    readonly_fields = ("tenant_id",)
    ordering = ("-id",)


class BankPayoutAdmin(ReadOnlyAdmin):
    """What went on from payees' accounts to their banks, and how fast."""

    list_display = (
        "created_at",
        "payee",
        "amount",
        "method",
        "state",
        "arrives_at",
        "arrived_at",
        "last_error",
    )
    list_filter = ("method", "state", "currency")
    list_select_related = ("account",)
    search_fields = ("external_id", "account__external_id")
    ordering = ("-id",)
    fields = (
        "payee", "amount", "method", "state", "arrives_at", "arrived_at", "last_error", "replaced_by",
        "attempts", "account", "external_id", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankPayout]:
        """Return the rows with the payouts in them, which say whose money it is."""
        rows: QuerySet[BankPayout] = super().get_queryset(request)
        return rows.prefetch_related("payouts__supplier", "payouts__withdrawal")

    @display(description=_("payee"))
    def payee(self, bank_payout: BankPayout) -> str:
        """Return whose bank it goes to; one account is one payee's."""
        payout = next(iter(bank_payout.payouts.all()), None)
        if payout is None:
            # What came back has gone out anew in another row.
            return str(bank_payout.account)
        # The database has each payout be for exactly one of the two.
        return (
            pick(payout.supplier.name)
            if payout.supplier
            else str(payout.withdrawal and payout.withdrawal.payee)
        )
