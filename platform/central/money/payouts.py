"""What suppliers are owed and how they were paid, in the central team's console, to be looked at."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice import columns
from backoffice.model_pages import ReadOnlyAdmin, ReadOnlyInline
from backoffice.words import name_app, name_choices, name_model
from billing.payouts.models import BankPayout, Payable, Payout, PayoutAccount
from central.sites import central
from components import payout_words
from kernel.text import pick

name_app("payouts", _("Money"))
name_model(
    Payable,
    _("payable"),
    _("payables"),
    tenant_id=_("shop"),
    supplier=_("supplier"),
    supplier_order_id=_("supplier order"),
    order_id=_("order"),
    payment_id=_("payment"),
    amount=_("amount"),
    currency=_("currency"),
    settlement=_("due when"),
    state=_("state"),
    payout=_("payout"),
    taken_back=_("taken back"),
    created_at=_("since"),
    due_at=_("due"),
    problem=_("problem"),
    held_until=_("not tried before"),
    blocked_by=_("waits for the end of"),
)
name_choices(
    Payable,
    "settlement",
    {"paid": _("when it is paid"), "shipped": _("when it is shipped"), "received": _("when it has arrived")},
)
name_choices(
    Payable,
    "state",
    {
        "waiting": _("waiting"),
        "due": _("due"),
        "in_payout": _("being paid"),
        "paid": _("paid"),
        "cancelled": _("cancelled"),
    },
)
name_model(
    PayoutAccount,
    _("payout account"),
    _("payout accounts"),
    tenant_id=_("shop"),
    owner_kind=_("owner"),
    owner_id=_("owner's id"),
    external_id=_("provider's id"),
    state=_("state"),
    requirements=_("still asked for"),
    disabled_reason=_("why it is stopped"),
    fingerprint=_("mark of the bank account"),
    created_at=_("since"),
    checked_at=_("last news"),
)
name_choices(PayoutAccount, "state", {str(state): word for state, word in payout_words.STATES.items()})
name_choices(
    PayoutAccount, "owner_kind", {"supplier": _("supplier"), "tenant": _("shop"), "member": _("member")}
)
name_model(
    BankPayout,
    _("bank payout"),
    _("bank payouts"),
    account=_("payout account"),
    currency=_("currency"),
    amount=_("amount"),
    method=_("how fast"),
    state=_("state"),
    external_id=_("provider's id"),
    last_error=_("last error"),
    attempts=_("tries"),
    created_at=_("since"),
    arrives_at=_("arrives"),
)
name_choices(BankPayout, "method", {"instant": _("at once"), "standard": _("standard")})
name_choices(
    BankPayout,
    "state",
    {
        "requested": _("requested"),
        "sent": _("sent"),
        "paid": _("paid"),
        "failed": _("failed"),
        "scheduled": _("by the provider's timetable"),
    },
)
name_model(
    Payout,
    _("payout"),
    _("payouts"),
    supplier=_("supplier"),
    withdrawal=_("withdrawal"),
    destination=_("to account"),
    currency=_("currency"),
    gross=_("sum of payables"),
    netted=_("kept back"),
    amount=_("sent"),
    source_charge=_("from charge"),
    state=_("state"),
    external_id=_("provider's id"),
    last_error=_("last error"),
    attempts=_("tries"),
    requested_at=_("since"),
    paid_at=_("paid"),
    key_round=_("refused for want of money"),
    is_prefunded=_("paid from our own balance"),
    bank_payout=_("bank payout"),
)
name_choices(
    Payout,
    "state",
    {"requested": _("requested"), "sent": _("sent"), "paid": _("paid"), "failed": _("failed")},
)


class PayableInline(ReadOnlyInline):
    """What a payout paid for."""

    model = Payable
    fields = ("supplier_order_id", "amount_shown", "state", "taken_back_shown")
    readonly_fields = ("amount_shown", "taken_back_shown")
    show_change_link = True
    amount_shown = columns.money("amount", _("amount"))
    taken_back_shown = columns.money("taken_back", _("taken back"))


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
        "supplier", "shop_shown", "amount_shown", "cancelled_shown", "taken_back_shown", "settlement",
        "state", "problem", "blocked_by", "held_until", "payout", "order_id", "supplier_order_id",
        "payment_id", "created_at", "due_at",
    )  # fmt: skip
    readonly_fields = ("shop_shown", "amount_shown", "cancelled_shown", "taken_back_shown")
    ordering = ("-id",)
    shop_shown = columns.shop()
    amount_shown = columns.money("amount", _("amount"))
    cancelled_shown = columns.money("cancelled", _("refunded before it was paid"))
    taken_back_shown = columns.money("taken_back", _("taken back"))
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
