"""The line breaks after the provider has done it: for each call that moves something, one effect in the end.

Which calls there are is read from the port itself: a new one needs a case here, or a name that says it reads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import Gateway, gateway
from billing.payments.models import Dispute, Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import BankPayout, Payable, PayoutAccount
from billing.payouts.transfers import services as transfer_services
from billing.watch import stuck
from catalog.models import Supplier
from kernel import clock, metrics
from kernel.calls.errors import NoClearAnswer
from kernel.errors import BanyanError
from kernel.events import inbox
from kernel.ids import new_id
from tests.payments.conftest import PurposeCalls, open_test_payment, purpose_calls
from tests.payouts.conftest import farm, held, paid_to, sell, ship
from tests.payouts.people import fill
from tests.support.build import make_supplier, make_user
from tests.support.sandbox import RunningSandbox

__all__ = ["farm", "purpose_calls"]
READS = {
    "onboarding_link",
    "available",
    "payee_balance",
    "charge_is_available",
    "balance_transactions",
    "complete_until",
    "verify_webhook",
    "opens_in_app",
    "test_page",
}
FORGOTTEN = timedelta(hours=25)
"""By then the provider knows the key no more."""


@pytest.fixture
def purpose(purpose_calls: PurposeCalls) -> None:
    """The farm's orders are of the purpose that writes down what it was called with."""


@dataclass
class World:
    """A supplier, the provider, and what the purpose was told."""

    farm: Supplier
    sandbox: RunningSandbox
    purpose_calls: PurposeCalls
    finance: User

    def breaks(self, path: str) -> None:
        """Let the next call there time out once it is done."""
        self.sandbox.break_next(path)

    def events(self, topic: str) -> int:
        return len(self.sandbox.events(topic))

    def come_round(self) -> None:
        """Every sweeper, as often as it takes."""
        for _round in range(3):
            now = clock.now()
            Payment.objects.filter(next_try_at__isnull=False).update(next_try_at=now)
            Refund.objects.update(next_try_at=now)
            BankPayout.objects.update(next_try_at=now)
            payment_services.sweep_payments()
            payment_refund_services.sweep_refunds()
            transfer_services.Payout.objects.update(next_try_at=now)
            transfer_services.pay_due()


Case = Callable[[World], Iterator[None]]
CASES: dict[str, Case] = {}


def case(act: Case) -> Case:
    """Each: up to the broken line; the sweepers come round; then what must be there once."""
    CASES[act.__name__] = act
    return act


def paid(world: World) -> Payment:
    return sandbox_cards.confirm_with_test_card(payment_id=open_test_payment().id, card="success")


@case
def create_intent(world: World) -> Iterator[None]:
    payment = open_test_payment()
    world.breaks("/v1/payment_intents")
    assert payment_services.start(payment_id=payment.id).external_id is None
    yield
    payment.refresh_from_db()
    (stored,) = world.sandbox.store.all("payment_intent")
    assert payment.external_id == stored["id"]


@case
def confirm_intent(world: World) -> Iterator[None]:
    payment = payment_services.start(payment_id=open_test_payment().id)
    world.breaks(f"/v1/payment_intents/{payment.external_id}/confirm")
    assert not sandbox_cards.confirm_with_test_card(payment_id=payment.id, card="success").succeeded_at
    yield
    payment.refresh_from_db()
    assert payment.state == Payment.State.SUCCEEDED
    assert (world.sandbox.count("charge"), world.purpose_calls.paid) == (1, [payment.id])


@case
def cancel_intent(world: World) -> Iterator[None]:
    payment = payment_services.start(payment_id=open_test_payment().id)
    world.breaks(f"/v1/payment_intents/{payment.external_id}/cancel")
    assert payment_services.cancel_payment(payment_id=payment.id).state != Payment.State.CANCELLED
    yield
    payment.refresh_from_db()
    assert payment.state == Payment.State.CANCELLED
    assert (world.events("payment_intent.canceled"), world.purpose_calls.failed) == (1, [payment.id])


@case
def refund(world: World) -> Iterator[None]:
    order_refund = payment_refund_services.request_refund(
        payment_id=paid(world).id, amount=600, reason="x", acting_user="Ann", idempotency_key="one"
    )
    world.breaks("/v1/refunds")
    assert payment_refund_services.send_refund(refund_id=order_refund.id).state == Refund.State.REQUESTED
    yield
    order_refund.refresh_from_db()
    assert (order_refund.state, world.sandbox.count("refund")) == (Refund.State.SUCCEEDED, 1)
    assert world.purpose_calls.refunded == [order_refund.id]


@case
def transfer(world: World) -> Iterator[None]:
    payable = sell(world.farm, 700)
    ship(payable)
    world.breaks("/v1/transfers")
    transfer_services.pay_due()
    assert held(world.farm) == {"withdrawal_in_flight": 700}
    yield
    payable.refresh_from_db()
    assert (payable.state, world.sandbox.count("transfer")) == (Payable.State.PAID, 1)
    assert held(world.farm) == {}


@case
def payout(world: World) -> Iterator[None]:
    fill(world.sandbox, 10_000)
    account = paid_to(world.farm)
    world.sandbox.control(f"accounts/{account}/instant")
    ship(sell(world.farm, 200, prepaid=True))
    world.breaks("/v1/payouts")
    transfer_services.pay_due()
    assert BankPayout.objects.get().state == BankPayout.State.REQUESTED
    yield
    assert BankPayout.objects.get().state == BankPayout.State.SENT
    (sent,) = world.sandbox.store.all("payout", account)
    assert sent["amount"] == 200


@case
def reverse_transfer(world: World) -> Iterator[None]:
    """No domain asks for this by itself yet; whoever does has the port's promise: same key, or look first."""
    # What has gone on to the bank cannot be taken back: here it is not available yet.
    world.sandbox.sandbox.options = replace(world.sandbox.sandbox.options, available_after=30 * 86_400)
    ship(sell(world.farm, 700))
    transfer_services.pay_due()
    (stored,) = world.sandbox.store.all("transfer")
    port, reference = gateway(), str(new_id())

    def ask() -> None:
        port.reverse_transfer(
            stored["id"], amount=300, currency="CNY", reference=reference, key=f"reversal:{reference}"
        )

    world.breaks(f"/v1/transfers/{stored['id']}/reversals")
    with pytest.raises(NoClearAnswer):
        ask()
    yield
    if not port.find_reversal(stored["id"], reference=reference):
        ask()
    assert port.fetch_transfer(stored["id"]).reversed == 300


@case
def create_account(world: World) -> Iterator[None]:
    owner = payout_account_services.supplier_owner(make_supplier("forge"))
    before = world.sandbox.count("account")
    world.breaks("/v1/accounts")
    with pytest.raises(NoClearAnswer):
        payout_account_services.open_account(owner=owner, country="CN")
    yield
    opened = payout_account_services.open_account(owner=owner, country="CN")
    assert opened.state == PayoutAccount.State.ABLE
    assert PayoutAccount.objects.filter(external_id=opened.external_id).count() == 1
    assert world.sandbox.count("account") == before + 1


def disputed(world: World) -> Dispute:
    charge = paid(world).charge_id
    assert world.sandbox.control(f"charges/{charge}/dispute") < 400
    hear(world)
    return Dispute.objects.get()


def hear(world: World) -> None:
    world.sandbox.deliver_all("charge.dispute.")
    inbox.handle_waiting()


def lines(world: World, dispute: Dispute) -> list[int]:
    """What a dispute moved on our balance."""
    rows = reversed(world.sandbox.store.all("balance_transaction"))
    return [row["amount"] for row in rows if row["source"] == dispute.external_id]


@case
def submit_evidence(world: World) -> Iterator[None]:
    dispute = disputed(world)
    world.breaks(f"/v1/disputes/{dispute.external_id}")

    def answer() -> None:
        dispute_services.submit_evidence(
            dispute_id=dispute.id, text="winning_evidence", acting_user=world.finance
        )

    with pytest.raises(BanyanError):
        answer()
    yield
    with suppress(BanyanError):
        answer()
    hear(world)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.withdrawn) == (Dispute.State.WON, 0)
    assert lines(world, dispute) == [-12_600, 12_600]


@case
def accept_dispute(world: World) -> Iterator[None]:
    dispute = disputed(world)
    world.breaks(f"/v1/disputes/{dispute.external_id}/close")

    def give_up() -> None:
        dispute_services.accept(dispute_id=dispute.id, reason="true", acting_user=world.finance)

    with pytest.raises(BanyanError):
        give_up()
    yield
    with suppress(BanyanError):
        give_up()
    hear(world)
    dispute.refresh_from_db()
    assert (dispute.state, world.events("charge.dispute.closed")) == (Dispute.State.LOST, 1)
    assert lines(world, dispute) == [-12_600]


def test_every_call_of_the_port_reads_or_has_a_case() -> None:
    calls = {name for name, member in vars(Gateway).items() if callable(member) and name[0] != "_"}
    reads = {name for name in calls if name.startswith(("fetch_", "find_"))}
    assert calls - reads - READS == set(CASES)
    assert calls >= READS


# An account that was opened twice holds no money, and the second is the one that is used: nothing to look up.
LOOKED_UP = sorted(set(CASES) - {"create_account"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "after"),
    [*((name, timedelta(0)) for name in CASES), *((name, FORGOTTEN) for name in LOOKED_UP)],
)
def test_one_effect(
    farm: Supplier, sandbox: RunningSandbox, purpose_calls: PurposeCalls, name: str, after: timedelta
) -> None:
    world = World(farm, sandbox, purpose_calls, make_user("finance@example.test"))
    story = CASES[name](world)
    next(story)
    with passed(after):
        world.come_round()
        assert next(story, "the end") == "the end"


REFUSED_READS = {"refund": "/v1/refunds", "transfer": "/v1/transfers", "payout": "/v1/payouts"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(REFUSED_READS))
def test_a_refused_lookup_refuses_nothing(
    farm: Supplier, sandbox: RunningSandbox, purpose_calls: PurposeCalls, name: str
) -> None:
    """It was done, the answer was lost, the provider will not say: it waits, is seen, and is done once."""
    world = World(farm, sandbox, purpose_calls, make_user("finance@example.test"))
    story = CASES[name](world)
    next(story)
    with passed(FORGOTTEN):
        sandbox.break_next(REFUSED_READS[name], "refused", times=3)
        world.come_round()
        assert not Refund.objects.filter(state=Refund.State.FAILED).exists()
        assert not transfer_services.Payout.objects.filter(
            state=transfer_services.Payout.State.FAILED
        ).exists()
        assert not BankPayout.objects.filter(state=BankPayout.State.FAILED).exists()
        (waiting,) = stuck.money_items()
        assert "could not be looked up" in waiting.last_error
        assert metrics.value("money_unclear_age_seconds") > 24 * 3600
        world.come_round()
        assert next(story, "the end") == "the end"
        assert stuck.money_items() == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["refund", "payout"])
def test_what_is_pending_is_not_refused_because_nobody_may_look(
    farm: Supplier, sandbox: RunningSandbox, purpose_calls: PurposeCalls, name: str
) -> None:
    """Its id is known already; the provider refuses to say how it stands."""
    world = World(farm, sandbox, purpose_calls, make_user("finance@example.test"))
    rows: dict[str, type[Refund] | type[BankPayout]] = {"refund": Refund, "payout": BankPayout}
    story = CASES[name](world)
    next(story)
    world.come_round()
    row = rows[name].objects.get()
    rows[name].objects.update(state="sent")
    sandbox.break_next(f"{REFUSED_READS[name]}/{row.external_id}", "refused", times=3)
    world.come_round()
    row.refresh_from_db()
    assert (row.state, sandbox.count(name)) == ("sent", 1)


@contextmanager
def passed(after: timedelta) -> Iterator[None]:
    """Here and at the provider."""
    if not after:
        yield
        return
    with time_machine.travel(clock.now() + after):
        yield
