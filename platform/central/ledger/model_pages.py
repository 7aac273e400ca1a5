"""The ledger: nobody adds, changes or deletes anything here."""

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.model_pages import ReadOnlyAdmin
from billing.ledger import selectors
from billing.ledger.models import Account, Balance, Transfer
from kernel.money.money import format_money
from tenants.registry.selectors import tenant_name


class TransferAdmin(ReadOnlyAdmin):
    """Every movement of money, with the sum that must be zero."""

    list_display = ("occurred_at", "kind", "tenant_id", "legs", "idempotency_key")
    list_filter = ("kind",)
    search_fields = ("idempotency_key", "=subject_id", "=id")
    ordering = ("-id",)
    exclude = ("payload_hash", "tenant_id")
    readonly_fields = ("tenant_id",)
    list_before_template = "central/ledger/sums.html"
    change_form_after_template = "central/ledger/entries.html"

    def list_context(self) -> dict[str, Any]:
        """Return the sums of all entries, which must be zero in every currency."""
        sums = [
            {"currency": currency, "shown": format_money(total, currency), "is_zero": total == 0}
            for currency, total in selectors.sum_by_currency().items()
        ]
        return {"sums": sums, "counts": selectors.counts()}

    def row_context(self, request: HttpRequest, transfer: Transfer, /) -> dict[str, Any]:
        """Return the entries of a transfer."""
        entries = transfer.entries.select_related("account").order_by("seq")
        rows = [
            {
                "account": entry.account,
                "shop": tenant_name(entry.account.tenant_id),
                "amount": format_money(entry.amount, entry.currency),
                "is_credit": entry.amount > 0,
            }
            for entry in entries
        ]
        return {"entries": rows}


class AccountAdmin(ReadOnlyAdmin):
    """Whose money lies where; an account that may be negative shows its sum on its own page only."""

    list_display = ("kind", "owner_kind", "tenant_id", "owner_id", "currency", "balance_shown")
    list_filter = ("kind", "owner_kind", "currency")
    list_select_related = ("balance",)
    search_fields = ("=owner_id", "=id", "=tenant_id")
    exclude = ("tenant_id",)
    readonly_fields = ("tenant_id", "sum_shown")
    ordering = ("kind", "id")

    @display(description=_("balance"))
    def balance_shown(self, account: Account) -> str:
        """Return the kept balance, if this kind has one."""
        kept: Balance | None = getattr(account, "balance", None)
        return format_money(kept.amount, account.currency) if kept else "–"

    @display(description=_("sum of the entries"))
    def sum_shown(self, account: Account) -> str:
        """Return what is on the account, from its entries where no balance is kept."""
        rows = selectors.balances_of(account.owner_kind, account.owner_id, tenant_id=account.tenant_id)
        amount = next((row.amount for row in rows if row.account_id == account.pk), 0)
        return format_money(amount, account.currency)
