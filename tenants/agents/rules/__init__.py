"""The rules engine: a document in, earnings out. Pure: no Django, no clock, no I/O, no floats."""

from tenants.agents.rules.document import Document, json_schema
from tenants.agents.rules.faults import Fault, InvalidDocument
from tenants.agents.rules.findings import Finding, apply_patches
from tenants.agents.rules.invitations import Quota, quota
from tenants.agents.rules.linting import lint
from tenants.agents.rules.parsing import Rules, parse
from tenants.agents.rules.progress import Deed, Facts, RoleChange, progress
from tenants.agents.rules.recruiting import is_from_recruiting
from tenants.agents.rules.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.reviews import RoleReview, edges, review
from tenants.agents.rules.sale import (
    NOTHING_SPENT,
    Chain,
    Person,
    SaleLine,
    SaleOrder,
    Spent,
    Split,
    SplitEarning,
)
from tenants.agents.rules.sentences import explain
from tenants.agents.rules.split import largest_saving, price_reductions, split_order

__all__ = [
    "NOTHING_SPENT",
    "NOTHING_YET",
    "Chain",
    "Deed",
    "Document",
    "Facts",
    "Fault",
    "Finding",
    "InvalidDocument",
    "Person",
    "Quota",
    "Refunded",
    "RoleChange",
    "RoleReview",
    "Rules",
    "SaleLine",
    "SaleOrder",
    "Spent",
    "Split",
    "SplitEarning",
    "apply_patches",
    "edges",
    "explain",
    "is_from_recruiting",
    "json_schema",
    "largest_saving",
    "lint",
    "parse",
    "price_reductions",
    "progress",
    "quota",
    "reverse",
    "review",
    "split_order",
]
