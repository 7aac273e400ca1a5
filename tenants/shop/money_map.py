"""Where the money of an order went: from what the member paid to each party, and back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from catalog.models import Supplier
from kernel.money.amounts import allocate
from kernel.money.money import MoneyFlow
from kernel.texts.translated import pick
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings.selectors import EarningView
from tenants.agents.members import selectors as member_selectors
from tenants.registry.selectors import current_tenant
from tenants.shop.orders.legs import PAID
from tenants.shop.orders.models import Order
from tenants.shop.refunds.plan import RefundPlan
from tenants.shop.refunds.services import REFUNDED

KIND_LABELS = {
    AccountKind.SUPPLIER_PAYABLE: lambda: _("Supply cost and freight"),
    AccountKind.PLATFORM_FEE: lambda: _("Platform fee"),
    AccountKind.COMMISSION_PENDING: lambda: _("Commission"),
    AccountKind.SERVICE_FEE_PAYABLE: lambda: _("Service fee"),
    AccountKind.TENANT_MARGIN: lambda: _("Shop's margin"),
}
TONES = {
    AccountKind.SUPPLIER_PAYABLE: "supply",
    AccountKind.PLATFORM_FEE: "fee",
    AccountKind.COMMISSION_PENDING: "people",
    AccountKind.SERVICE_FEE_PAYABLE: "people",
    AccountKind.TENANT_MARGIN: "shop",
}
EARNING_LABELS = {
    "commission": lambda: _("Commission"),
    "service_fee": lambda: _("Service fee"),
    "margin": lambda: _("Shop's margin"),
}
SOURCES = frozenset(
    {
        AccountKind.PSP_CLEARING,
        AccountKind.TENANT_PREPAID,
        AccountKind.DISPUTED,
        AccountKind.FOREIGN_REFUND,
    }
)
"""Where a refund's money comes from; every other account gives it back."""
CARD_FEE = "psp.fee"
"""The ledger's word for what a payment provider has kept."""
SUBSIDIES = frozenset({AccountKind.SUBSIDY_BUDGET, AccountKind.SUBSIDY_CLAIMED})


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One party of an order: what it got, what it gave back since (minor units), and why."""

    party: str
    kind: str
    amount: int
    why: str
    back: int = 0


def map_of(order: Order) -> tuple[list[MoneyFlow], list[MoneyRow]]:
    """Return where an order's money went and what came back, as ribbons for the picture and as rows.

    The rows' amounts are those booked when it was paid; ``back`` is what refunds took from each since. The
    ribbons show what each has kept, and what went back.
    """
    earnings = earning_selectors.earnings_of(order.id)
    names = _names(order, earnings)
    whys: dict[tuple[str, str], list[str]] = {}
    kinds: dict[str, set[str]] = {}
    for earning in earnings:
        # One person may earn under several lines of the rules: one amount, several sentences.
        whys.setdefault((earning.payee_id, earning.payee_kind), []).append(pick(earning.why))
        kinds.setdefault(earning.payee_id, set()).add(earning.kind)
    back: dict[tuple[str, UUID], int] = {}
    gift_back = 0
    for flow in ledger_selectors.flows(order.id, kind=REFUNDED):
        owner = (flow.owner_kind, flow.owner_id)
        if flow.kind in SUBSIDIES:
            gift_back += flow.amount
        elif flow.kind not in SOURCES:
            back[owner] = back.get(owner, 0) - flow.amount
    by_api = order.channel == Order.Channel.API
    payer = _("Partner's balance") if by_api else _("Paid by the member")
    payee = _("Back to the partner's balance") if by_api else _("Refunded to the member")
    kept: list[tuple[str, str, int, str]] = []
    rows = []
    for flow in ledger_selectors.flows(order.id, kind=PAID):
        if flow.amount <= 0:
            continue
        key = str(flow.owner_id)
        kind = _("Service fee") if kinds.get(key) == {"service_fee"} else KIND_LABELS[flow.kind]()
        label = names.get((flow.owner_kind, flow.owner_id), kind)
        why = "; ".join(text for (who, _kind), texts in whys.items() if who == key for text in texts)
        returned = back.get((flow.owner_kind, flow.owner_id), 0)
        if flow.amount > returned:
            kept.append((label, kind, flow.amount - returned, TONES[flow.kind]))
        rows.append(MoneyRow(label, kind, flow.amount, why, returned))
    kept, rows = _less_card_fee(order, kept, rows)
    # A subsidy is a source of its own: it paid of each party's part what it paid of the whole.
    gift = order.subsidy + order.red_packet if rows else 0
    parts = allocate(gift - gift_back, [amount for _label, _kind, amount, _tone in kept])
    ribbons = []
    for (label, kind, amount, tone), part in zip(kept, parts, strict=True):
        for source, paid in ((payer, amount - part), (_("Subsidy"), part)):
            if paid:
                ribbons.append(MoneyFlow(source=source, target=label, amount=paid, label=kind, tone=tone))
    if refunded := sum(row.back for row in rows) - gift_back:
        ribbons.append(MoneyFlow(source=payer, target=payee, amount=refunded, label="", tone="source"))
    if gift_back:
        ribbons.append(MoneyFlow(_("Subsidy"), _("Back to the subsidy budget"), gift_back, "", "source"))
    return ribbons, rows


def _less_card_fee(
    order: Order, kept: list[tuple[str, str, int, str]], rows: list[MoneyRow]
) -> tuple[list[tuple[str, str, int, str]], list[MoneyRow]]:
    """Show what the payment provider kept beside the margin that bears it, once its line was seen."""
    fee = -sum(
        flow.amount
        for flow in ledger_selectors.flows(order.id, kind=CARD_FEE)
        if flow.kind == AccountKind.TENANT_MARGIN
    )
    if not fee:
        return kept, rows
    provider, margin = _("Payment provider"), KIND_LABELS[AccountKind.TENANT_MARGIN]()
    # Of what a refund has taken back the provider returns nothing: there is no ribbon left for it.
    shown = min(fee, sum(amount for _label, _kind, amount, tone in kept if tone == "shop"))
    ribbons = [
        (label, kind, amount - shown if tone == "shop" else amount, tone)
        for label, kind, amount, tone in kept
    ]
    ribbons.append((provider, _("Payment fee"), shown, "fee"))
    reduced = [replace(row, amount=row.amount - fee) if row.kind == margin else row for row in rows]
    reduced.append(MoneyRow(provider, _("Payment fee"), fee, _("borne by the shop's margin")))
    return [ribbon for ribbon in ribbons if ribbon[2]], reduced


def givers(order: Order, plan: RefundPlan) -> list[MoneyRow]:
    """Return who gives back what by ``plan``: the amounts sum to what the buyer gets."""
    earnings = earning_selectors.earnings_of(order.id)
    names = _names(order, earnings)
    rows = [
        MoneyRow(names["supplier", supplier_id], _("Supply cost and freight"), amount, "")
        for supplier_id, amount in sorted(plan.suppliers.items())
    ]
    rows.append(MoneyRow(_("Platform fee"), "", plan.fee, ""))
    for earning, amount in zip(earnings, plan.earnings, strict=False):
        owner = "tenant" if earning.payee_kind == "tenant" else "member"
        name = names.get((owner, UUID(earning.payee_id)), "–")
        rows.append(MoneyRow(name, EARNING_LABELS[earning.kind](), amount, ""))
    return [row for row in rows if row.amount]


def _names(order: Order, earnings: Sequence[EarningView]) -> dict[tuple[str, UUID], str]:
    tenant = current_tenant()
    names: dict[tuple[str, UUID], str] = {("tenant", tenant.id): pick(tenant.name)}
    for supplier in Supplier.objects.filter(id__in=order.lines.values_list("supplier_id", flat=True)):
        names["supplier", supplier.id] = pick(supplier.name)
    members = member_selectors.member_names([earning.payee_id for earning in earnings])
    return names | {("member", member_id): name for member_id, name in members.items()}
