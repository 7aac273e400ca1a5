"""On to the bank: in minutes where the bank takes that, in days elsewhere, and followed until it is there."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import roles
from billing.payments.gateway import Move, MoveStatus, PayeeBalance, PayoutMethod, gateway
from billing.payments.sandbox.stripe.connect.payouts import CLOSED
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.bank_payouts import selectors as bank_payout_selectors
from billing.payouts.bank_payouts import services as bank_payout_services
from billing.payouts.halts import services as halt_services
from billing.payouts.models import BankPayout, Payout, PayoutAccount
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from billing.watch import stuck
from catalog.models import Supplier
from kernel import clock, metrics
from kernel.ids import new_id
from tests.ledger.test_commits import at_once
from tests.payouts.conftest import days_later, deliver, paid_to, sell, ship
from tests.payouts.people import fill
from tests.support.build import make_supplier, make_user
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

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
    days_later(sandbox, seconds=60)
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.state, bank_payout.amount) == ("instant", "paid", 500)
    assert bank_payout.arrived_at is not None
    (payout,) = sandbox.store.all("payout", paid_to(farm))
    assert (payout["method"], payout["amount"], payout["metadata"]["reference"]) == (
        "instant",
        500,
        str(bank_payout.id),
    )
    assert Payout.objects.get().bank_payout == bank_payout


@db
def test_elsewhere_a_standard_payout_is_made_and_followed_until_it_is_there(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    fill(sandbox, 10_000)
    sold_and_paid(farm, 200, 300)
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.state, bank_payout.amount) == ("standard", "sent", 500)
    (payout,) = sandbox.store.all("payout", paid_to(farm))
    assert (payout["method"], payout["amount"], payout["status"]) == ("standard", 500, "pending")
    assert bank_payout.arrives_at is not None
    assert bank_payout.arrives_at.timestamp() == payout["arrival_date"]
    transfer_services.pay_due()
    assert BankPayout.objects.count() == 1
    for days, state in ((1, "sent"), (1, "paid")):
        days_later(sandbox, days)
        bank_payout.refresh_from_db()
        assert bank_payout.state == state
    assert bank_payout.arrived_at is not None
    assert bank_payout_selectors.overdue() == []


@db
def test_without_a_word_of_it_the_sweeper_learns_that_it_is_there(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    fill(sandbox, 10_000)
    sold_and_paid(farm, 500)
    sandbox.control("clock", days="2")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        transfer_services.pay_due()
    assert BankPayout.objects.get().state == "paid"


@db
def test_what_has_not_arrived_at_the_payment_service_waits_for_it(
    farm: Supplier, sandbox: RunningSandbox
) -> None:
    """A transfer that draws on a young charge is there when the charge is."""
    charges_take_days(sandbox)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    ship(sell(farm, 700))
    transfer_services.pay_due()
    assert (Payout.objects.get().state, BankPayout.objects.count()) == ("paid", 0)
    sandbox.control("clock", days="2")
    transfer_services.pay_due()
    bank_payout = BankPayout.objects.get()
    assert (bank_payout.method, bank_payout.amount, bank_payout.state) == ("instant", 700, "sent")


@db
@pytest.mark.parametrize(("own_money", "methods"), [(10_000, ["instant"]), (0, [])])
@pytest.mark.slow
def test_prefunded_it_can_be_there_at_once(
    farm: Supplier, sandbox: RunningSandbox, settings: LazySettings, own_money: int, methods: list[str]
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
    assert [*BankPayout.objects.values_list("method", flat=True)] == methods


def fails_at_once(farm: Supplier, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> BankPayout:
    """A bank of which the payment service thought that it takes instant payouts."""
    fill(sandbox, 10_000)
    instant = PayeeBalance(available=10_000, instant=10_000)
    monkeypatch.setattr(type(gateway()), "payee_balance", lambda *_: instant)
    sold_and_paid(farm, 500)
    return BankPayout.objects.get()


@db
def test_a_failed_instant_payout_goes_out_as_a_standard_one(
    farm: Supplier, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank_payout = fails_at_once(farm, sandbox, monkeypatch)
    assert (bank_payout.method, bank_payout.state) == ("instant", "failed")
    assert bank_payout.last_error.startswith("instant_payouts_unsupported")
    transfer_services.pay_due()
    bank_payout.refresh_from_db()
    anew = bank_payout.replaced_by
    assert anew is not None
    assert (anew.method, anew.state, anew.amount) == ("standard", "sent", 500)
    assert Payout.objects.get().bank_payout == anew
    days_later(sandbox, 2)
    anew.refresh_from_db()
    assert anew.state == "paid"
    transfer_services.pay_due()
    assert BankPayout.objects.count() == 2


@db
@pytest.mark.parametrize("days", [0, 2], ids=["on its way", "after it had arrived"])
def test_what_a_bank_gives_back_goes_to_the_next_account_that_the_payee_names(
    farm: Supplier, sandbox: RunningSandbox, days: int
) -> None:
    fill(sandbox, 10_000)
    sold_and_paid(farm, 500)
    bank_payout = BankPayout.objects.get()
    if days:
        days_later(sandbox, days)
    sandbox.control(f"payouts/{bank_payout.external_id}/fail")
    deliver(sandbox)
    bank_payout.refresh_from_db()
    assert (bank_payout.state, bank_payout.last_error) == ("failed", "The bank account has been closed.")
    (overdue,) = bank_payout_selectors.overdue()
    assert (overdue.id, overdue.amount) == (bank_payout.id, 500)
    (item,) = stuck.overdue_items()
    assert "500" not in item.subject, "an amount of money, not of minor units"
    transfer_services.pay_due()
    assert BankPayout.objects.count() == 1, "the payment service pays nothing to a closed account"
    sandbox.control(f"accounts/{paid_to(farm)}/bank", number="000999999991")
    deliver(sandbox)
    transfer_services.pay_due()
    bank_payout.refresh_from_db()
    assert bank_payout.replaced_by is not None
    assert bank_payout_selectors.overdue() == []
    days_later(sandbox, 2)
    assert Payout.objects.get().bank_payout == bank_payout.replaced_by
    assert BankPayout.objects.get(replaces=bank_payout).state == "paid"


@db
def test_a_bank_that_is_closed_gives_it_back_on_its_day(farm: Supplier, sandbox: RunningSandbox) -> None:
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/bank", number=CLOSED)
    sold_and_paid(farm, 500)
    days_later(sandbox, 1)
    assert BankPayout.objects.get().state == "sent"
    days_later(sandbox, 1)
    assert BankPayout.objects.get().state == "failed"
    account = payout_account_services.account_of("supplier", farm.id)
    assert account is not None
    assert (account.state, account.requirements) == ("restricted", ["external_account"])


def central_page(address: str) -> str:
    """What the central team sees."""
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    person = make_user(f"{new_id()}@central.test", role=roles.CENTRAL_STAFF)
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return str(client.get(address).content.decode())


@db
def test_what_is_not_there_by_its_day_is_said(farm: Supplier, sandbox: RunningSandbox) -> None:
    fill(sandbox, 10_000)
    sold_and_paid(farm, 500)
    bank_payout = BankPayout.objects.get()
    assert bank_payout.arrives_at is not None
    for late, count in ((timedelta(hours=23), 0), (timedelta(hours=25), 1)):
        with time_machine.travel(bank_payout.arrives_at + late):
            assert len(bank_payout_selectors.overdue()) == count
            assert metrics.value("bank_payouts_overdue") == count
            pages = [central_page("/console/"), central_page("/console/stuck/")]
            assert ["has not arrived" in page for page in pages] == [bool(count)] * 2


@db
def test_what_never_goes_on_is_said_as_well(farm: Supplier, sandbox: RunningSandbox) -> None:
    charges_take_days(sandbox)
    ship(sell(farm, 700))
    transfer_services.pay_due()
    assert BankPayout.objects.count() == 0
    for days, count in ((7, 0), (9, 1)):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            assert len(bank_payout_selectors.overdue()) == count


@db
def test_what_the_payee_takes_out_there_is_not_sent_again(farm: Supplier, sandbox: RunningSandbox) -> None:
    """An account's owner may pay themselves at the payment service: that is a payout like any other."""
    charges_take_days(sandbox)
    ship(sell(farm, 700))
    ship(sell(farm, 500))
    transfer_services.pay_due()
    sandbox.control("clock", days="2")
    provider, account = gateway(), paid_to(farm)
    provider.payout(
        account=account,
        amount=900,
        currency="CNY",
        method=PayoutMethod.STANDARD,
        reference="by hand",
        key="x",
    )
    deliver(sandbox)
    deliver(sandbox)
    foreign = BankPayout.objects.get()
    assert (foreign.amount, foreign.state) == (900, "sent")
    transfer_services.pay_due()
    first, second = Payout.objects.order_by("id")
    assert first.bank_payout == foreign
    assert second.bank_payout is not None
    assert second.bank_payout.amount == 300, "the rest"
    days_later(sandbox, 2)
    assert {*BankPayout.objects.values_list("state", flat=True)} == {"paid"}
    assert sum(payout["amount"] for payout in sandbox.store.all("payout", account)) == 1_200


def transferred(supplier: Supplier, account: PayoutAccount, amount: int) -> None:
    """A payout in forints that lies on the payee's account."""
    Payout.objects.create(
        supplier=supplier,
        destination=account.external_id,
        currency="HUF",
        gross=amount,
        amount=amount,
        state=Payout.State.PAID,
        paid_at=clock.now(),
    )


@db
@given(
    steps=st.lists(
        st.tuples(st.lists(st.integers(1, 100_000), max_size=3), st.integers(-5_000, 300_000)), max_size=5
    )
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_however_small_the_steps_everything_arrives_once(
    world: World,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[list[int], int]],
) -> None:
    """Forints go to banks in whole units only: what is left behind goes along with the next payout."""
    account = PayoutAccount.objects.create(
        owner_kind="supplier", owner_id=new_id(), external_id=f"acct_{new_id()}", state="able"
    )
    owed = 0

    def sent() -> list[int]:
        return [*BankPayout.objects.filter(account=account).values_list("amount", flat=True)]

    monkeypatch.setattr(
        type(gateway()),
        "payout",
        lambda _self, *, amount, currency, reference, **_rest: Move(
            f"po_{reference}", MoveStatus.PENDING, amount, currency, reference=reference
        ),
    )
    for amounts, there in [*steps, ([50], 10**9), ([], 10**9)]:
        for amount in amounts:
            transferred(world.farm, account, amount)
        owed += sum(amounts)
        before = sum(sent())
        balance = PayeeBalance(there, 0)
        monkeypatch.setattr(type(gateway()), "payee_balance", lambda *_, balance=balance: balance)
        bank_payout_services.send_on()
        assert sum(sent()) - before <= max(0, there)
    assert all(amount % 100 == 0 for amount in sent())
    assert 0 <= owed - sum(sent()) < 100


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
    assert BankPayout.objects.get().state == "sent"
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
    payout_account_services.open_account(owner=payout_account_services.supplier_owner(farm), country="CN")
    fill(sandbox, 10_000)
    sandbox.control(f"accounts/{paid_to(farm)}/instant")
    for amount in (100, 200, 300):
        ship(sell(farm, amount, prepaid=True))
    at_once(*[transfer_services.pay_due] * 4, atomic=False)
    transfer_services.pay_due()
    payouts = sandbox.store.all("payout", paid_to(farm))
    assert sum(payout["amount"] for payout in payouts) == 600
    assert sum(BankPayout.objects.values_list("amount", flat=True)) == 600
