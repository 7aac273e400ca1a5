"""Every line of the provider's balance is one posting, every posting one line; what is left has a name."""

from datetime import timedelta

import pytest
from django.db import transaction

from billing.ledger import selectors as ledger_selectors
from billing.ledger import services as ledger_services
from billing.ledger.models import AccountKind, Transfer
from billing.ledger.services import Leg
from billing.payments.models import Payment
from billing.payouts.halts import selectors as halt_selectors
from billing.payouts.transfers import services as transfer_services
from billing.plans.models import Plan
from billing.plans.subscriptions import services as subscription_services
from billing.watch import reconciliation, resolving
from billing.watch.models import BalanceLine, Finding, Sweep
from catalog.models import Supplier
from kernel.errors import Conflict, InvalidInput
from kernel.models import NO_ONE, AuditEntry
from tenants.registry.models import Tenant
from tests.payouts.conftest import TENANT, sell, ship
from tests.plans.conftest import start
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta(seconds=-2)


def look(**options: bool) -> Sweep:
    return reconciliation.reconcile(grace=AT_ONCE, asked_by="Ann", **options)


def on(kind: AccountKind) -> int:
    return ledger_selectors.balance(owner_kind="platform", owner_id=NO_ONE, kind=kind, currency="CNY")


def at_provider(sandbox: RunningSandbox) -> int:
    """What the provider says it holds for us."""
    return sum(net for _currency, _available, net in sandbox.store.balance_sums(""))


@pytest.fixture
def trade(farm: Supplier, sandbox: RunningSandbox) -> Supplier:
    """Three equal orders and a payout: amounts alone say nothing."""
    payables = [sell(farm, 700) for _order in range(3)]
    ship(payables[0])
    transfer_services.pay_due()
    return farm


def test_all_of_it_matches_and_the_provider_keeps_its_fees(trade: Supplier, sandbox: RunningSandbox) -> None:
    assert -on(AccountKind.PSP_CLEARING) != at_provider(sandbox), "its fees are known from its lines only"
    done = look()
    assert (done.differences, done.looked_at) == (0, 4)
    assert -on(AccountKind.PSP_CLEARING) == at_provider(sandbox)
    fees = sum(BalanceLine.objects.values_list("fee", flat=True))
    assert -on(AccountKind.PSP_FEE) == fees > 0
    matched = BalanceLine.objects.values_list("transfer_id", flat=True)
    assert len(set(matched)) == 4
    for line in BalanceLine.objects.filter(type="charge").select_related("transfer"):
        payment = Payment.objects.get(charge_id=line.object_id)
        assert line.transfer
        assert line.transfer.subject_id == payment.reference_id, "its own order, not another of that amount"
    assert not halt_selectors.in_force()
    assert set(ledger_selectors.sum_by_currency().values()) == {0}


def test_what_a_shop_paid_for_its_plan_is_a_line_too(shop: Tenant) -> None:
    Plan.objects.filter(code="start").update(trial_days=0)
    start(shop)
    subscription_services.sync(tenant_id=shop.id)
    subscription_services.pay_open_invoice(tenant=shop, acting_user="Alice")
    done = look()
    assert (done.differences, done.looked_at) == (0, 1)
    line = BalanceLine.objects.select_related("transfer").get()
    assert line.transfer
    assert (line.transfer.kind, line.amount) == ("plan.paid", 29_900)
    assert not halt_selectors.in_force(), "suppliers are paid although a shop paid its bill"


def test_windows_overlap_and_nothing_is_booked_twice(trade: Supplier, sandbox: RunningSandbox) -> None:
    first = look()
    before = Transfer.objects.count()
    sell(trade, 500)
    second = look()
    assert second.since == first.until - reconciliation.OVERLAP
    assert (second.looked_at, second.differences) == (5, 0), "the old lines were seen again"
    assert Transfer.objects.count() == before + 2, "the order, and the fee of its charge"
    assert look(whole=True).differences == 0


def test_a_posting_without_a_line_is_named_and_answered_by_its_reversal(trade: Supplier) -> None:
    with transaction.atomic():
        wrong = ledger_services.post(
            tenant_id=TENANT,
            kind="order.paid",
            idempotency_key="invented",
            legs=[
                Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -5_000, NO_ONE),
                Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", 5_000, NO_ONE),
            ],
        )
    assert look().differences == 1
    finding = Finding.objects.get()
    assert (finding.check_name, finding.transfer_id) == (reconciliation.POSTINGS, wrong.transfer_id)
    assert (finding.facts["amount"], finding.facts["key"]) == (5_000, "invented")
    assert halt_selectors.in_force(TENANT)
    assert not halt_selectors.in_force(), "what one shop cannot explain stops nobody else"
    with pytest.raises(InvalidInput):
        resolving.reverse_posting(finding_id=finding.id, reason=" ", acting_user="Ann")
    with pytest.raises(Conflict):
        resolving.book_line(finding_id=finding.id, reason="wrong way", acting_user="Ann")
    answered = resolving.reverse_posting(finding_id=finding.id, reason="typed twice", acting_user="Ann")
    assert (answered.outcome, answered.closed_by) == (Finding.Outcome.REVERSED, "Ann")
    with pytest.raises(Conflict):
        resolving.reverse_posting(finding_id=finding.id, reason="again", acting_user="Ann")
    assert look().differences == 0
    assert Transfer.objects.filter(id=wrong.transfer_id).exists(), "nothing was edited"
    assert AuditEntry.objects.filter(action="finding.reversed", reason="typed twice").count() == 1


def test_a_line_without_posting_is_named_and_answered_by_a_correction(
    trade: Supplier, sandbox: RunningSandbox
) -> None:
    charge = sandbox.store.all("charge")[0]["id"]
    with sandbox.store.transaction():
        sandbox.store.save(
            {
                **sandbox.store.all("balance_transaction")[0],
                "id": "txn_stray", "type": "adjustment", "amount": -1_234, "fee": 0, "net": -1_234,
                "fee_details": [], "source": charge,
            }
        )  # fmt: skip
    assert look().differences == 1
    finding = Finding.objects.get()
    assert finding.check_name == reconciliation.LINES
    assert (finding.subject, finding.facts["amount"]) == ("txn_stray", -1_234)
    resolving.book_line(finding_id=finding.id, reason="the bank's correction", acting_user="Ann")
    assert on(AccountKind.CORRECTION) == -1_234
    assert look().differences == 0
    assert -on(AccountKind.PSP_CLEARING) == at_provider(sandbox)


def test_an_amount_that_differs_is_two_differences(trade: Supplier, sandbox: RunningSandbox) -> None:
    line = next(row for row in sandbox.store.all("balance_transaction") if row["type"] == "charge")
    sandbox.change(line["id"], amount=line["amount"] - 100, net=line["net"] - 100)
    assert look().differences == 2
    assert set(Finding.objects.values_list("check_name", flat=True)) == {
        reconciliation.LINES,
        reconciliation.POSTINGS,
    }


def test_what_came_a_moment_ago_may_still_be_on_its_way(farm: Supplier, sandbox: RunningSandbox) -> None:
    sell(farm, 700)
    Transfer.objects.count()
    with sandbox.store.transaction():
        sandbox.store.save(
            {**sandbox.store.all("balance_transaction")[0], "id": "txn_young", "amount": 77, "source": None}
        )
    assert reconciliation.reconcile().differences == 0
    assert look().differences == 1
