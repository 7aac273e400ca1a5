"""Withdrawals: out of the wallet once, taxed, approved by somebody else, and back where they fail."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from accounts import roles
from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from billing.payouts.accounts import payees
from billing.payouts.accounts.payees import Payee
from billing.payouts.controls import halts
from billing.payouts.models import Payout, PayoutAccount, Withdrawal
from billing.payouts.transfers import services as transfer_services
from billing.payouts.withdrawals import selectors as withdrawal_selectors
from billing.payouts.withdrawals import services as withdrawal_services
from kernel import clock
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotAllowed, NotFound
from kernel.ids import new_id
from kernel.models import AuditEntry, Event
from tests.books import drift
from tests.build import make_user
from tests.ledger.test_commits import at_once
from tests.payouts.people import Shop, able, ask, bob, boss, earn, fill, wallet_of
from tests.refused import refused_by
from tests.sandbox import RunningSandbox

db = pytest.mark.django_db
State = Withdrawal.State
JANUARY = datetime(2027, 1, 15, 4, tzinfo=UTC)


@pytest.fixture
def shop(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose people have wallets; the gateway holds enough money for all of them."""
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    fill(sandbox, 100_000_000)
    return shop


def later(**interval: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**interval))


@db
def test_it_leaves_the_wallet_and_arrives(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    assert (withdrawal.state, withdrawal.net, withdrawal.tax, withdrawal.fee) == (
        State.REQUESTED,
        30_000,
        0,
        0,
    )
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000, "withdrawal_in_flight": 30_000}
    assert transfer_services.pay_due() == 1
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.PAID
    assert withdrawal.finished_at is not None
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000}
    (transfer,) = sandbox.store.all("transfer")
    assert (transfer["amount"], transfer["currency"]) == (30_000, "cny")
    assert set(ledger_selectors.sum_by_currency().values()) == {0}
    assert drift() == []
    topics = set(Event.objects.values_list("topic", flat=True))
    assert {"withdrawal.requested", "withdrawal.paid"} <= topics
    assert AuditEntry.objects.filter(action="withdrawal.requested", object_id=str(withdrawal.id)).exists()


@db
def test_the_same_key_is_the_same_withdrawal(shop: Shop) -> None:
    user = bob(shop, 50_000)
    assert ask(shop, user, 10_000, "k").id == ask(shop, user, 10_000, "k").id
    assert wallet_of(shop, user.pk)["commission_payable"] == 40_000
    with pytest.raises(Conflict, match="key"):
        ask(shop, user, 20_000, "k")


@db
@pytest.mark.parametrize("amount", [-5, 0, 999, 10**16, 1.5])
def test_impossible_amounts_are_refused(shop: Shop, amount: int) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InvalidInput, match="least"):
        ask(shop, user, amount)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}
    assert Withdrawal.objects.count() == 0


@db
def test_more_than_there_is_is_refused(shop: Shop) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InsufficientBalance) as refused:
        ask(shop, user, 50_001)
    assert refused.value.details["missing"] == 1
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_another_currency_is_another_wallet(shop: Shop) -> None:
    user = bob(shop, 50_000)
    with pytest.raises(InsufficientBalance):
        ask(shop, user, 10_000, currency="USD")


@db
def test_what_is_owed_from_refunds_is_kept_back(shop: Shop) -> None:
    user = bob(shop, 50_000)
    earn(shop, user.pk, -20_000, wallet=AccountKind.CLAWBACK_RECEIVABLE)
    with pytest.raises(InsufficientBalance):
        ask(shop, user, 30_001)
    assert ask(shop, user, 30_000).amount == 30_000


@db
def test_nobody_takes_somebody_elses_money(shop: Shop) -> None:
    user, other = bob(shop, 50_000), make_user("charlie@example.test")
    owner = boss()
    for stranger in (other, owner):
        with pytest.raises(NotAllowed):
            ask(shop, stranger, 10_000, owner_id=user.pk)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_without_an_able_account_nothing_leaves(shop: Shop, sandbox: RunningSandbox) -> None:
    user = make_user()
    earn(shop, user.pk, 50_000)
    with pytest.raises(Conflict, match="no payout account"):
        ask(shop, user, 10_000)
    able(shop, user.pk)
    PayoutAccount.objects.update(state="restricted")
    with pytest.raises(Conflict, match="cannot pay"):
        ask(shop, user, 10_000)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_an_account_that_was_able_and_is_not_gets_nothing(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 10_000)
    PayoutAccount.objects.update(state="restricted")
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.FAILED, 0)
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


@db
def test_refused_by_the_gateway_all_of_it_comes_back(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 5_000_000)
    withdrawal_selectors.set_terms(
        tenant=shop, minimum=1_000, fee=200, approval_above=1_000_000, acting_user=boss("owner@example.test")
    )
    withdrawal = ask(shop, user, 1_000_000)
    assert (withdrawal.fee, withdrawal.tax, withdrawal.net) == (200, 9_000, 990_800)
    account = PayoutAccount.objects.get()
    sandbox.control(f"accounts/{account.external_id}/disable")
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.FAILED
    assert withdrawal.reason.startswith("insufficient_capabilities")
    assert withdrawal.reason_text == "the payment service could not pay to the payout account"
    assert wallet_of(shop, user.pk) == {"commission_payable": 5_000_000}
    assert wallet_of(shop, shop.id, "tenant") == {}
    sandbox.control(f"accounts/{account.external_id}/enable")
    assert ask(shop, user, 1_000_000).tax == 9_000, "what failed was no income"
    assert drift() == []


@db
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_line_that_breaks_pays_once(shop: Shop, sandbox: RunningSandbox, moment: str, hours: int) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    sandbox.break_next("/v1/transfers", moment)
    transfer_services.pay_due()
    assert wallet_of(shop, user.pk) == {"commission_payable": 20_000, "withdrawal_in_flight": 30_000}
    with later(hours=hours, minutes=2):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)


@db
def test_it_waits_for_money_on_our_own_balance(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    payout = Payout.objects.get()
    assert (withdrawal.state, payout.key_round, payout.last_error[:20]) == (
        State.REQUESTED,
        1,
        "balance_insufficient",
    )
    fill(sandbox, 100_000)
    with later(hours=2):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)


@db
def test_it_does_not_wait_for_ever(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 30_000)
    with later(days=4):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.FAILED
    assert wallet_of(shop, user.pk) == {"commission_payable": 50_000}


# -- tax


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


# -- approval


@db
def test_above_the_limit_somebody_else_lets_it_go(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 100_001)
    assert (withdrawal.state, Payout.objects.count()) == (State.AWAITING_APPROVAL, 0)
    assert transfer_services.pay_due() == 0
    withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=shop.id)
    withdrawal_services.approve(
        withdrawal_id=withdrawal.id, acting_user=boss("2@example.test"), tenant_id=shop.id
    )
    assert transfer_services.pay_due() == 1
    withdrawal.refresh_from_db()
    assert (withdrawal.state, withdrawal.decided_by_label) == (State.PAID, "boss")
    assert AuditEntry.objects.filter(action="withdrawal.approved").count() == 1


@db
def test_many_small_ones_are_one_large_one(shop: Shop) -> None:
    user = bob(shop, 500_000)
    assert ask(shop, user, 60_000).state == State.REQUESTED
    assert ask(shop, user, 60_000).state == State.AWAITING_APPROVAL
    with later(hours=25):
        assert ask(shop, user, 60_000).state == State.REQUESTED


@db
def test_refused_it_is_back_in_the_wallet_with_the_reason(shop: Shop) -> None:
    user, owner = bob(shop, 5_000_000), boss()
    withdrawal = ask(shop, user, 2_000_000)
    assert withdrawal.tax > 0
    with pytest.raises(InvalidInput):
        withdrawal_services.refuse(
            withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason=" "
        )
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="papers"
    )
    again = withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="x"
    )
    assert (again.state, again.reason) == (State.REFUSED, "papers")
    assert wallet_of(shop, user.pk) == {"commission_payable": 5_000_000}
    with pytest.raises(Conflict):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id)
    assert AuditEntry.objects.get(action="withdrawal.refused").reason == "papers"


@db
@pytest.mark.parametrize("role", [role for role, _name in roles.CHOICES if role != roles.SUPPLIER])
def test_no_role_moves_money_to_itself_alone(shop: Shop, role: str) -> None:
    """Whoever asked for it, whatever they may do: not above the limit, not at another sign-in either."""
    user = bob(shop, 500_000, role=role)
    shop.people[user.pk] = Payee("Bob", "another-address@example.test")
    withdrawal = ask(shop, user, 200_000)
    assert withdrawal.state == State.AWAITING_APPROVAL
    with pytest.raises(NotAllowed):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=user, tenant_id=shop.id)
    with pytest.raises(NotAllowed):
        withdrawal_services.refuse(withdrawal_id=withdrawal.id, acting_user=user, tenant_id=None, reason="x")
    # Whoever is of the shop's team is stopped by another guard before.
    with refused_by("withdrawal_four_eyes", "payouts.central_team_approves"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(state=State.REQUESTED, decided_by=user.pk)
    with refused_by("withdrawal_approved_by_somebody"), transaction.atomic():
        Withdrawal.objects.filter(id=withdrawal.id).update(state=State.REQUESTED)
    withdrawal.refresh_from_db()
    assert (withdrawal.state, Payout.objects.count()) == (State.AWAITING_APPROVAL, 0)


@db
def test_the_same_person_at_another_sign_in_is_the_same_person(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    shop.people[user.pk] = Payee("Bob", "BOB@example.test")
    double = make_user("bob.central@example.test", role=roles.CENTRAL_ADMIN)
    shop.people[user.pk] = Payee("Bob", "Bob.Central@example.test")
    with pytest.raises(NotAllowed):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=double, tenant_id=None)


@db
@pytest.mark.parametrize(
    ("role", "may"),
    [
        (roles.OWNER, True),
        (roles.MANAGER, True),
        (roles.FINANCE, True),
        (roles.CENTRAL_ADMIN, True),
        (roles.SUPPORT, False),
        (roles.MEMBER, False),
        (roles.CENTRAL_STAFF, False),
    ],
)
def test_who_may_decide(shop: Shop, role: str, may: bool) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    decider = make_user("decider@example.test", role=role)
    if may:
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=decider, tenant_id=shop.id)
    else:
        with pytest.raises(NotAllowed):
            withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=decider, tenant_id=shop.id)
    assert Payout.objects.count() == int(may)


@db
def test_another_shop_decides_nothing_here(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    with pytest.raises(NotFound):
        withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=new_id())


@db
def test_who_sets_the_limit_does_not_profit_from_it(shop: Shop) -> None:
    owner = bob(shop, 5_000_000, role=roles.OWNER)
    withdrawal_selectors.set_terms(
        tenant=shop, minimum=100, fee=0, approval_above=1_000_000, acting_user=owner
    )
    assert ask(shop, owner, 10_000).state == State.AWAITING_APPROVAL
    other = bob(shop, 5_000_000, email="eve@example.test")
    assert ask(shop, other, 900_000).state == State.REQUESTED


@db
def test_terms_have_bounds_and_are_audited(shop: Shop) -> None:
    owner = boss()
    for wrong in (
        {"minimum": 100, "fee": 100, "approval_above": 0},
        {"minimum": 100, "fee": -1, "approval_above": 0},
        {"minimum": 100, "fee": 0, "approval_above": 1_000_001},
        {"minimum": 100, "fee": 0, "approval_above": -1},
    ):
        with pytest.raises(InvalidInput):
            withdrawal_selectors.set_terms(tenant=shop, acting_user=owner, **wrong)
    finance = boss("finance@example.test", roles.FINANCE)
    with pytest.raises(NotAllowed):
        withdrawal_selectors.set_terms(tenant=shop, minimum=100, fee=0, approval_above=1, acting_user=finance)
    withdrawal_selectors.set_terms(tenant=shop, minimum=500, fee=5, approval_above=1, acting_user=owner)
    assert AuditEntry.objects.get(action="withdrawal.terms").changes["fee"] == [0, 5]
    assert withdrawal_selectors.terms_of(shop.id, "CNY").minimum == 500


@db
def test_the_shop_takes_its_margin_less_what_may_be_refunded(shop: Shop) -> None:
    owner = boss()
    able(shop, shop.id, kind="tenant")
    earn(shop, shop.id, 80_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant", days_ago=20)
    earn(shop, shop.id, 500_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant")
    with pytest.raises(InsufficientBalance):
        ask(shop, owner, 80_001, owner_id=shop.id)
    with pytest.raises(NotAllowed):
        ask(shop, boss("f@example.test", roles.FINANCE), 10_000, owner_id=shop.id)
    withdrawal = ask(shop, owner, 80_000, owner_id=shop.id)
    assert (withdrawal.state, withdrawal.wallet, withdrawal.tax) == (State.REQUESTED, "tenant_margin", 0)
    transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.PAID
    with pytest.raises(InsufficientBalance):
        ask(shop, owner, 1_000, owner_id=shop.id)


@db
def test_margin_that_comes_back_can_be_taken_at_once(shop: Shop) -> None:
    owner, finance = boss(), boss("f@example.test", roles.FINANCE)
    able(shop, shop.id, kind="tenant")
    earn(shop, shop.id, 500_000, wallet=AccountKind.TENANT_MARGIN, kind="tenant", days_ago=20)
    withdrawal = ask(shop, owner, 400_000, owner_id=shop.id)
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=finance, tenant_id=shop.id, reason="not yet"
    )
    assert ask(shop, owner, 500_000, owner_id=shop.id).amount == 500_000


# -- halts


@db
def test_while_a_halt_is_in_force_nothing_leaves(shop: Shop, sandbox: RunningSandbox) -> None:
    user = bob(shop, 50_000)
    withdrawal = ask(shop, user, 10_000)
    first = halts.halt("the books do not add up", "sweep")
    assert halts.halt("the books do not add up", "sweep") == first
    halts.halt("something else", "somebody")
    transfer_services.pay_due()
    transfer_services.send_payout(payout_id=Payout.objects.get().id)
    assert sandbox.count("transfer") == 0
    with pytest.raises(Conflict, match="paused"):
        ask(shop, user, 10_000)
    with pytest.raises(InvalidInput):
        halts.lift("", boss())
    assert halts.lift("found and mended", "somebody") == 2
    assert not halts.in_force()
    with later(minutes=5):
        transfer_services.pay_due()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, sandbox.count("transfer")) == (State.PAID, 1)
    assert AuditEntry.objects.filter(action__startswith="payouts.").count() == 4


@db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payouts_payouthalt SET reason = 'x'",
        "DELETE FROM payouts_payouthalt",
        "TRUNCATE payouts_payouthalt",
        "UPDATE payouts_withdrawal SET amount = amount + 1, net = net + 1",
        "UPDATE payouts_withdrawal SET owner_id = uuidv7()",
        "UPDATE payouts_withdrawal SET needs_approval = false",
        "UPDATE payouts_withdrawal SET net = net - 1",
        "DELETE FROM payouts_withdrawal",
        "TRUNCATE payouts_withdrawal CASCADE",
    ],
)
def test_the_database_keeps_what_was_written(shop: Shop, statement: str) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    halts.halt("reason", "test")
    stopped = refused_by("kernel.append_only", "payouts.withdrawal_fixed", "withdrawal_adds_up")
    with stopped, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    withdrawal.refresh_from_db()
    assert (withdrawal.amount, withdrawal.needs_approval) == (200_000, True)


@db
def test_what_is_final_stays_final(shop: Shop) -> None:
    user = bob(shop, 500_000)
    withdrawal = ask(shop, user, 200_000)
    withdrawal_services.refuse(
        withdrawal_id=withdrawal.id, acting_user=boss(), tenant_id=shop.id, reason="no"
    )
    with refused_by("payouts.withdrawal_over"), transaction.atomic():
        Withdrawal.objects.update(state=State.PAID)
    assert Withdrawal.objects.get().state == State.REFUSED


# -- at once


@pytest.mark.slow
def test_fifty_at_once_take_one_wallet_out_once(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    fill(sandbox, 10_000_000)
    user = bob(shop, 50_000)
    results: list[object] = []
    for _round in range(5):
        results += at_once(*[lambda: ask(shop, user, 50_000)] * 10, atomic=False)
    withdrawals = [result for result in results if isinstance(result, Withdrawal)]
    refused = [result for result in results if isinstance(result, InsufficientBalance)]
    assert (len(withdrawals), len(refused)) == (1, 49), results
    at_once(*[transfer_services.pay_due] * 4, atomic=False)
    assert sandbox.count("transfer") == 1
    assert wallet_of(shop, user.pk) == {}
    assert drift() == []


def test_one_click_sent_many_times_is_one_withdrawal(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user = bob(shop, 50_000)
    results = at_once(*[lambda: ask(shop, user, 10_000, "one click")] * 8, atomic=False)
    withdrawals = [result for result in results if isinstance(result, Withdrawal)]
    assert len(withdrawals) == 8, results
    assert len({result.id for result in withdrawals}) == 1
    assert wallet_of(shop, user.pk) == {"commission_payable": 40_000, "withdrawal_in_flight": 10_000}


def test_approved_and_refused_at_once_only_one_counts(
    own_database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    user, owner = bob(shop, 500_000), boss()
    withdrawal = ask(shop, user, 200_000)

    def approve() -> object:
        return withdrawal_services.approve(withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id)

    def refuse() -> object:
        return withdrawal_services.refuse(
            withdrawal_id=withdrawal.id, acting_user=owner, tenant_id=shop.id, reason="no"
        )

    at_once(*[approve, refuse] * 4, atomic=False)
    withdrawal.refresh_from_db()
    held = wallet_of(shop, user.pk)
    if withdrawal.state == State.REFUSED:
        assert (held, Payout.objects.count()) == ({"commission_payable": 500_000}, 0)
    else:
        assert (held["withdrawal_in_flight"], Payout.objects.count()) == (withdrawal.net, 1)
    assert drift() == []
