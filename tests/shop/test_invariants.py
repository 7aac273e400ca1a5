"""The tenants' schemas beside the ledger: whatever is wrong there is found, in any of several tenants."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from billing.payouts.withdrawals import services as withdrawal_services
from billing.watch import checks, sweeping
from billing.watch.models import Finding
from kernel import clock
from kernel.tenancy import in_public
from tenants.agents.models import Earning
from tenants.shop import invariants
from tenants.shop.refunds import services as refund_services
from tests.shop.test_commission_life import arrive, relay
from tests.support.build import make_tenant
from tests.support.purchases import fill_cart, pay, place
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

LEDGER = "ALTER TABLE ledger_{0} DISABLE TRIGGER USER; "

# check -> what somebody with all rights might do, in the tenant's schema or in the ledger
WRONGS = {
    "shop.paid_is_booked": [
        LEDGER.format("transfer") + "UPDATE ledger_transfer SET subject_id = NULL WHERE kind = 'order.paid'",
        "UPDATE shop_order SET goods = goods + 1, total = total + 1 WHERE paid_at IS NOT NULL",
    ],
    "shop.earnings_are_booked": [
        "UPDATE agents_earning SET amount = amount + 1 WHERE state = 'pending' AND payee_id IS NOT NULL",
        "UPDATE agents_earning SET amount = amount + 1 WHERE state = 'payable'",
        "UPDATE agents_earning SET state = 'refused', released_at = NULL WHERE payee_id IS NOT NULL",
        "DELETE FROM agents_earning WHERE payee_id IS NOT NULL AND state = 'pending'",
        LEDGER.format("entry") + "UPDATE ledger_entry SET amount = amount + 1 FROM ledger_account account"
        " WHERE account.id = account_id AND account.kind = 'commission_pending' AND amount > 0",
    ],
    "shop.campaigns_add_up": [
        "INSERT INTO catalog_allocation (id, tenant_id, campaign_id, variant_id, sellers, units, own, open,"
        " reserved, sold, returned, starts_at, ends_at, matrix_until)"
        " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), variant_id, '{}', 1, 1, 0, 0, 0, 0,"
        " now(), now(), now() + interval '1 month' FROM catalog_stock WHERE available > 0 LIMIT 1;"
        " UPDATE catalog_allocation SET own = 0, reserved = 1",
    ],
    "shop.subsidies_are_claimed": [
        "INSERT INTO shop_redpacketbatch (id, budget_id, name, code, audience, origin_code, amount,"
        " min_spend, issued, number, handed_out, expires_at, created_by) VALUES (gen_random_uuid(),"
        " gen_random_uuid(), 'x', 'x', 'link', '', 1, 2, 1, 1, 0, now(), 'x')",
    ],
}


@pytest.fixture
def trade(shop: World, sandbox: RunningSandbox) -> Iterator[World]:
    """One order is payable and partly refunded since, with a withdrawal between; one waits."""
    with time_machine.travel(clock.now(), tick=True) as traveller:
        first = pay(place(shop, fill_cart(shop)))
        arrive(first)
        traveller.shift(timedelta(days=8))
        relay()
        for person in (shop.alice, shop.bob):
            owner = AccountOwner(
                PayoutAccount.OwnerKind.MEMBER, person.pk, shop.tenant.id, person.email, person.email
            )
            with in_public():
                payout_account_services.open_account(owner=owner, country="CN")
        withdrawal_services.request(
            tenant=shop.tenant, owner_id=shop.bob.pk, currency="CNY", amount=1_000, acting_user=shop.bob,
            idempotency_key="w",
        )  # fmt: skip
        refund_services.refund_order(
            order_id=first.id,
            reason="x",
            acting_user=shop.alice,
            idempotency_key="r",
            amount=9_000,
        )
        pay(place(shop, fill_cart(shop)))
        with in_public():
            make_tenant("charlie.localhost")
        assert set(Earning.objects.filter(payee__isnull=False).values_list("state", flat=True)) == {
            "pending",
            "payable",
        }
        yield shop


def look() -> Any:
    with in_public():
        return sweeping.sweep()


def test_after_trade_nothing_differs(trade: World) -> None:
    assert look().differences == 0, list(Finding.objects.values())


def test_every_check_has_wrongs() -> None:
    assert {name for name in checks.registered() if name.startswith("shop.")} == set(WRONGS)


@pytest.mark.parametrize(
    ("name", "wrong"), [(name, wrong) for name, wrongs in WRONGS.items() for wrong in wrongs]
)
def test_it_finds_what_it_promises(trade: World, name: str, wrong: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {wrong}")
    assert look().differences >= 1
    with in_public():
        findings = Finding.objects.filter(check_name=name)
        assert findings
        assert all(finding.facts for finding in findings)


def test_one_statement_a_batch_of_schemas(trade: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def statements() -> int:
        with in_public(), CaptureQueriesContext(connection) as run:
            list(checks.registered()["shop.earnings_are_booked"](None))
        return sum("agents_earning" in query["sql"] for query in run)

    assert statements() == 1, "for both tenants"
    monkeypatch.setattr(invariants, "SCHEMAS", 1)
    assert statements() == 2
