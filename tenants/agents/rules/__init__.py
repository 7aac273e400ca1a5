"""The rules engine: a document in, shares out. Pure: no Django, no clock, no I/O, no floats."""

from tenants.agents.rules.document import Document, json_schema
from tenants.agents.rules.faults import Fault, InvalidDocument
from tenants.agents.rules.parsing import Rules, parse
from tenants.agents.rules.reversal import NOTHING_YET, Refunded, reverse
from tenants.agents.rules.sale import Chain, Person, SaleLine, SaleOrder, Settlement, Share
from tenants.agents.rules.sentences import explain
from tenants.agents.rules.settlement import price_reductions, settle

__all__ = [
    "NOTHING_YET",
    "Chain",
    "Document",
    "Fault",
    "InvalidDocument",
    "Person",
    "Refunded",
    "Rules",
    "SaleLine",
    "SaleOrder",
    "Settlement",
    "Share",
    "explain",
    "json_schema",
    "parse",
    "price_reductions",
    "reverse",
    "settle",
]
