"""Amounts and currencies that cannot be: each a clear refusal, and nothing has happened."""

from typing import Any

import pytest

from billing.payments.gateway import gateway
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from kernel.calls.errors import CallRefused
from kernel.errors import BanyanError, Conflict, InvalidInput
from kernel.ids import new_id
from kernel.models import AuditEntry, Event
from kernel.money.amounts import MAX_AMOUNT
from kernel.money.money import parse_amount
from tests.payments.conftest import PurposeCalls, open_test_payment
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox

IMPOSSIBLE: list[Any] = [0, -1, MAX_AMOUNT + 1, 2**63, 12.5, "100", None]


@pytest.mark.parametrize("amount", IMPOSSIBLE)
def test_a_payment_of_an_impossible_amount_is_not_opened(
    db: None, purpose_calls: PurposeCalls, amount: Any
) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_test_payment(amount)
    assert (caught.value.field, caught.value.status) == ("amount", 422)
    assert str(caught.value.remedy)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", [*IMPOSSIBLE, 12_601])
def test_a_refund_of_an_impossible_amount_is_not_written(paid: Payment, amount: Any) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(InvalidInput) as caught:
        payment_refund_services.request_refund(
            payment_id=paid.id, amount=amount, reason="x", acting_user="Ann", idempotency_key="k"
        )
    assert caught.value.field == "amount"
    assert "126.00" in str(caught.value.message), "how much could be"
    paid.refresh_from_db()
    assert (paid.refunded, Refund.objects.count(), AuditEntry.objects.count()) == (0, 0, before)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.234", "CNY"),
        ("0.001", "USD"),
        ("1.5", "JPY"),
        ("NaN", "CNY"),
        ("Infinity", "CNY"),
        ("", "CNY"),
        ("12,5,0", "CNY"),
        ("9" * 30, "CNY"),
        ("-1", "CNY"),
        ("1e999999", "CNY"),
        ("1e-9999999", "CNY"),
        ("1e2", "CNY"),
        ("1_000", "CNY"),
        ("1.00000000000000000000000000000000001", "CNY"),
        ("9" * 5000, "CNY"),
        ("１２.３４５", "CNY"),
    ],
)
def test_a_text_that_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(BanyanError) as caught:
        parse_amount(text, currency)
    assert str(caught.value.message)


def test_the_same_order_in_another_currency_is_a_conflict(db: None, purpose_calls: PurposeCalls) -> None:
    reference = new_id()
    open_test_payment(reference=reference)
    with pytest.raises(Conflict) as caught:
        payment_services.open_payment(
            tenant=make_tenant(),
            purpose="test",
            reference_id=reference,
            amount=12_600,
            currency="USD",
            description="Order 1",
        )
    assert caught.value.code == "payment_open"
    assert Payment.objects.get().currency == "CNY"


def test_money_in_another_currency_than_asked_pays_nothing(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    payment = payment_services.start(payment_id=opened.id)
    assert payment.external_id
    sandbox.change(payment.external_id, currency="usd")
    gateway().confirm_intent(payment.external_id, method="pm_card_visa", return_url="http://x/", key="k")
    payment = payment_services.sync(payment_id=payment.id)
    assert (payment.state, purpose_calls.paid) == (Payment.State.FAILED, [])
    assert "USD" in payment.problem
    assert any("needs a person" in record.message for record in caplog.records)


@pytest.mark.parametrize("amount", [0, -5, 100_000_000])
def test_the_gateway_itself_refuses_impossible_amounts(sandbox: RunningSandbox, amount: int) -> None:
    with pytest.raises(CallRefused) as caught:
        gateway().create_intent(
            amount=amount, currency="CNY", group="", reference="r", description="", key=f"k{amount}"
        )
    assert caught.value.code
    assert sandbox.count("payment_intent") == 0


def test_a_replayed_notice_is_one_row(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    sandbox_cards.confirm_with_test_card(payment_id=opened.id, card="success")
    (event,) = sandbox.events("payment_intent.succeeded")
    assert [sandbox.deliver(event) for _time in range(3)] == [200, 200, 200]
    assert Event.objects.filter(queue="inbox", external_id=event["id"]).count() == 1
    assert purpose_calls.paid == [opened.id]
