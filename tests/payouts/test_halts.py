"""While a halt is in force nothing leaves."""

import pytest

from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.halts import services as halt_services
from billing.payouts.models import Payout, Withdrawal
from billing.payouts.transfers import services as transfer_services
from kernel.errors import Conflict, InvalidInput
from kernel.models import AuditEntry
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
