"""The sweep finds every wrong that it promises to find, and stops payouts, not sales."""

import re
from uuid import UUID

import pytest
from django.db import connection, transaction

from billing.payments.models import Payment, Refund
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.payouts.models import Payout
from billing.payouts.transfers import services as transfer_services
from billing.watch import checks, sweeping
from billing.watch.models import Finding, Sweep
from catalog.models import Supplier
from central.watch.words import CHECKS
from kernel.errors import InvalidInput
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.payouts.conftest import TENANT, give_back, sell, ship
from tests.payouts.people import Shop
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db
ENTRIES = "ALTER TABLE ledger_entry DISABLE TRIGGER USER; ALTER TABLE ledger_balance DISABLE TRIGGER USER;"
AGAIN = ENTRIES.replace("DISABLE", "ENABLE")
TRANSFERS = "ALTER TABLE ledger_transfer DISABLE TRIGGER USER;"

# check -> what somebody with all rights in the database might do, and what the check must name then
WRONGS = {
    "ledger.sums_are_zero": f"{ENTRIES} UPDATE ledger_entry SET amount = amount + 1 WHERE amount = 300",
    "ledger.legs_are_complete": f"{ENTRIES} DELETE FROM ledger_entry WHERE amount = 300",
    "ledger.balances_are_entries": f"{ENTRIES} UPDATE ledger_balance SET amount = amount + 7",
    "ledger.checkpoints_are_entries": (
        "INSERT INTO ledger_checkpoint (account_id, amount, upto, at)"
        " SELECT id, 5, uuidv7(), now() FROM ledger_account WHERE kind = 'platform_fee'"
    ),
    "payments.paid_is_booked": f"{TRANSFERS} UPDATE ledger_transfer SET subject_id = NULL",
    "payments.refunded_is_refunds": "UPDATE payments_payment SET refunded = 1",
    "payments.refund_is_booked": (
        "INSERT INTO payments_refund (payment_id, amount, currency, requested_by, idempotency_key, state,"
        " reason, last_error, attempts, finished_at, is_unapplied, is_foreign)"
        " SELECT id, 1, 'CNY', 'x', 'x', 'succeeded', '', '', 0, now(), false, false"
        " FROM payments_payment LIMIT 1"
    ),
    "payouts.owed_is_booked": "UPDATE payouts_payable SET amount = amount + 1 WHERE state = 'waiting'",
    "payouts.in_flight_is_booked": "UPDATE payouts_payout SET state = 'sent'",
    "payouts.withdrawn_is_booked": (
        "INSERT INTO payouts_withdrawal (tenant_id, owner_kind, owner_id, payee, wallet, currency,"
        " amount, fee, tax, net, tax_year, tax_month, tax_basis, invoice_number, state, needs_approval,"
        " idempotency_key, requested_by, decided_by_label, reason)"
        " SELECT tenant_id, 'member', id, 'x', 'commission_payable',"
        " 'CNY', 1, 0, 0, 1, 2026, 1, '{}', '', 'requested', false, 'x', id, '', ''"
        " FROM payments_payment LIMIT 1"
    ),
    "payments.disputed_is_booked": (
        "INSERT INTO payments_dispute (payment_id, external_id, amount, currency, reserved, withdrawn, fee,"
        " state, reason, evidence) SELECT id, 'du_x', 1, 'CNY', 0, 1, 0, 'needs_response', '', ''"
        " FROM payments_payment LIMIT 1"
    ),
    "payouts.paid_is_booked": (
        f"{TRANSFERS} UPDATE ledger_transfer SET subject_id = NULL WHERE kind = 'payout.paid'"
    ),
    "payouts.due_by_policy": (
        "UPDATE fulfilment_supplierorder SET state = 'shipped', shipped_at = now() - interval '2 hours'"
    ),
}


@pytest.fixture
def trade(farm: Supplier, sandbox: RunningSandbox) -> Supplier:
    """One order paid out, one refunded, one that waits with its goods sent to nobody yet."""
    done, back, waiting = sell(farm, 700), sell(farm, 900), sell(farm, 500)
    ship(done)
    transfer_services.pay_due()
    give_back(back)
    with connection.cursor() as cursor:
        columns = "id, schema, tenant_id, order_id, number, supplier_id, shop_name, ship_to, currency, cost"
        values = [waiting.supplier_order_id, "t", TENANT, waiting.order_id, "1-A-1", farm.id]
        cursor.execute(
            f"INSERT INTO fulfilment_supplierorder ({columns}, freight, state, delivery, kind)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'x', '{}', 'CNY', 1, 0, 'to_ship', 'parcel', 'sale')",
            values,
        )
    return farm


def of_billing() -> set[str]:
    """The checks of the billing domains; domains above prove their own."""
    return {name for name in checks.registered() if re.match("ledger|payments|payouts", name)}


def test_after_ordinary_trade_nothing_differs(trade: Supplier) -> None:
    done = sweeping.sweep()
    assert (done.differences, done.looked_at, done.since) == (0, len(checks.registered()), None)
    assert not halt_selectors.in_force()
    again = sweeping.sweep()
    assert again.since == done.until - sweeping.OVERLAP, "the next look is at what is new, with an overlap"
    assert again.differences == 0


def test_every_check_has_a_wrong_that_it_finds() -> None:
    assert of_billing() == set(WRONGS)


def test_every_check_has_words_for_people() -> None:
    assert set(checks.registered()) < set(CHECKS), "no page shows the name that only code knows"


@pytest.mark.parametrize("name", WRONGS)
def test_it_finds_what_it_promises(trade: Supplier, name: str) -> None:
    assert sweeping.sweep().differences == 0
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {WRONGS[name]}")
    assert sweeping.sweep().since is not None, "found without looking at everything again"
    findings = Finding.objects.filter(check_name=name)
    assert findings.count() >= 1
    assert all(finding.facts for finding in findings)
    assert f"{name} does not hold" in {halt.reason for halt in halt_selectors.active()}


def test_a_difference_stops_payouts_and_not_sales_until_a_person_lifts_it(trade: Supplier) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"{ENTRIES} UPDATE ledger_balance SET amount = amount + 7; {AGAIN}")
    sweeping.sweep()
    sweeping.sweep()
    (finding,) = Finding.objects.filter(
        check_name="ledger.balances_are_entries", facts__kind="supplier_payable"
    )
    assert finding.facts["balance"] == finding.facts["entries"] + 7
    wrong = [UUID(row.subject) for row in Finding.objects.filter(check_name="ledger.balances_are_entries")]
    payable = sell(trade, 800)
    ship(payable)
    transfer_services.pay_due()
    assert not Payout.objects.filter(gross=800).exists(), "nothing leaves"
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; {ENTRIES}")
        cursor.execute(
            f"UPDATE ledger_balance SET amount = amount - 7 WHERE account_id = ANY(%s); {AGAIN}", [wrong]
        )
    sweeping.sweep()
    assert Finding.objects.filter(closed_at=None).exists(), "a partial look closes nothing"
    sweeping.sweep(whole=True)
    assert not Finding.objects.filter(closed_at=None).exists()
    assert halt_selectors.in_force(), "only a person lets money out again"
    with pytest.raises(InvalidInput):
        halt_services.lift(" ", "Ann")
    halt_services.lift("a test had changed a balance", "Ann")
    transfer_services.pay_due()
    assert Payout.objects.get(gross=800).state == Payout.State.PAID
    assert AuditEntry.objects.filter(action="payouts.lift", actor_label="Ann").exists()


def test_a_check_that_breaks_is_a_difference_itself(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setitem(checks._checks, "broken", checks.by_query("SELECT 1 / 0"))
    assert sweeping.sweep().differences == 1
    assert "division by zero" in Finding.objects.get().facts["problem"]
    assert halt_selectors.in_force()
    assert Sweep.objects.get().finished_at


def test_a_check_cannot_write(monkeypatch: pytest.MonkeyPatch, trade: Supplier) -> None:
    monkeypatch.setitem(checks._checks, "writes", checks.by_query("DELETE FROM payouts_payable RETURNING id"))
    sweeping.sweep()
    assert "read-only" in Finding.objects.get(check_name="writes").facts["problem"]


def test_a_refund_on_its_way_and_an_unpaid_payment_are_no_differences(trade: Supplier) -> None:
    payment = Payment.objects.filter(state=Payment.State.SUCCEEDED).first()
    assert payment is not None
    with transaction.atomic():
        payment_refund_services.request_refund(
            payment_id=payment.id, amount=100, reason="x", acting_user="Ann", idempotency_key="a"
        )
        payment_services.open_payment(
            tenant=Shop(), purpose="test", reference_id=new_id(), amount=500, currency="CNY", description="x"
        )
    assert Refund.objects.get().state == Refund.State.REQUESTED
    assert sweeping.sweep(whole=True).differences == 0
