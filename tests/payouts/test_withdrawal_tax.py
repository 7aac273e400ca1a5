"""What is withheld of a withdrawal, and the invoice that a company gives for it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from billing.ledger.models import AccountKind
from billing.payouts.accounts.payees import Payee
from billing.payouts.models import Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import services as withdrawal_services
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from tests.payouts.people import Shop, ask, bob, boss, earn, wallet_of
from tests.support.books import drift
from tests.support.refused import refused_by

db = pytest.mark.django_db
State = Withdrawal.State
JANUARY = datetime(2027, 1, 15, 4, tzinfo=UTC)


@db
def test_tax_is_counted_over_the_year_and_per_shop(shop: Shop) -> None:
    user, owner = bob(shop, 100_000_000), boss()
    taxes = []
    with time_machine.travel(JANUARY) as clockwork:
        for month in range(3):
            clockwork.move_to(JANUARY + timedelta(days=31 * month))
            withdrawal = ask(shop, user, 5_000_000)
            withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id)
            taxes.append(withdrawal.tax)
            transfer_services.pay_due()
        assert taxes == [105_000, 343_000, 350_000]
        assert wallet_of(shop, user.pk)["tax_withheld"] == sum(taxes)
        assert withdrawal.tax_basis["income"] == 15_000_000
        clockwork.move_to(datetime(2027, 12, 31, 16, 30, tzinfo=UTC))  # New Year in Shanghai
        assert ask(shop, user, 5_000_000).tax == 105_000
    assert drift() == []


@db
@pytest.mark.parametrize(
    ("payee", "fields"),
    [
        (Payee("Bob", "bob@example.test", withholds_tax=False), {}),
        (
            Payee("Bob Ltd", "bob@example.test", is_company=True),
            {"invoice_number": "INV-1", "wallet": AccountKind.SERVICE_FEE_PAYABLE},
        ),
        (Payee("Bob", "bob@example.test"), {"currency": "USD"}),
    ],
)
def test_nothing_is_withheld_where_nothing_is_due(shop: Shop, payee: Payee, fields: dict[str, str]) -> None:
    user = bob(shop)
    shop.people[user.pk] = payee
    for wallet in (AccountKind.COMMISSION_PAYABLE, AccountKind.SERVICE_FEE_PAYABLE):
        earn(shop, user.pk, 5_000_000, wallet=wallet, currency=fields.get("currency", "CNY"))
    withdrawal = ask(shop, user, 5_000_000, **fields)
    assert (withdrawal.tax, withdrawal.net, withdrawal.tax_basis) == (0, 5_000_000, {})


@db
def test_a_company_is_paid_against_its_invoice(shop: Shop) -> None:
    user = bob(shop)
    shop.people[user.pk] = Payee("Bob Ltd", "bob@example.test", is_company=True)
    earn(shop, user.pk, 50_000, wallet=AccountKind.SERVICE_FEE_PAYABLE)
    with pytest.raises(InvalidInput, match="invoice"):
        ask(shop, user, 20_000)
    withdrawal = ask(shop, user, 20_000, "k", invoice_number=" INV-7 ")
    assert ask(shop, user, 20_000, "k", invoice_number="INV-7").id == withdrawal.id
    with pytest.raises(Conflict, match="key"):
        ask(shop, user, 20_000, "k", invoice_number="INV-8")
    assert (withdrawal.wallet, withdrawal.invoice_number) == ("service_fee_payable", "INV-7")
    with pytest.raises(InvalidInput, match="paid already"):
        ask(shop, user, 20_000, invoice_number="INV-7")
    assert wallet_of(shop, user.pk)["service_fee_payable"] == 30_000


@db
def test_one_invoice_twice_is_refused_by_the_database_too(shop: Shop) -> None:
    user = bob(shop)
    shop.people[user.pk] = Payee("Bob Ltd", "bob@example.test", is_company=True)
    earn(shop, user.pk, 50_000, wallet=AccountKind.SERVICE_FEE_PAYABLE)
    withdrawal = ask(shop, user, 20_000, invoice_number="INV-7")
    withdrawal.id, withdrawal.idempotency_key = new_id(), "other"
    with refused_by("withdrawal_invoice_once"), transaction.atomic():
        withdrawal.save(force_insert=True)
