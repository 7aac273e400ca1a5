"""What suppliers are owed and how they were paid, in the central team's console, to be looked at."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice import columns
from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from billing.payouts.models import BankPayout, Payable, Payout, PayoutAccount
from central.sites import central
from kernel.text import pick


class PayableInline(ReadOnlyInline):
    """What a payout paid for."""

    model = Payable
    fields = ("supplier_order_id", "amount_shown", "state", "clawed_back_shown")
    readonly_fields = ("amount_shown", "clawed_back_shown")
    show_change_link = True
    amount_shown = columns.money("amount", _("amount"))
    clawed_back_shown = columns.money("clawed_back", _("taken back"))


@admin.register(Payable, site=central)
class PayableAdmin(ReadOnlyAdmin):
    """What each supplier is owed for each order."""

    nav_group, nav_icon, nav_place = "money", "request_quote", 10
    list_display = (
        "created_at",
        "supplier",
        "shop_shown",
        "amount_shown",
        "state_shown",
        "due_at",
        "problem",
    )
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier",)
    search_fields = ("=order_id", "=supplier_order_id")
    fields = (
        "supplier", "shop_shown", "amount_shown", "cancelled_shown", "clawed_back_shown", "settlement",
        "state", "problem", "blocked_by", "retry_at", "payout", "order_id", "supplier_order_id",
        "payment_id", "created_at", "due_at",
    )  # fmt: skip
    readonly_fields = ("shop_shown", "amount_shown", "cancelled_shown", "clawed_back_shown")
    ordering = ("-id",)
    shop_shown = columns.shop()
    amount_shown = columns.money("amount", _("amount"))
    cancelled_shown = columns.money("cancelled", _("refunded before it was paid"))
    clawed_back_shown = columns.money("clawed_back", _("taken back"))
    state_shown = columns.state()


@admin.register(Payout, site=central)
class PayoutAdmin(ReadOnlyAdmin):
    """Every transfer of money to a supplier."""

    nav_group, nav_icon, nav_place = "money", "outbound", 20
    list_display = (
        "requested_at", "supplier", "withdrawal", "amount_shown", "netted_shown", "state_shown", "paid_at",
        "last_error",
    )  # fmt: skip
    list_filter = ("state", "supplier", "currency")
    list_select_related = ("supplier", "withdrawal")
    search_fields = ("external_id", "destination")
    ordering = ("-id",)
    inlines = (PayableInline,)
    fields = (
        "supplier", "withdrawal", "gross_shown", "netted_shown", "amount_shown", "state", "last_error",
        "attempts", "key_round", "destination", "external_id", "source_charge", "is_prefunded", "bank_payout",
        "requested_at", "paid_at",
    )  # fmt: skip
    readonly_fields = ("gross_shown", "netted_shown", "amount_shown")
    gross_shown = columns.money("gross", _("sum of payables"))
    amount_shown = columns.money("amount", _("sent"))
    netted_shown = columns.money("netted", _("kept back"))
    state_shown = columns.state()


@admin.register(PayoutAccount, site=central)
class PayoutAccountAdmin(ReadOnlyAdmin):
    """Where suppliers, shops and members are paid, and which of these accounts are able."""

    nav_group, nav_icon, nav_place = "money", "account_balance", 23
    list_display = ("created_at", "owner_kind", "shop_shown", "external_id", "state_shown", "disabled_reason")
    list_filter = ("state", "owner_kind")
    search_fields = ("external_id", "=owner_id", "=tenant_id")
    exclude = ("tenant_id", "fingerprint")
    readonly_fields = ("shop_shown",)
    ordering = ("-id",)
    shop_shown = columns.shop()
    state_shown = columns.state()


@admin.register(BankPayout, site=central)
class BankPayoutAdmin(ReadOnlyAdmin):
    """What went on from payees' accounts to their banks, and how fast."""

    nav_group, nav_icon, nav_place = "money", "bolt", 24
    list_display = (
        "created_at",
        "payee",
        "amount_shown",
        "method",
        "state_shown",
        "arrives_at",
        "last_error",
    )
    list_filter = ("method", "state", "currency")
    list_select_related = ("account",)
    search_fields = ("external_id", "account__external_id")
    ordering = ("-id",)
    fields = (
        "payee", "amount_shown", "method", "state", "arrives_at", "last_error", "attempts", "account",
        "external_id", "created_at",
    )  # fmt: skip
    readonly_fields = ("payee", "amount_shown")
    amount_shown = columns.money("amount", _("amount"))
    state_shown = columns.state()

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankPayout]:
        """Return the rows with what they are made of, which says whose money it is."""
        found: QuerySet[BankPayout] = super().get_queryset(request)
        return found.prefetch_related("payouts__supplier", "payouts__withdrawal")

    @display(description=_("payee"))
    def payee(self, row: BankPayout) -> str:
        """Return whose bank it goes to; one account is one payee's."""
        made = next(iter(row.payouts.all()), None)
        if made is None:
            return "–"
        # The database has each payout be for exactly one of the two.
        return pick(made.supplier.name) if made.supplier else str(made.withdrawal and made.withdrawal.payee)
