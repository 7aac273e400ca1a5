"""Disputes: the member's bank takes the money back until somebody has won.

https://docs.stripe.com/disputes/how-disputes-work; the words that win or lose a test dispute are Stripe's:
https://docs.stripe.com/testing#disputes
"""

from typing import Any

from billing.payments.sandbox.store import Store, Thing, random_id
from billing.payments.sandbox.stripe import forms, money
from billing.payments.sandbox.stripe.events import emit
from billing.payments.sandbox.stripe.faults import Fault, missing

FEE = 1500  # minor units, for every dispute that takes money
ANSWER_WITHIN = 7 * 24 * 3600
OPEN = {"needs_response", "under_review", "warning_needs_response", "warning_under_review"}
VERDICTS = {"winning_evidence": True, "losing_evidence": False}
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def create(store: Store, charge_id: str, *, reason: str = "fraudulent", is_inquiry: bool = False) -> Thing:
    """The member asks their bank for the money back; an inquiry takes none yet."""
    charge = store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "charge")
    if charge["disputed"]:
        raise Fault(f"Charge {charge_id} has been disputed already.", code="charge_disputed")
    dispute: Thing = {
        "id": random_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge_id,
        "created": store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": store.now() + ANSWER_WITHIN,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }
    if not is_inquiry:
        _move(store, dispute, -dispute["amount"], fee=FEE)
    store.save(dispute)
    store.save(charge | {"disputed": True})
    emit(store, "charge.dispute.created", dispute)
    if not is_inquiry:
        emit(store, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def found(store: Store, dispute_id: str) -> Thing:
    """Return a Dispute or the fault that there is none."""
    dispute = store.get(dispute_id, "dispute")
    if dispute is None:
        raise missing("dispute", dispute_id, "dispute")
    return dispute


def update(store: Store, dispute_id: str, params: dict[str, Any]) -> Thing:
    """POST /v1/disputes/:id"""
    dispute = found(store, dispute_id)
    evidence = params.get("evidence") or {}
    for name in evidence:
        if name not in EVIDENCE:
            raise Fault(f"Received unknown parameter: evidence[{name}]", code="parameter_unknown", param=name)
    if dispute["status"] not in {"needs_response", "warning_needs_response"}:
        raise Fault("This dispute is no longer waiting for evidence.")
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"][name] for name in EVIDENCE)
    dispute["metadata"] |= forms.metadata(params)
    if forms.flag(params, "submit", default=True):
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    store.save(dispute)
    emit(store, "charge.dispute.updated", dispute)
    verdict = VERDICTS.get(str(dispute["evidence"]["uncategorized_text"]))
    if verdict is None or dispute["status"] == "needs_response":
        return dispute
    return close(store, dispute_id, won=verdict)


def close(store: Store, dispute_id: str, *, won: bool) -> Thing:
    """POST /v1/disputes/:id/close accepts it, which is lost; the bank may also decide for us."""
    dispute = found(store, dispute_id)
    if dispute["status"] not in OPEN:
        raise Fault("This dispute is already closed.")
    is_inquiry = dispute["status"].startswith("warning")
    if is_inquiry and not won:
        # The bank goes from asking to taking, and what it took is not answered any more.
        _move(store, dispute, -dispute["amount"], fee=FEE)
        emit(store, "charge.dispute.funds_withdrawn", dispute)
    dispute["status"] = ("warning_closed" if is_inquiry else "won") if won else "lost"
    if won and not is_inquiry:
        _move(store, dispute, dispute["amount"])
        emit(store, "charge.dispute.funds_reinstated", dispute)
    store.save(dispute)
    emit(store, "charge.dispute.closed", dispute)
    return dispute


def leaves_refundable(store: Store, charge_id: str) -> bool:
    """Say whether no dispute holds or took a charge's money: then it can be refunded."""
    return all(
        row["status"] == "won" or row["status"].startswith("warning")
        for row in store.where("dispute", "charge", charge_id)
    )


def _move(store: Store, dispute: Thing, amount: int, fee: int = 0) -> None:
    entry = money.record(
        store,
        "",
        kind="adjustment",
        amount=amount,
        currency=dispute["currency"],
        source=dispute["id"],
        available_on=store.now(),
        fee=fee,
        category="dispute" if amount < 0 else "dispute_reversal",
    )
    dispute["balance_transactions"].append(entry)
