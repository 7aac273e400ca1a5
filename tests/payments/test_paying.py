"""From an opened payment to money that arrived, whatever the line to the gateway does in between."""

from datetime import timedelta
from uuid import UUID

import pytest
import requests
import time_machine
from django.conf import LazySettings
from django.utils.translation import override

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payments import limits
from billing.payments.gateway import forget_connections, gateway
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.purposes import PaidTooLate
from billing.payments.refunds import services as payment_refund_services
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.models import NO_ONE
from tests.payments.conftest import PurposeCalls, open_test_payment
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db
State = Payment.State


def pay(payment: Payment, card: str = "success") -> Payment:
    return sandbox_cards.confirm_with_test_card(
        payment_id=payment.id, card=card, return_url="http://shop.test/back"
    )


def clearing() -> int:
    return ledger_selectors.balance(
        owner_kind="platform", owner_id=NO_ONE, kind=AccountKind.PSP_CLEARING, currency="CNY"
    )


def test_a_good_card_pays_once(opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox) -> None:
    done = pay(opened)
    assert (done.state, done.last_error) == (State.SUCCEEDED, "")
    assert done.charge_id.startswith("ch_")
    assert done.succeeded_at is not None
    assert purpose_calls.paid == [opened.id]
    assert pay(opened).state == payment_services.sync(payment_id=opened.id).state == State.SUCCEEDED
    assert purpose_calls.paid == [opened.id], "nothing happens twice"
    assert sandbox.count("charge") == 1
    charge = sandbox.store.all("charge")[0]
    assert (charge["amount"], charge["currency"]) == (12_600, "cny")
    assert charge["transfer_group"] == str(opened.reference_id)


def test_a_declined_card_says_why_and_another_one_may_follow(
    opened: Payment, purpose_calls: PurposeCalls
) -> None:
    declined = pay(opened, "declined")
    assert declined.state == State.CREATED
    with override("en"):
        assert declined.error_text == "The card was declined. Try another card or ask your bank."
    poor = pay(opened, "insufficient_funds")
    assert poor.error_code == "insufficient_funds"
    assert purpose_calls.paid == []
    assert pay(opened).state == State.SUCCEEDED
    assert purpose_calls.paid == [opened.id]


@pytest.mark.parametrize(("answer", "state"), [("yes", State.SUCCEEDED), ("no", State.CREATED)])
def test_the_bank_may_ask_first(
    opened: Payment, purpose_calls: PurposeCalls, answer: str, state: str
) -> None:
    waiting = pay(opened, "three_d_secure")
    assert waiting.state == State.REQUIRES_ACTION
    assert requests.get(waiting.next_action_url, timeout=60).ok
    back = requests.post(waiting.next_action_url, data={"answer": answer}, timeout=60, allow_redirects=False)
    assert back.headers["Location"].startswith("http://shop.test/back?payment_intent=pi_")
    done = payment_services.sync(payment_id=opened.id)
    assert done.state == state
    assert bool(done.error_text) == (answer == "no")
    assert purpose_calls.paid == ([opened.id] if answer == "yes" else [])


def test_no_test_card_pays_for_real(opened: Payment, settings: LazySettings) -> None:
    with pytest.raises(InvalidInput):
        pay(opened, "gold")
    settings.PAYMENT_SANDBOX = False
    with pytest.raises(NotAllowed):
        pay(opened)


def test_opening_again_is_the_same_payment(opened: Payment) -> None:
    assert open_test_payment(reference=opened.reference_id).id == opened.id
    with pytest.raises(Conflict) as caught:
        open_test_payment(12_601, opened.reference_id)
    assert caught.value.code == "payment_open"
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 1.5])
def test_an_impossible_amount_is_refused(opened: Payment, amount: int) -> None:
    with pytest.raises(InvalidInput):
        open_test_payment(amount)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "why"), [(100_000_000, "too much"), (399, "too little"), (0, "above zero")]
)
def test_an_amount_that_the_gateway_does_not_take_opens_no_payment(
    opened: Payment, amount: int, why: str
) -> None:
    with override("en"), pytest.raises(InvalidInput, match=why):
        open_test_payment(amount)
    assert Payment.objects.count() == 1


def test_an_amount_the_gateway_refuses_is_reported(opened: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes may change over night."""
    monkeypatch.setattr(limits, "require_amount", lambda *_: None)
    large = open_test_payment(100_000_000)
    assert "no more than" in payment_services.start(payment_id=large.id).last_error


def test_an_unknown_purpose_or_payment_is_a_mistake(opened: Payment) -> None:
    with pytest.raises(KeyError):
        payment_services.open_payment(
            tenant=make_tenant(), purpose="?", reference_id=new_id(), amount=1, currency="CNY", description=""
        )
    with pytest.raises(NotFound):
        payment_services.sync(payment_id=new_id())


def test_without_a_line_the_page_says_so_and_a_sweeper_goes_on(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox, settings: LazySettings
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # nobody listens on "discard"
    forget_connections()
    assert payment_services.start(payment_id=opened.id).error_code == "unreachable"
    settings.STRIPE_API_BASE = sandbox.url
    forget_connections()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert payment_services.sweep_payments() == 1
    opened.refresh_from_db()
    assert opened.external_id is not None
    assert opened.error_text == ""


def test_a_line_that_breaks_after_creating_makes_no_second_intent(
    opened: Payment, sandbox: RunningSandbox
) -> None:
    sandbox.break_next("/v1/payment_intents")
    assert payment_services.start(payment_id=opened.id).external_id is None
    assert payment_services.start(payment_id=opened.id).external_id is not None
    assert sandbox.count("payment_intent") == 1


def test_once_the_key_is_forgotten_it_looks_before_it_repeats(
    opened: Payment, sandbox: RunningSandbox
) -> None:
    sandbox.break_next("/v1/payment_intents")
    payment_services.start(payment_id=opened.id)
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        assert payment_services.start(payment_id=opened.id).external_id is not None
    assert sandbox.count("payment_intent") == 1


def test_a_line_that_breaks_after_paying_loses_nothing(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    payment_services.start(payment_id=opened.id)
    sandbox.break_next("/v1/payment_intents")
    unsure = pay(opened)
    assert (unsure.state, unsure.error_code) == (State.CREATED, "unreachable")
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        payment_services.sweep_payments()
    opened.refresh_from_db()
    assert opened.state == State.SUCCEEDED
    assert purpose_calls.paid == [opened.id]


def test_the_sweeper_asks_less_often_as_time_goes_by(opened: Payment) -> None:
    payment_services.start(payment_id=opened.id)
    assert payment_services.sweep_payments() == 0
    with time_machine.travel(clock.now() + timedelta(hours=4)):
        assert payment_services.sweep_payments() == 1
        assert payment_services.sweep_payments() == 0
        opened.refresh_from_db()
        assert opened.next_try_at is not None
        assert opened.next_try_at - clock.now() > timedelta(hours=1)


def test_what_nobody_paid_for_a_day_is_given_up(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    payment_services.start(payment_id=opened.id)
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        payment_services.sweep_payments()
    opened.refresh_from_db()
    assert opened.state == State.CANCELLED
    assert purpose_calls.failed == [opened.id]
    assert sandbox.store.all("payment_intent")[0]["status"] == "canceled"
    assert open_test_payment(reference=opened.reference_id).id != opened.id


def test_what_was_paid_in_time_is_not_given_up(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    intent = payment_services.start(payment_id=opened.id).external_id
    assert intent is not None
    gateway().confirm_intent(intent, method="pm_card_visa", return_url="http://x/", key="k")
    assert payment_services.cancel_payment(payment_id=opened.id).state == State.SUCCEEDED
    assert purpose_calls.paid == [opened.id]


def test_a_payment_that_was_never_tried_is_cancelled_without_a_call(
    opened: Payment, sandbox: RunningSandbox
) -> None:
    assert payment_services.cancel_payment(payment_id=opened.id).state == State.CANCELLED
    assert sandbox.count("payment_intent") == 0


def test_money_that_comes_too_late_goes_back(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox
) -> None:
    purpose_calls.error = PaidTooLate("the order expired")
    assert pay(opened).state == State.SUCCEEDED
    waiting = Refund.objects.get()
    assert (waiting.amount, waiting.is_unapplied, waiting.state) == (12_600, True, Refund.State.REQUESTED)
    assert clearing() == -12_600
    assert payment_refund_services.sweep_refunds() == 1
    waiting.refresh_from_db()
    assert waiting.state == Refund.State.SUCCEEDED
    assert clearing() == 0
    assert set(ledger_selectors.sum_by_currency().values()) == {0}
    assert purpose_calls.refunded == [], "the purpose never had the money"
    assert sandbox.store.all("charge")[0]["refunded"] is True


@pytest.mark.parametrize("wrong", [{"amount": 12_500}, {"currency": "usd"}, {"amount_received": 100}])
def test_another_amount_or_currency_is_never_accepted(
    opened: Payment, purpose_calls: PurposeCalls, sandbox: RunningSandbox, wrong: dict[str, object]
) -> None:
    intent = payment_services.start(payment_id=opened.id).external_id
    assert intent is not None
    gateway().confirm_intent(intent, method="pm_card_visa", return_url="http://x/", key="k")
    sandbox.change(intent, **wrong)
    refused = payment_services.sync(payment_id=opened.id)
    assert refused.state == State.FAILED
    assert refused.problem.startswith("expected 12600 CNY")
    assert purpose_calls.paid == []
    assert [row.kind for row in ledger_selectors.balances_of("tenant", opened.tenant_id)] == [
        AccountKind.UNAPPLIED_RECEIPT
    ]
    sandbox.change(intent, amount=12_600, currency="cny", amount_received=12_600)
    assert payment_services.sync(payment_id=opened.id).state == State.FAILED, "what is final stays"
    assert purpose_calls.paid == []


def test_topping_up_fills_the_prepaid_balance_once(db: None, sandbox: RunningSandbox) -> None:
    shop = make_tenant()
    payment = payment_services.open_payment(
        tenant=shop,
        purpose="topup",
        reference_id=new_id(),
        amount=50_000,
        currency="CNY",
        description="Top-up",
    )
    pay(payment)
    payment_services.sync(payment_id=payment.id)
    assert prepaid(shop.id) == 50_000
    refund = payment_refund_services.request_refund(
        payment_id=payment.id, amount=20_000, reason="", acting_user="Ann", idempotency_key="1"
    )
    assert payment_refund_services.send_refund(refund_id=refund.id).state == Refund.State.SUCCEEDED
    assert prepaid(shop.id) == 30_000


def prepaid(tenant_id: UUID) -> int:
    return ledger_selectors.balance(
        owner_kind="tenant", owner_id=tenant_id, kind=AccountKind.TENANT_PREPAID, currency="CNY"
    )
