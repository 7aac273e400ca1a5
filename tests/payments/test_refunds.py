"""Money that goes back: never more than came, never twice."""

from datetime import timedelta
from uuid import UUID

import pytest
import stripe
import time_machine
from django.db import transaction

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.selectors import balances_of
from billing.ledger.services import Leg
from billing.payments import purposes
from billing.payments.gateway import gateway
from billing.payments.gateways.stripe import answers
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from kernel import clock
from kernel.calls.errors import CallRefused, NoClearAnswer
from kernel.errors import Conflict, InvalidInput
from kernel.events import inbox
from kernel.ids import new_id
from kernel.models import NO_ONE, AuditEntry
from tests.ledger.test_commits import at_once
from tests.payments.conftest import PurposeCalls, Refunder, open_test_payment
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox

State = Refund.State


@pytest.mark.django_db
def test_a_whole_payment_goes_back_once(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    requested = refund(12_600)
    assert refund(12_600).id == requested.id
    done = payment_refund_services.send_refund(refund_id=requested.id)
    assert (done.state, payment_refund_services.send_refund(refund_id=requested.id).state) == (
        State.SUCCEEDED,
        State.SUCCEEDED,
    )
    assert purpose_calls.refunded == [requested.id]
    assert sandbox.store.all("charge")[0]["amount_refunded"] == 12_600
    assert AuditEntry.objects.get(action="payment.refund").reason == "too small"
    sandbox.deliver_all("refund.")
    inbox.handle_waiting()
    assert purpose_calls.refunded == [requested.id]


@pytest.mark.django_db
def test_parts_go_back_until_nothing_is_left(
    paid: Payment, refund: Refunder, sandbox: RunningSandbox
) -> None:
    for key, amount in (("a", 600), ("b", 11_999)):
        payment_refund_services.send_refund(refund_id=refund(amount, key).id)
    with pytest.raises(InvalidInput):
        refund(2, "c")
    payment_refund_services.send_refund(refund_id=refund(1, "c").id)
    paid.refresh_from_db()
    assert paid.refunded == paid.amount
    assert sandbox.store.all("charge")[0]["refunded"] is True


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [0, -1, 12_601, 10**18, 1.5])
def test_an_impossible_amount_is_refused(paid: Payment, refund: Refunder, amount: int) -> None:
    with pytest.raises(InvalidInput):
        refund(amount)
    assert Refund.objects.count() == 0


@pytest.mark.django_db
def test_a_key_means_one_refund(paid: Payment, refund: Refunder) -> None:
    refund(100)
    with pytest.raises(Conflict) as caught:
        refund(200)
    assert caught.value.code == "idempotency_conflict"


@pytest.mark.django_db
def test_what_was_not_paid_cannot_go_back(opened: Payment) -> None:
    with pytest.raises(Conflict):
        payment_refund_services.request_refund(
            payment_id=opened.id, amount=1, reason="", acting_user="Ann", idempotency_key="1"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [0, 25])
def test_a_line_that_breaks_after_refunding_refunds_once(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, sandbox: RunningSandbox, hours: int
) -> None:
    requested = refund(12_600)
    sandbox.break_next("/v1/refunds")
    unsure = payment_refund_services.send_refund(refund_id=requested.id)
    assert (unsure.state, bool(unsure.last_error)) == (State.REQUESTED, True)
    with time_machine.travel(clock.now() + timedelta(hours=hours, minutes=2)):
        assert payment_refund_services.sweep_refunds() == 1
    requested.refresh_from_db()
    assert (requested.state, requested.last_error) == (State.SUCCEEDED, "")
    assert sandbox.count("refund") == 1
    assert purpose_calls.refunded == [requested.id]


@pytest.mark.django_db
def test_a_crash_between_request_and_call_is_mended(refund: Refunder, purpose_calls: PurposeCalls) -> None:
    requested = refund(12_600)
    assert payment_refund_services.sweep_refunds() == 1
    assert purpose_calls.refunded == [requested.id]


@pytest.mark.django_db
def test_a_refused_refund_frees_its_amount_and_is_seen(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    assert paid.external_id is not None
    gateway().refund(intent_id=paid.external_id, amount=12_600, currency="CNY", reference="past us", key="p")
    failed = payment_refund_services.send_refund(refund_id=refund(12_600).id)
    assert failed.state == State.FAILED
    assert failed.last_error.startswith("charge_already_refunded")
    paid.refresh_from_db()
    assert (paid.refunded, paid.problem != "") == (0, True)
    assert purpose_calls.refunded == []


@pytest.mark.django_db
def test_a_refund_that_went_out_after_it_had_failed_is_seen(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    requested = refund(12_600)
    sandbox.break_next("/v1/refunds")
    payment_refund_services.send_refund(refund_id=requested.id)
    payment_refund_services.fail_refund(refund_id=requested.id, error="taken for refused")
    sandbox.deliver_all("refund.created")
    inbox.handle_waiting()
    paid.refresh_from_db()
    requested.refresh_from_db()
    assert (requested.state, purpose_calls.refunded) == (State.FAILED, []), "what is final stays final"
    assert "went out after it had failed" in paid.problem


@pytest.mark.django_db
def test_a_refund_over_another_amount_is_not_accepted(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    requested = refund(12_600)
    sandbox.break_next("/v1/refunds")
    payment_refund_services.send_refund(refund_id=requested.id)
    sandbox.change(sandbox.store.all("refund")[0]["id"], amount=100)
    sandbox.deliver_all("refund.created")
    inbox.handle_waiting()
    requested.refresh_from_db()
    paid.refresh_from_db()
    assert requested.state == State.SENT
    assert "another amount" in paid.problem
    assert purpose_calls.refunded == []


def test_many_at_once_never_refund_more_than_was_paid(
    own_database: str, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    with transaction.atomic():
        payment = open_test_payment(1000)
    sandbox_cards.confirm_with_test_card(payment_id=payment.id, card="success")

    def ask(key: str) -> UUID:
        return payment_refund_services.request_refund(
            payment_id=payment.id, amount=300, reason="", acting_user="Ann", idempotency_key=key
        ).id

    results = at_once(*[lambda key=str(number): ask(key) for number in range(8)])
    assert sum(isinstance(result, UUID) for result in results) == 3
    assert sum(isinstance(result, InvalidInput) for result in results) == 5
    payment.refresh_from_db()
    assert payment.refunded == 900


@pytest.mark.django_db
def test_what_the_gateway_refused_once_can_be_asked_for_again(
    refund: Refunder, purpose_calls: PurposeCalls
) -> None:
    requested = refund(12_600)
    with transaction.atomic():
        payment_refund_services.fail_refund(refund_id=requested.id, error="insufficient funds at the bank")
    again = refund(12_600)
    assert again.id != requested.id
    assert payment_refund_services.send_refund(refund_id=again.id).state == State.SUCCEEDED
    assert refund(12_600).id == again.id
    assert purpose_calls.refunded == [again.id]
    assert Refund.objects.get(id=requested.id).state == State.FAILED, "the first one stays on record"


@pytest.mark.django_db
def test_one_refund_that_cannot_be_booked_does_not_keep_others_waiting(
    paid: Payment, refund: Refunder, purpose_calls: PurposeCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = refund(100, "broken"), refund(200, "fine")

    def book(booked: Refund) -> None:
        if booked.id == broken.id:
            raise RuntimeError("no such order")
        purpose_calls.refunded.append(booked.id)

    monkeypatch.setitem(
        purposes._purposes, "test", purposes.Purpose(paid=purpose_calls.on_paid, refunded=book)
    )
    assert payment_refund_services.sweep_refunds() == 2
    assert purpose_calls.refunded == [fine.id]


@pytest.mark.django_db
def test_one_payment_that_cannot_be_booked_does_not_keep_others_waiting(
    opened: Payment, purpose_calls: PurposeCalls, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    second = open_test_payment()
    for payment in (opened, second):
        intent = payment_services.start(payment_id=payment.id).external_id
        assert intent is not None
        gateway().confirm_intent(intent, method="pm_card_visa", return_url="http://x/", key=f"k{intent}")

    def book(booked: Payment) -> None:
        if booked.id == opened.id:
            raise RuntimeError("no such order")
        purpose_calls.paid.append(booked.id)

    monkeypatch.setitem(purposes._purposes, "test", purposes.Purpose(paid=book, refunded=print))
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert payment_services.sweep_payments() == 2
        assert purpose_calls.paid == [second.id]
        assert payment_services.sweep_payments() == 0, "it comes back later, after those that are due"


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_payment_that_never_reached_the_gateway_is_given_up(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox, moment: str
) -> None:
    sandbox.break_next("/v1/payment_intents", moment)
    assert payment_services.start(payment_id=opened.id).external_id is None
    assert payment_services.cancel_payment(payment_id=opened.id).state == Payment.State.CREATED, (
        "it may be under way"
    )
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        payment_services.sweep_payments()
        assert payment_services.sweep_payments() == 0
    opened.refresh_from_db()
    assert opened.state == Payment.State.CANCELLED
    assert {intent["status"] for intent in sandbox.store.all("payment_intent")} <= {"canceled"}


@pytest.mark.django_db
def test_money_that_came_too_late_is_sent_back_however_often_the_gateway_refuses(
    opened: Payment, purpose_calls: PurposeCalls, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    purpose_calls.error = purposes.PaidTooLate("order 1")
    sandbox_cards.confirm_with_test_card(payment_id=opened.id, card="success")
    with monkeypatch.context() as patched:

        def refuse(*_provider: object, **_parameters: object) -> None:
            raise CallRefused("not enough money on the platform's balance", "balance_insufficient")

        patched.setattr(type(payment_refund_services.REFUND_CALL), "request", refuse)
        assert payment_refund_services.sweep_refunds() == 1
    requested = Refund.objects.get()
    opened.refresh_from_db()
    assert (requested.state, requested.last_error[:20]) == (State.REQUESTED, "balance_insufficient")
    assert "cannot go back yet" in opened.problem
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert payment_refund_services.sweep_refunds() == 1
    requested.refresh_from_db()
    assert requested.state == State.SUCCEEDED
    assert held(opened) == {}


def test_a_wrong_key_of_ours_is_no_refusal() -> None:
    with pytest.raises(NoClearAnswer), answers.answers():
        raise stripe.AuthenticationError("invalid key", http_status=401)
    with pytest.raises(CallRefused), answers.answers():
        raise stripe.StripeError("charge already refunded", http_status=400)


def spent_topup() -> Payment:
    """A top-up of 500.00 CNY of which an order took 400.00."""
    payment = payment_services.open_payment(
        tenant=make_tenant(),
        purpose="topup",
        reference_id=new_id(),
        amount=50_000,
        currency="CNY",
        description="Up",
    )
    sandbox_cards.confirm_with_test_card(payment_id=payment.id, card="success")
    ledger_services.post(
        tenant_id=payment.tenant_id,
        kind="order.paid",
        idempotency_key="1",
        legs=[
            Leg("tenant", payment.tenant_id, AccountKind.TENANT_PREPAID, "CNY", -40_000),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", 40_000, NO_ONE),
        ],
    )
    return payment


def ask_back(payment: Payment, amount: int) -> Refund:
    return payment_refund_services.request_refund(
        payment_id=payment.id, amount=amount, reason="", acting_user="Ann", idempotency_key=f"{amount}"
    )


def held(payment: Payment) -> dict[str, int]:
    rows = balances_of("tenant", payment.tenant_id)
    return {str(row.kind): row.amount for row in rows if row.amount}


def test_a_topup_that_was_spent_is_refused_when_it_is_asked_back(db: None, sandbox: RunningSandbox) -> None:
    payment = spent_topup()
    with pytest.raises(Conflict) as caught, transaction.atomic():
        ask_back(payment, 10_001)
    assert (caught.value.code, caught.value.details["left"]) == ("spent", 10_000)
    assert caught.value.remedy
    assert not Refund.objects.exists()
    assert held(payment) == {"tenant_prepaid": 10_000}


def test_a_topup_asked_back_cannot_be_spent_meanwhile(db: None, sandbox: RunningSandbox) -> None:
    payment = spent_topup()
    requested = ask_back(payment, 10_000)
    assert held(payment) == {"withdrawal_in_flight": 10_000}
    payment_refund_services.send_refund(refund_id=requested.id)
    assert held(payment) == {}


def test_a_topup_that_cannot_go_back_is_in_the_balance_again(db: None, sandbox: RunningSandbox) -> None:
    payment = spent_topup()
    requested = ask_back(payment, 10_000)
    with transaction.atomic():
        payment_refund_services.fail_refund(refund_id=requested.id, error="account closed")
    assert held(payment) == {"tenant_prepaid": 10_000}
