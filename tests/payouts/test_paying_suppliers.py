"""T+0: what is due is paid the same day, once, whatever breaks on the way."""

from collections import defaultdict
from datetime import timedelta

import pytest
import requests
import time_machine
from django.conf import LazySettings
from django.db import transaction

from billing.ledger import selectors as ledger_selectors
from billing.payments.gateway import Move, MoveStatus, gateway
from billing.payouts import handlers
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.models import Payable, Payout, PayoutAccount
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel import clock
from kernel.errors import InvalidInput
from kernel.events import inbox, outbox, queues
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.ledger.test_commits import at_once
from tests.payouts.conftest import TENANT, give_back, held, paid_to, refuse_transfer, sell, ship
from tests.support.books import drift
from tests.support.build import make_supplier
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Payable.State


def state(payable: Payable) -> str:
    return Payable.objects.values_list("state", flat=True).get(id=payable.id)


def later(**interval: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**interval))


@db
def test_what_was_shipped_is_paid_from_its_own_charge(farm: Supplier, sandbox: RunningSandbox) -> None:
    payable = sell(farm, 700)
    assert transfer_services.pay_due() == 0, "not before it is due"
    ship(payable)
    assert transfer_services.pay_due() == 1
    payout = Payout.objects.get()
    assert (payout.state, payout.amount, payout.netted) == (Payout.State.PAID, 700, 0)
    assert state(payable) == State.PAID
    assert held(farm) == {}
    (transfer,) = sandbox.store.all("transfer")
    assert (transfer["amount"], transfer["destination"]) == (700, paid_to(farm))
    assert transfer["source_transaction"] == sandbox.store.all("charge")[0]["id"]
    assert transfer["transfer_group"] == str(payable.order_id)
    assert transfer_services.pay_due() == 0
    assert set(ledger_selectors.sum_by_currency().values()) == {0}
    assert drift() == []


@db
@pytest.mark.parametrize(
    ("settlement_policy", "moments"),
    [
        ("paid", []),
        ("shipped", ["shipped"]),
        ("shipped", ["received"]),
        ("received", ["shipped", "received"]),
    ],
)
def test_each_policy_has_its_moment(
    farm: Supplier, monkeypatch: pytest.MonkeyPatch, settlement_policy: str, moments: list[str]
) -> None:
    monkeypatch.setattr(
        queues.OUTBOX, "handlers", defaultdict(list)
    )  # the shop listens too, and there is no shop
    handlers.register()
    payable = sell(farm, settlement_policy=settlement_policy)
    for moment in moments:
        assert state(payable) == State.WAITING
        with transaction.atomic():
            topic, order = f"supplier_order.{moment}", str(payable.supplier_order_id)
            outbox.emit(topic, {"supplier_order_id": order, "order_id": str(payable.order_id)})
        outbox.relay()
    assert state(payable) == State.DUE
    assert transfer_services.pay_due() == 1


@db
def test_what_partners_prepaid_goes_in_one_transfer(farm: Supplier, sandbox: RunningSandbox) -> None:
    sell(farm, 5000)  # money that is there: a partner's order is paid from a balance filled before
    payables = [sell(farm, amount, prepaid=True) for amount in (200, 300)]
    for payable in payables:
        ship(payable)
    assert transfer_services.pay_due() == 1
    (transfer,) = sandbox.store.all("transfer")
    assert (transfer["amount"], transfer["source_transaction"]) == (500, None)


@db
def test_without_money_at_the_gateway_it_is_owed_again_and_tried_later(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    payable = sell(farm, 900, prepaid=True)
    ship(payable)
    transfer_services.pay_due()
    failed = Payout.objects.get()
    assert failed.state == Payout.State.FAILED
    assert failed.last_error.startswith("balance_insufficient")
    payable.refresh_from_db()
    assert (payable.state, payable.payout) == (State.DUE, None)
    assert payable.problem == failed.last_error
    assert held(farm) == {"supplier_payable": 900}
    sell(farm, 5000)
    assert transfer_services.pay_due() == 0, "held for a while"
    with later(minutes=5):
        assert transfer_services.pay_due() == 1
    assert state(payable) == State.PAID
    assert held(farm) == {"supplier_payable": 5000}


@db
def test_a_supplier_without_an_account_waits(db: None, purpose: None, sandbox: RunningSandbox) -> None:
    supplier = make_supplier("new")
    payable = sell(supplier)
    ship(payable)
    assert transfer_services.pay_due() == 0
    payout_account_services.open_account(owner=payout_account_services.supplier_owner(supplier), country="CN")
    assert transfer_services.pay_due() == 1
    assert state(payable) == State.PAID


@db
def test_nothing_goes_to_a_disabled_account(farm: Supplier, sandbox: RunningSandbox) -> None:
    url = f"{sandbox.url}/sandbox/accounts/{paid_to(farm)}/disable"
    requests.post(url, timeout=60).raise_for_status()
    payable = sell(farm)
    ship(payable)
    transfer_services.pay_due()
    payable.refresh_from_db()
    assert payable.problem.startswith("insufficient_capabilities")
    assert held(farm) == {"supplier_payable": 700}


@db
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_line_that_breaks_pays_once(
    farm: Supplier, sandbox: RunningSandbox, moment: str, hours: int
) -> None:
    payable = sell(farm)
    ship(payable)
    sandbox.break_next("/v1/transfers", moment)
    transfer_services.pay_due()
    assert held(farm) == {"withdrawal_in_flight": 700}
    with later(hours=hours, minutes=2):
        assert transfer_services.pay_due() == 1
    assert state(payable) == State.PAID
    assert sandbox.count("transfer") == 1
    assert held(farm) == {}


@db
def test_a_crash_after_the_row_and_before_the_call_is_made_good(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    ship(sell(farm))
    (requested,) = payable_services.request_due()
    assert (requested.state, sandbox.count("transfer")) == (Payout.State.REQUESTED, 0)
    assert transfer_services.pay_due() == 1
    assert Payout.objects.get().state == Payout.State.PAID


@db
def test_a_crash_after_the_call_is_made_good_by_the_event(farm: Supplier, sandbox: RunningSandbox) -> None:
    payable = sell(farm)
    ship(payable)
    (requested,) = payable_services.request_due()
    transfer_services.TRANSFER_CALL.request(requested)  # and then the process dies
    sandbox.deliver_all("transfer.")
    assert inbox.handle_waiting() == 1
    assert state(payable) == State.PAID
    assert transfer_services.pay_due() == 0
    assert sandbox.count("transfer") == 1


@db
def test_another_amount_is_not_taken_for_paid(farm: Supplier, caplog: pytest.LogCaptureFixture) -> None:
    payable = sell(farm)
    ship(payable)
    (requested,) = payable_services.request_due()
    wrong = Move(id="tr_1", status=MoveStatus.SUCCEEDED, amount=699, currency="CNY")
    with transaction.atomic():
        payout = transfer_services.apply_transfer(payout_id=requested.id, move=wrong)
    assert (payout.state, payout.last_error) == (Payout.State.SENT, "the gateway sent 699 CNY")
    assert state(payable) == State.IN_PAYOUT
    assert "another amount" in caplog.text


@db
def test_a_refund_before_payout_cancels_what_is_owed(farm: Supplier, sandbox: RunningSandbox) -> None:
    payable = sell(farm)
    ship(payable)
    give_back(payable)
    give_back(payable)
    assert state(payable) == State.CANCELLED
    assert held(farm) == {}
    assert transfer_services.pay_due() == 0
    assert sandbox.count("transfer") == 0


@db
def test_a_refund_after_payout_is_netted_from_what_comes_next(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    first = sell(farm, 700)
    ship(first)
    transfer_services.pay_due()
    give_back(first)
    give_back(first)
    assert held(farm) == {"supplier_receivable": -700}
    ship(sell(farm, 500))
    transfer_services.pay_due()
    netted = Payout.objects.latest("id")
    assert (netted.gross, netted.netted, netted.amount, netted.state) == (500, 500, 0, Payout.State.PAID)
    assert held(farm) == {"supplier_receivable": -200}
    ship(sell(farm, 900))
    transfer_services.pay_due()
    assert held(farm) == {}
    assert [row["amount"] for row in sandbox.store.all("transfer")] == [700, 700]
    assert drift() == []


@db
def test_a_refund_while_the_payout_is_on_its_way(farm: Supplier, sandbox: RunningSandbox) -> None:
    payable = sell(farm)
    ship(payable)
    sandbox.break_next("/v1/transfers")
    transfer_services.pay_due()
    give_back(payable)
    assert held(farm) == {"withdrawal_in_flight": 700, "supplier_receivable": -700}
    with later(minutes=2):
        transfer_services.pay_due()
    assert held(farm) == {"supplier_receivable": -700}


@db
def test_a_refund_and_then_the_payout_is_refused(farm: Supplier) -> None:
    payable = sell(farm)
    ship(payable)
    (requested,) = payable_services.request_due()
    give_back(payable)
    with transaction.atomic():
        refuse_transfer(requested, "account closed")
    assert state(payable) == State.CANCELLED
    assert held(farm) == {}, "nothing was sent, nothing is owed by either"


@db
def test_a_refund_on_its_way_is_no_debt_until_the_money_was_sent(farm: Supplier) -> None:
    """Netted too early, the supplier would have lost the second order's money when the first is refused."""
    first = sell(farm, 700)
    ship(first)
    (requested,) = payable_services.request_due()
    give_back(first)
    ship(sell(farm, 700))
    (second,) = payable_services.request_due()
    assert (second.netted, second.amount) == (0, 700)
    with transaction.atomic():
        refuse_transfer(requested, "account closed")
    transfer_services.pay_due()
    assert held(farm) == {}
    assert state(first) == State.CANCELLED
    assert drift() == []


@db
def test_one_supplier_with_wrong_books_does_not_keep_others_from_their_money(farm: Supplier) -> None:
    other = make_supplier("mill")
    payout_account_services.open_account(owner=payout_account_services.supplier_owner(other), country="CN")
    first, second = sorted((farm, other), key=lambda supplier: supplier.id)
    (unbooked,) = payable_services.record_payables(
        tenant_id=TENANT,
        order_id=new_id(),
        currency="CNY",
        payment_id=None,
        owed=[payable_services.Owed(first.id, new_id(), 5_000, "paid")],
    )
    payable = sell(second)
    ship(payable)
    assert transfer_services.pay_due() == 1
    assert state(payable) == State.PAID
    assert state(unbooked) == State.DUE


@db
def test_an_event_of_a_transfer_made_by_hand_is_put_aside(
    farm: Supplier, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sell(farm, 5_000)
    gateway().transfer(
        amount=100,
        currency="CNY",
        destination=paid_to(farm),
        group="",
        source="",
        reference="invoice 7",
        key="by hand",
    )
    sandbox.deliver_all("transfer.")
    assert inbox.handle_waiting() == 1
    assert "past us" in caplog.text


@db
@pytest.mark.parametrize("amount", [-1, 10**16, 1.5])
def test_an_impossible_payable_is_refused(farm: Supplier, amount: int) -> None:
    with pytest.raises(InvalidInput):
        payable_services.record_payables(
            tenant_id=TENANT,
            order_id=new_id(),
            currency="CNY",
            payment_id=None,
            owed=[payable_services.Owed(farm.id, new_id(), amount, "paid")],
        )
    assert Payable.objects.count() == 0


@db
def test_an_account_is_opened_once(farm: Supplier, sandbox: RunningSandbox) -> None:
    first, owner = paid_to(farm), payout_account_services.supplier_owner(farm)
    assert payout_account_services.open_account(owner=owner, country="CN").external_id == first
    # The process died before it wrote the answer down.
    PayoutAccount.objects.update(external_id=None, state="pending")
    assert payout_account_services.open_account(owner=owner, country="CN").external_id == first
    assert sandbox.count("account") == 1
    assert AuditEntry.objects.filter(action="payout_account.opened").count() == 2


@pytest.mark.slow
def test_sweepers_side_by_side_pay_once(
    own_database: str, purpose: None, sandbox: RunningSandbox, settings: LazySettings
) -> None:
    farm = make_supplier()
    payout_account_services.open_account(owner=payout_account_services.supplier_owner(farm), country="CN")
    for payable in [sell(farm, 100) for _order in range(6)]:
        ship(payable)
    results = at_once(*[payable_services.request_due] * 6, atomic=False)
    assert all(isinstance(result, list) for result in results), results
    assert Payout.objects.count() == 6
    assert held(farm) == {"withdrawal_in_flight": 600}
    at_once(*[transfer_services.pay_due] * 4, atomic=False)
    assert sandbox.count("transfer") == 6
    assert held(farm) == {}
    assert drift() == []
