"""The rules engine: a document in, shares out. Pure: no Django, no clock, no I/O, no floats."""

from tenants.agents.rules.document import Document, json_schema
from tenants.agents.rules.faults import Fault, InvalidDocument
from tenants.agents.rules.findings import Finding, apply_patches
from tenants.agents.rules.linting import lint
from tenants.agents.rules.parsing import Rules, parse
from tenants.agents.rules.progress import Deed, Facts, RoleChange, progress
from tenants.agents.rules.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.sale import Chain, Person, SaleLine, SaleOrder, Settlement, Share
from tenants.agents.rules.sentences import explain
from tenants.agents.rules.settlement import price_reductions, settle

__all__ = [
    "NOTHING_YET",
    "Chain",
    "Deed",
    "Document",
    "Facts",
    "Fault",
    "Finding",
    "InvalidDocument",
    "Person",
    "Refunded",
    "RoleChange",
    "Rules",
    "SaleLine",
    "SaleOrder",
    "Settlement",
    "Share",
    "apply_patches",
    "explain",
    "json_schema",
    "lint",
    "parse",
    "price_reductions",
    "progress",
    "reverse",
    "settle",
]
