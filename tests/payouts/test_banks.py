"""On to the bank: in minutes where the bank takes that, by the standard timetable elsewhere; prefunding."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings

from billing.payouts.accounts import services as payout_account_services
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.halts import services as halt_services
from billing.payouts.models import BankPayout, Payout
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel import clock
from kernel.events import inbox
from tests.ledger.test_commits import at_once
from tests.payouts.conftest import paid_to, sell, ship
from tests.payouts.people import fill
from tests.support.build import make_supplier
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db


def sold_and_paid(supplier: Supplier, *amounts: int) -> None:
    """Orders paid from a prepaid balance, all shipped and paid out."""
    for amount in amounts:
        ship(sell(supplier, amount, prepaid=True))
    transfer_services.pay_due()


def charges_take_days(sandbox: RunningSandbox) -> None:
    """Let the money of a charge arrive two days after it, as it does at Stripe."""
    sandbox.sandbox.options = replace(sandbox.sandbox.options, available_after=2 * 86_400)


@db
def test_where_the_bank_takes_it_the_money_is_there_at_once(farm: Supplier, sandbox: RunningSandbox) -> None:
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    sold_and_paid(farm, 200, 300)
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.state, bank_payout.amount) == ("instant", "paid", 500)
    (payout,) = sandbox.store.all("payout", paid_to(farm))
    assert (payout["method"], payout["amount"], payout["metadata"]["reference"]) == (
        "instant",
        500,
        str(bank_payout.id),
    )
    assert Payout.objects.get().bank_payout == bank_payout


@db
def test_elsewhere_it_follows_the_timetable_and_nothing_is_asked(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    fill(sandbox, 10_000)
    sold_and_paid(farm, 200, 300)
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.state, bank_payout.amount) == ("standard", "scheduled", 500)
    assert sandbox.store.all("payout", paid_to(farm)) == []
    transfer_services.pay_due()
    assert BankPayout.objects.count() == 1


@db
def test_what_has_not_arrived_cannot_go_on_at_once(farm: Supplier, sandbox: RunningSandbox) -> None:
    """A transfer that draws on a young charge is there when the charge is."""
    charges_take_days(sandbox)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    ship(sell(farm, 700))
    transfer_services.pay_due()
    assert BankPayout.objects.get().method == "standard"


@db
@pytest.mark.parametrize(("own_money", "method"), [(10_000, "instant"), (0, "standard")])
def test_prefunded_it_can_be_there_at_once(
    farm: Supplier, sandbox: RunningSandbox, settings: LazySettings, own_money: int, method: str
) -> None:
    settings.PAYOUT_PREFUND = True
    charges_take_days(sandbox)
    if own_money:
        fill(sandbox, own_money)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    ship(sell(farm, 700))
    transfer_services.pay_due()
    transfer_services.pay_due()
    payout = Payout.objects.get()
    assert (payout.state, payout.is_prefunded) == ("paid", bool(own_money))
    (transfer,) = sandbox.store.all("transfer")
    assert bool(transfer["source_transaction"]) is not bool(own_money)
    assert BankPayout.objects.get().method == method


@db
def test_a_bank_that_refuses_leaves_it_to_the_timetable(
    farm: Supplier, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sandbox, 10_000)
    monkeypatch.setattr(type(bank_payout_services.gateway()), "instant_available", lambda *_: 10_000)
    sold_and_paid(farm, 500)
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.state) == ("instant", "failed")
    assert bank_payout.last_error.startswith("instant_payouts_unsupported")
    assert Payout.objects.get().state == "paid"


@db
def test_a_bank_that_gives_it_back_is_reported(farm: Supplier, sandbox: RunningSandbox) -> None:
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    sold_and_paid(farm, 500)
    bank_payout = BankPayout.objects.get()
    assert bank_payout.external_id is not None
    sandbox.control(f"payouts/{bank_payout.external_id}/fail")
    sandbox.deliver_all("payout.failed")
    inbox.handle_waiting()
    bank_payout.refresh_from_db()
    assert bank_payout.state == "failed"


@db
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_that_breaks_sends_once(farm: Supplier, sandbox: RunningSandbox, moment: str) -> None:
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    sandbox.break_next("/v1/payouts", moment)
    sold_and_paid(farm, 500)
    assert BankPayout.objects.get().state == "requested"
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        transfer_services.pay_due()
    assert BankPayout.objects.get().state == "paid"
    assert len(sandbox.store.all("payout", paid_to(farm))) == 1


@db
def test_a_halt_stops_this_too(farm: Supplier, sandbox: RunningSandbox) -> None:
    fill(sandbox, 10_000)
    ship(sell(farm, 500, prepaid=True))
    (requested,) = payable_services.request_due()
    transfer_services.send_payout(payout_id=requested.id)
    halt_services.halt("stop", "test")
    bank_payout_services.send_on()
    assert BankPayout.objects.count() == 0


@pytest.mark.slow
def test_sweepers_side_by_side_send_once(own_database: str, purpose: None, sandbox: RunningSandbox) -> None:
    farm = make_supplier()
    payout_account_services.open_account(owner=payout_account_services.supplier_owner(farm))
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    for amount in (100, 200, 300):
        ship(sell(farm, amount, prepaid=True))
    at_once(*[transfer_services.pay_due] * 4, atomic=False)
    transfer_services.pay_due()
    payouts = sandbox.store.all("payout", paid_to(farm))
    assert sum(payout["amount"] for payout in payouts) == 600
    assert sum(BankPayout.objects.values_list("amount", flat=True)) == 600
