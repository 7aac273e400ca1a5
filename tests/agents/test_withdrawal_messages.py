"""Whoever takes money out is written to when it went, failed or was turned down: in their language, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind
from billing.ledger.services import Leg
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import services as withdrawal_services
from kernel import clock
from kernel.events import outbox
from kernel.mail import services as mail_services
from kernel.models import NO_ONE
from kernel.tenancy import in_public, in_tenant
from tests.payouts.people import fill
from tests.support.sandbox import RunningSandbox
from tests.support.world import World

State = Withdrawal.State
ENDS = {
    State.PAID: ("went to your payout account", "汇入您的收款账户"),
    State.FAILED: ("could not pay to the payout account", "无法向收款账户打款"),
    State.REFUSED: ("the papers are missing", "the papers are missing"),
}
WALLETS = {"member": AccountKind.COMMISSION_PAYABLE, "tenant": AccountKind.TENANT_MARGIN}


def take_out(world: World, kind: str, amount: int) -> Withdrawal:
    """Bob takes a commission out, or Alice the shop's margin, of which there is enough."""
    user = world.bob if kind == "member" else world.alice
    owner_id = user.pk if kind == "member" else world.tenant.id
    with transaction.atomic():
        ledger_services.post(
            tenant_id=world.tenant.id,
            kind="test.earned",
            idempotency_key=str(owner_id),
            occurred_at=clock.now() - timedelta(days=30),
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -amount, NO_ONE),
                Leg(kind, owner_id, WALLETS[kind], "CNY", amount),
            ],
        )
    payout_account_services.open_account(
        owner=AccountOwner(PayoutAccount.OwnerKind(kind), owner_id, world.tenant.id, "Bob", user.email),
        country="CN",
    )
    return withdrawal_services.request(
        tenant=world.tenant,
        owner_id=owner_id,
        currency="CNY",
        amount=amount,
        acting_user=user,
        idempotency_key="k",
    )


def end(world: World, withdrawal: Withdrawal, state: str) -> None:
    """Bring a withdrawal to its end."""
    chief = world.chief
    if state == State.REFUSED:
        withdrawal_services.refuse(
            withdrawal_id=withdrawal.id, acting_user=chief, tenant_id=None, reason="the papers are missing"
        )
    else:
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=chief, tenant_id=None)
        if state == State.FAILED:
            PayoutAccount.objects.update(state="restricted")
        transfer_services.pay_due()
    while outbox.relay():
        pass
    mail_services.deliver_waiting()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["member", "tenant"])
@pytest.mark.parametrize("state", ENDS)
def test_each_end_is_written_to_whoever_waits_for_it(
    world: World, sandbox: RunningSandbox, state: str, kind: str, language: str
) -> None:
    fill(sandbox, 10_000_000)
    person = world.bob if kind == "member" else world.alice
    with in_tenant(world.tenant):
        type(person).objects.filter(pk=person.pk).update(language=language)
        withdrawal = take_out(world, kind, 200_000)
        assert withdrawal.state == State.AWAITING_APPROVAL
    with in_public():
        end(world, withdrawal, state)
    withdrawal.refresh_from_db()
    assert withdrawal.state == state
    (message,) = mail.outbox
    assert message.to == [person.email]
    assert ENDS[State(state)][language != "en"] in message.body
    assert ("/wallet/" if kind == "member" else "/console/withdrawals/") in message.body
    assert "2,000.00" in message.body
    assert "None" not in message.body
    while outbox.relay():
        pass
    mail_services.deliver_waiting()
    assert len(mail.outbox) == 1
