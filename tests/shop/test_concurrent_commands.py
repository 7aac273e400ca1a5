"""Commands about one order at the same moment: none waits for another for good, and the books hold."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction

from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import DisputeStatus, ProviderDispute
from billing.payments.models import Payment, Refund
from billing.payouts.models import Payable, Payout, PayoutAccount
from billing.payouts.payables import services as payable_services
from billing.watch import checks
from kernel.errors import BanyanError
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from tenants.agents.earnings import selectors as earning_selectors
from tenants.agents.earnings import services as earning_services
from tenants.shop.models import Order
from tenants.shop.refunds import services as refund_services
from tests.payouts.conftest import refuse_transfer
from tests.support.books import drift
from tests.support.world import World

ROUNDS = 6
numbers = count()


@pytest.mark.slow
def test_everything_at_once_neither_waits_for_good_nor_breaks_the_books(
    own_database: str, world: World, committed_order: Order
) -> None:
    """Refunds, payouts that fail, earnings due or under review, and disputes, all about one order."""
    tenant, order_id = world.tenant, committed_order.id
    Payment.objects.update(external_id="pi_x", charge_id="ch_x")
    Payable.objects.update(state="due")
    for supplier_id in set(Payable.objects.values_list("supplier_id", flat=True)):
        PayoutAccount.objects.create(
            owner_kind="supplier",
            owner_id=supplier_id,
            tenant_id=NO_ONE,
            external_id=f"acct_{supplier_id}",
            state="able",
        )

    def refund() -> None:
        with transaction.atomic():
            row = refund_services.request_refund(
                order_id=order_id,
                reason="",
                acting_user="test",
                idempotency_key=str(next(numbers)),
                amount=500,
            )
            refund_services.mark_refunded(Refund.objects.get(id=row.payment_refund_id))

    def refuse_payouts() -> None:
        for payout in Payout.objects.filter(state="requested"):
            with transaction.atomic():
                refuse_transfer(payout, "closed")
        # One by one: a statement of the test's own about several rows would lock them in no order.
        for key in Payable.objects.values_list("id", flat=True):
            Payable.objects.filter(id=key).update(retry_at=None)

    def let_fall_due() -> None:
        with transaction.atomic():
            earning_services.start_holding_period(order_id=order_id)

    def review() -> None:
        about: dict[str, Any] = {
            "earning_ids": earning_selectors.ids_of(order_id),
            "reason": "x",
            "acting_user": "test",
        }
        with transaction.atomic():
            earning_services.put_under_review(**about)
        with transaction.atomic():
            earning_services.end_review(**about)

    def dispute() -> None:
        number = f"du_{next(numbers)}"
        for status, withdrawn in ((DisputeStatus.NEEDS_RESPONSE, 700), (DisputeStatus.WON, 0)):
            with transaction.atomic():
                dispute_services.apply_dispute(
                    ProviderDispute(number, "ch_x", "pi_x", 700, "CNY", status, "", withdrawn=withdrawn)
                )

    wrong: list[Exception] = []

    def run(command: Callable[[], object]) -> None:
        for _round in range(ROUNDS):
            try:
                with in_tenant(tenant):
                    command()
            except BanyanError:
                continue
            except Exception as error:
                wrong.append(error)
        connection.close()

    commands = [
        refund,
        refund,
        payable_services.request_due,
        refuse_payouts,
        let_fall_due,
        review,
        dispute,
        dispute,
    ]
    threads = [threading.Thread(target=run, args=[command]) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert drift() == []
    with in_public(), transaction.atomic():
        # No gateway has sent these refunds, so there are no rows that say so.
        differing = [name for name, check in checks.registered().items() if list(check(None))]
    assert differing == []
    assert Refund.objects.exists()
    assert Payout.objects.filter(state="failed").exists()
