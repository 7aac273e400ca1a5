"""Events from the gateway: trusted only if signed, kept once, handled with their effect in a transaction."""

import itertools
import json
import logging
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from billing.ledger import selectors as ledger_selectors
from billing.payments.gateway import GatewayDeclined, forget_connections, gateway
from billing.payments.gateways.stripe import gateway as stripe_gateway
from billing.payments.models import Payment, Refund
from billing.payments.payments import services as payment_services
from billing.payments.sandbox.stripe.events import sign
from config.webhooks import MAX_BODY
from kernel import clock
from kernel.events import inbox, queues
from kernel.models import Event
from tests.payments.conftest import PurposeCalls, open_test_payment
from tests.support.sandbox import WEBHOOK_SECRET, RunningSandbox, post_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid_there(opened: Payment) -> Payment:
    """Stripe has the money; we have not been told."""
    payment = payment_services.start(payment_id=opened.id)
    assert payment.external_id is not None
    gateway().confirm_intent(payment.external_id, method="pm_card_visa", return_url="http://x/", key="k")
    return payment


def state_of(payment: Payment) -> str:
    return Payment.objects.values_list("state", flat=True).get(id=payment.id)


def test_a_signed_event_is_kept_once_and_then_handled(
    paid_there: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    (event,) = sandbox.events("payment_intent.succeeded")
    assert [sandbox.deliver(event) for _time in range(3)] == [200, 200, 200]
    kept = Event.objects.get(queue="inbox")
    assert (kept.source, kept.external_id, kept.payload["object_id"]) == (
        "stripe",
        event["id"],
        paid_there.external_id,
    )
    assert state_of(paid_there) == "created", "taking in does nothing else"
    assert queues.INBOX.waiting_since() == kept.created_at
    assert inbox.handle_waiting() == 1
    assert inbox.handle_waiting() == 0
    assert (state_of(paid_there), purpose_calls.paid) == ("succeeded", [paid_there.id])
    assert queues.INBOX.waiting_since() is None


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "no signature"),
        ("", "empty"),
        ("t=1,v1=00", "made up"),
        ("nonsense", "not even that"),
        ("old", "replayed after five minutes"),
        ("other secret", "signed by somebody else"),
        ("other body", "the signature of another body"),
    ],
)
def test_an_unsigned_event_has_no_effect(
    paid_there: Payment,
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
    signature: str | None,
    reason: str,
) -> None:
    body, now = json.dumps(sandbox.events("payment_intent.succeeded")[0]), int(time.time())
    headers = {
        "old": sign(body, WEBHOOK_SECRET, now - 301),
        "other secret": sign(body, "whsec_other", now),
        "other body": sign(body + " ", WEBHOOK_SECRET, now),
    }
    with caplog.at_level(logging.WARNING):
        assert post_webhook(body, headers.get(signature or "", signature)) == 400, reason
    assert "not signed by the gateway" in caplog.text
    assert Event.objects.filter(queue="inbox").count() == 0


@pytest.mark.parametrize("body", ["", "{}", "[]", "not json", '{"id": "evt_1"}', '{"id": 1, "type": 2}'])
def test_signed_nonsense_has_no_effect(db: None, sandbox: RunningSandbox, body: str) -> None:
    assert post_webhook(body, sign(body, WEBHOOK_SECRET, int(time.time()))) == 400
    assert Event.objects.filter(queue="inbox").count() == 0


def test_an_oversized_webhook_is_not_even_read(
    db: None, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    body = "x" * (MAX_BODY + 1)
    with caplog.at_level(logging.WARNING):
        assert post_webhook(body, sign(body, WEBHOOK_SECRET, int(time.time()))) == 413
    assert "too large" in caplog.text


def test_an_event_is_posted(db: None, sandbox: RunningSandbox) -> None:
    assert Client().get("/webhooks/stripe", HTTP_HOST="localhost").status_code == 405


def test_a_webhook_needs_no_csrf_token(paid_there: Payment, sandbox: RunningSandbox) -> None:
    event = sandbox.events("payment_intent.succeeded")[0]
    assert sandbox.deliver(event, Client(enforce_csrf_checks=True)) == 200


@pytest.mark.parametrize("name", ["STRIPE_WEBHOOK_SECRET", "STRIPE_SECRET_KEY"])
def test_an_empty_secret_refuses_to_start(settings: LazySettings, name: str) -> None:
    setattr(settings, name, " ")
    with pytest.raises(ImproperlyConfigured, match=name):
        stripe_gateway.connect()


@pytest.mark.slow
def test_every_order_of_the_events_with_doubles_ends_in_one_state(
    purpose_calls: PurposeCalls, db: None, sandbox: RunningSandbox
) -> None:
    def story() -> tuple[Payment, list[dict[str, object]]]:
        """A card declined, another one accepted: three events."""
        payment = payment_services.start(payment_id=open_test_payment().id)
        assert payment.external_id is not None
        for method in ("pm_card_chargeDeclined", "pm_card_visa"):
            try:
                gateway().confirm_intent(
                    payment.external_id, method=method, return_url="http://x/", key=method + str(payment.id)
                )
            except GatewayDeclined:
                assert method == "pm_card_chargeDeclined"
        events = [
            event
            for event in sandbox.events("payment_intent")
            if event["data"]["object"]["id"] == payment.external_id
        ]
        return payment, events

    ends = set()
    for order in itertools.permutations(range(3)):
        payment, events = story()
        assert len(events) == 3
        for place in (*order, *order):
            assert sandbox.deliver(events[place]) == 200
            inbox.handle_waiting()
        payment.refresh_from_db()
        ends.add((payment.state, payment.refunded, payment.last_error, purpose_calls.paid.count(payment.id)))
    assert ends == {("succeeded", 0, "", 1)}


def test_a_failing_effect_leaves_nothing_and_is_tried_again_later(
    paid_there: Payment,
    purpose_calls: PurposeCalls,
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    purpose_calls.error = RuntimeError("the shop stumbled")
    sandbox.deliver_all("payment_intent.succeeded")
    with caplog.at_level(logging.ERROR):
        assert inbox.handle_waiting() == 0
    kept = Event.objects.get(queue="inbox")
    assert (kept.handled_at, kept.attempts) == (None, 1)
    assert kept.last_error.endswith("RuntimeError: the shop stumbled")
    assert state_of(paid_there) == "created", "effect and handled_at commit together or not at all"
    purpose_calls.error = None
    assert inbox.handle_waiting() == 0, "not before its time"
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        assert inbox.handle_waiting() == 1
    assert purpose_calls.paid == [paid_there.id]


def test_a_gateway_out_of_reach_delays_the_event(
    paid_there: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox, settings: LazySettings
) -> None:
    sandbox.deliver_all("payment_intent.succeeded")
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    forget_connections()
    assert inbox.handle_waiting() == 0
    settings.STRIPE_API_BASE = sandbox.url
    forget_connections()
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        assert inbox.handle_waiting() == 1
    assert purpose_calls.paid == [paid_there.id]


def test_a_worker_that_died_leaves_its_event_to_the_next(
    paid_there: Payment, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.deliver_all("payment_intent.succeeded")

    def die(**_arguments: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(payment_services, "apply_intent", die)
        with pytest.raises(SystemExit):
            inbox.handle_waiting()
    assert inbox.handle_waiting() == 0
    with time_machine.travel(clock.now() + queues.LEASE + timedelta(seconds=1)):
        assert inbox.handle_waiting() == 1


def test_an_event_may_be_faster_than_the_answer_to_our_call(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    sandbox.break_next("/v1/payment_intents")
    assert payment_services.start(payment_id=opened.id).external_id is None
    sandbox.deliver_all("payment_intent.created")
    inbox.handle_waiting()
    opened.refresh_from_db()
    assert opened.external_id == sandbox.store.all("payment_intent")[0]["id"]
    assert opened.client_secret


def test_an_event_that_concerns_nobody_is_put_aside(
    db: None, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    gateway().create_intent(amount=500, currency="CNY", group="", reference="other", description="", key="x")
    gateway().create_account(country="CN", email="", name="", reference="", key="y")
    sandbox.deliver_all()
    assert inbox.handle_waiting() == 2
    assert "not ours" in caplog.text
    assert ledger_selectors.counts()["transfers"] == 0


def test_a_refund_made_in_the_dashboard_is_one_of_ours_then(
    paid_there: Payment, sandbox: RunningSandbox
) -> None:
    assert paid_there.external_id is not None
    gateway().refund(intent_id=paid_there.external_id, amount=1, currency="CNY", reference="by hand", key="z")
    sandbox.deliver_all("refund.created")
    sandbox.deliver_all("refund.created")
    while inbox.handle_waiting():
        pass
    refund = Refund.objects.get(payment=paid_there)
    assert (refund.is_foreign, refund.amount, refund.state) == (True, 1, "succeeded")
