"""While a halt is in force nothing leaves."""

import pytest

from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.payouts.models import Payable, Payout, Withdrawal
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel.errors import Conflict, InvalidInput
from kernel.ids import new_id
from kernel.models import AuditEntry
from tests.payouts.conftest import sell, ship
from tests.payouts.people import Shop, ask, bob, boss, later
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Withdrawal.State


@db
def test_while_a_halt_is_in_force_nothing_leaves(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 10_000)
    first = halt_services.halt("the books do not add up", "sweep")
    assert halt_services.halt("the books do not add up", "sweep") == first
    halt_services.halt("something else", "somebody")
    transfer_services.pay_due()
    transfer_services.send_payout(payout_id=Payout.objects.get().id)
    assert sandbox.count("transfer") == 0
    with pytest.raises(Conflict, match="paused"):
        ask(shop, user, 10_000)
    with pytest.raises(InvalidInput):
        halt_services.lift("", boss())
    assert halt_services.lift("found and mended", "somebody") == 2
    assert not halt_selectors.in_force()
    with later(minutes=5):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)
    assert AuditEntry.objects.filter(action__startswith="payouts.").count() == 4


@db
def test_a_halt_of_one_shop_stops_its_own_money_only(shop: Shop, sandbox: RunningSandbox) -> None:
    other = Shop(id=new_id())
    user = bob(shop, 50_000)
    withdrawal, stopped = ask(shop, user, 10_000), Payout.objects.get()
    halt_services.halt("its books differ", "sweep", tenant_id=shop.id)
    assert not halt_selectors.in_force()
    assert halt_selectors.in_force(shop.id)
    with pytest.raises(Conflict, match="paused"):
        ask(shop, user, 10_000)
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.REQUESTED, 0)
    halt_selectors.require_none(other.id)
    assert halt_services.lift("mended", boss()) == 1
    assert transfer_services.send_payout(payout_id=stopped.id).state == Payout.State.PAID


@db
@pytest.mark.parametrize("is_concerned", [True, False])
def test_suppliers_are_paid_for_the_orders_of_every_other_shop(farm: Supplier, is_concerned: bool) -> None:
    payable = sell(farm, 700)
    ship(payable)
    halt_services.halt("its books differ", "sweep", tenant_id=payable.tenant_id if is_concerned else new_id())
    transfer_services.pay_due()
    payable.refresh_from_db()
    assert payable.state == (Payable.State.DUE if is_concerned else Payable.State.PAID)
