"""Events: what happened, kept for ever and delivered as signed webhooks."""

import json
from contextvars import ContextVar

import stripe

from billing.payments.sandbox.store import Store, Thing, random_id

request_key: ContextVar[tuple[str, str | None]] = ContextVar("request_key", default=("", None))


def emit(store: Store, topic: str, thing: Thing, account: str = "") -> None:
    """Write an event about ``thing`` as it is now, and have it delivered."""
    request, key = request_key.get()
    event: Thing = {
        "id": random_id("evt"),
        "object": "event",
        "api_version": stripe.api_version,
        "created": store.now(),
        "data": {"object": json.loads(json.dumps(thing))},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request or None, "idempotency_key": key},
        "type": topic,
    }
    if account:
        event["account"] = account
    store.save(event, account)
    store.schedule(event["id"])


def sign(body: str, secret: str, timestamp: int) -> str:
    """Return the ``Stripe-Signature`` header for a body."""
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, timestamp))
