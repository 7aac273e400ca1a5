"""Every screen of the central team's console; importing one registers it."""

from central import after_sales, dashboard, people, selection
from central.fleet import concentration, rules_signing, tenants
from central.money import (
    ledger,
    payment_actions,
    payments,
    payout_holds,
    payouts,
    plans,
    withdrawals,
)
from central.supply import bulk_edits, catalogue, imports, licences, pictures, places, prices, supplier_orders
from central.watch import findings, halts

__all__ = [
    "after_sales",
    "bulk_edits",
    "catalogue",
    "concentration",
    "dashboard",
    "findings",
    "halts",
    "imports",
    "ledger",
    "licences",
    "payment_actions",
    "payments",
    "payout_holds",
    "payouts",
    "people",
    "pictures",
    "places",
    "plans",
    "prices",
    "rules_signing",
    "selection",
    "supplier_orders",
    "tenants",
    "withdrawals",
]
