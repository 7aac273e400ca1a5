"""A purpose that only writes down what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from billing.payments import purposes
from billing.payments.models import Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.purposes import Purpose
from billing.payments.refunds import services as payment_refund_services
from kernel.ids import new_id
from tests.support.build import make_tenant
from tests.support.sandbox import RunningSandbox


@dataclass
class PurposeCalls:
    """What the purpose "test" was told, and how it is to behave."""

    paid: list[UUID] = field(default_factory=list)
    refunded: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)
    error: Exception | None = None

    def on_paid(self, payment: Payment) -> None:
        """Fail, or note it."""
        if self.error:
            raise self.error
        self.paid.append(payment.id)


@pytest.fixture
def purpose_calls(monkeypatch: pytest.MonkeyPatch) -> PurposeCalls:
    """The purpose "test"."""
    purpose_calls = PurposeCalls()
    purpose = Purpose(
        paid=purpose_calls.on_paid,
        refunded=lambda refund: purpose_calls.refunded.append(refund.id),
        failed=lambda payment: purpose_calls.failed.append(payment.id),
    )
    monkeypatch.setitem(purposes._purposes, "test", purpose)
    return purpose_calls


@pytest.fixture
def opened(db: None, purpose_calls: PurposeCalls, sandbox: RunningSandbox) -> Payment:
    """A payment over 126.00 CNY that nobody tried yet."""
    return open_test_payment()


def open_test_payment(amount: int = 12_600, reference: UUID | None = None) -> Payment:
    """Open a payment of the purpose "test"."""
    return payment_services.open_payment(
        tenant=make_tenant(),
        purpose="test",
        reference_id=reference or new_id(),
        amount=amount,
        currency="CNY",
        description="Order 1",
    )


@pytest.fixture
def paid(opened: Payment) -> Payment:
    """A payment that succeeded."""
    return sandbox_cards.confirm_with_test_card(payment_id=opened.id, card="success")


Refunder = Callable[..., Refund]


@pytest.fixture
def refund(paid: Payment) -> Refunder:
    """Request a refund of the paid payment."""

    def request(amount: int, key: str = "one") -> Refund:
        return payment_refund_services.request_refund(
            payment_id=paid.id, amount=amount, reason="too small", acting_user="Ann", idempotency_key=key
        )

    return request
