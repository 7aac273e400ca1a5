"""The deposit of case A, paid and returned through the real payment path."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind, Entry
from billing.payments.disputes import services as dispute_services
from billing.payments.gateway import DisputeStatus, ProviderDispute
from billing.payments.models import Dispute, Payment, Refund
from billing.payments.payments import sandbox_cards
from billing.payments.payments import services as payment_services
from billing.payments.refunds import services as payment_refund_services
from kernel.errors import Conflict
from kernel.tenancy import in_tenant
from tenants.agents.circles import selectors as circle_selectors
from tenants.agents.deposits import services as deposit_services
from tenants.agents.models import Earning, Member
from tenants.agents.rules import presets
from tenants.registry.models import Tenant
from tenants.registry.selectors import current_tenant
from tests.agents.people import buy, make_member, switch_on
from tests.support.build import make_tenant
from tests.support.questions import press_and_confirm
from tests.support.sandbox import RunningSandbox


@pytest.fixture
def tenant(db: None, sandbox: RunningSandbox) -> Iterator[Tenant]:
    tenant = make_tenant()
    with in_tenant(tenant):
        switch_on("deposit-club", None)
        yield tenant


@pytest.fixture
def bob(tenant: Tenant) -> Member:
    return make_member("bob")


def pay(member: Member) -> Payment:
    payment = deposit_services.open_deposit(user=member.user)
    return sandbox_cards.confirm_with_test_card(payment_id=payment.id, card="success")


def held(member: Member) -> int:
    return ledger_selectors.balance(
        tenant_id=current_tenant().id,
        owner_kind="member",
        owner_id=member.pk,
        kind=AccountKind.DEPOSIT_LIABILITY,
        currency="CNY",
    )


def state(member: Member) -> tuple[str, list[str], int]:
    member.refresh_from_db()
    return member.deposit_state, member.roles, held(member)


def test_the_deposit_makes_a_member_and_is_a_liability_not_an_income(bob: Member) -> None:
    assert state(bob) == ("none", [], 0)
    payment = deposit_services.open_deposit(user=bob.user)
    assert (payment.amount, payment.currency) == (36_500, "CNY")
    assert deposit_services.open_deposit(user=bob.user) == payment
    assert state(bob) == ("open", [], 0)
    pay(bob)
    payment_services.sync(payment_id=payment.id)
    assert state(bob) == ("held", ["member"], 36_500)
    assert bob.role_facts["member"]["why"]["zh-hans"] == "已交押金"
    assert sum(ledger_selectors.sum_by_currency().values()) == 0
    assert not Earning.objects.exists()
    with pytest.raises(Conflict):
        deposit_services.open_deposit(user=bob.user)


def test_it_is_returned_the_moment_own_spending_reaches_365_and_the_member_stays_one(bob: Member) -> None:
    pay(bob)
    buy(bob, 36_499, cost=0)
    assert state(bob) == ("held", ["member"], 36_500)
    buy(bob, 1, cost=0)
    assert state(bob) == ("returning", ["member"], 36_500)
    payment_refund_services.sweep_refunds()
    assert state(bob) == ("returned", ["member"], 0)
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason) == (36_500, "own spending: 365.00, 365.00 needed")
    buy(bob, 50_000, cost=0)
    assert Refund.objects.count() == 1


def test_it_is_returned_on_request_and_the_saving_ends_with_it(bob: Member) -> None:
    pay(bob)
    first = deposit_services.return_on_request(user=bob.user)
    assert state(bob) == ("returned", [], 0)
    assert first.amount == 36_500
    with pytest.raises(Conflict):
        deposit_services.return_on_request(user=bob.user)
    second = pay(bob)
    assert second.id != first.payment_id
    assert state(bob) == ("held", ["member"], 36_500)


def test_a_deposit_that_was_given_up_for_another_goes_back_by_itself(bob: Member) -> None:
    old = deposit_services.open_deposit(user=bob.user)
    text = presets.source("deposit-club").replace("amount: 365", "amount: 99")
    switch_on(text, None)
    new = deposit_services.open_deposit(user=bob.user)
    assert (new.id != old.id, new.amount) == (True, 9_900)
    sandbox_cards.confirm_with_test_card(payment_id=old.id, card="success")
    assert state(bob) == ("open", [], 0)
    payment_refund_services.sweep_refunds()
    assert Refund.objects.get(payment=old).state == Refund.State.SUCCEEDED
    sandbox_cards.confirm_with_test_card(payment_id=new.id, card="success")
    assert state(bob) == ("held", ["member"], 9_900)
    assert sum(ledger_selectors.sum_by_currency().values()) == 0


def test_where_no_deposit_is_asked_none_can_be_paid(bob: Member) -> None:
    switch_on("name: free\n", None)
    with pytest.raises(Conflict):
        deposit_services.open_deposit(user=bob.user)
    with pytest.raises(Conflict):
        deposit_services.return_on_request(user=bob.user)
    assert circle_selectors.circle_of(bob.user).deposit is None


def test_the_circle_shows_what_is_asked_and_how_it_stands(bob: Member) -> None:
    deposit = circle_selectors.circle_of(bob.user).deposit
    assert deposit is not None
    assert (deposit.amount, deposit.state, deposit.on_request) == (36_500, "none", True)
    assert deposit.returned_when in {"本人消费达到 365.00", "own spending at least 365.00"}
    pay(bob)
    held_now = circle_selectors.circle_of(bob.user).deposit
    assert held_now is not None
    assert (held_now.state, held_now.payment_id) == ("held", Payment.objects.get().id)


def test_a_member_pays_and_reclaims_it_in_the_browser_and_nobody_else_can(tenant: Tenant) -> None:
    bob, mallory = Client(headers={"host": "alice.localhost"}), Client(headers={"host": "alice.localhost"})
    for browser, name in ((bob, "bob"), (mallory, "mallory")):
        browser.post("/account/signup/", {"email": f"{name}@example.test", "password1": "long-enough-9"})
    assert "365" in bob.get("/circle/").content.decode()
    page = bob.post("/circle/deposit/").headers["Location"]
    assert mallory.get(page).status_code == 404
    assert mallory.post(page, {"card": "success"}).status_code == 404
    assert bob.get(page).status_code == 200
    assert bob.post(page, {"card": "declined"}).status_code == 402
    assert bob.post(page, {"card": "success"}).headers["Location"] == "/circle/"
    with in_tenant(tenant):
        member = Member.objects.get(user__email="bob@example.test")
        assert state(member) == ("held", ["member"], 36_500)
    page = bob.get("/circle/", headers={"accept-language": "en"}).content.decode()
    assert "you are no longer a member from that moment on" in page, "said before it is done"
    assert mallory.post("/circle/deposit/", {"return": "1"}).headers["Location"] == "/circle/"
    with in_tenant(tenant):
        assert state(member)[0] == "held"
    press_and_confirm(bob, "/circle/deposit/", {"return": "1"})
    with in_tenant(tenant):
        assert state(member) == ("returned", [], 0)
    page = bob.get("/circle/", headers={"accept-language": "en"}).content.decode()
    assert "Your last deposit went back to the card" in page


def test_a_deposit_that_the_gateway_refused_to_return_can_be_asked_back_again(bob: Member) -> None:
    payment = pay(bob)
    with transaction.atomic():
        locked = Member.objects.select_for_update().get(pk=bob.pk)
        refused = deposit_services._give_back(locked, reason="on request", actor=bob.user)
        payment_refund_services.fail_refund(refund_id=refused.id, error="no money at the gateway")
    assert state(bob) == ("returning", ["member"], 36_500)
    assert deposit_services.return_on_request(user=bob.user).state == Refund.State.SUCCEEDED
    assert state(bob)[0] == "returned"
    assert state(bob)[2] == 0
    payment.refresh_from_db()
    assert payment.refunded == payment.amount


def test_both_ways_back_lock_in_one_order(bob: Member) -> None:
    """Asking back and reaching the condition at one moment: who locks in another order waits for good."""
    pay(bob)
    with CaptureQueriesContext(connection) as queries:
        buy(bob, 36_500, cost=0)
    locks = [query["sql"] for query in queries.captured_queries if "FOR UPDATE" in query["sql"]]
    tables = ["payment" if '"payments_payment"' in sql else "member" for sql in locks]
    assert tables.index("payment") < tables.index("member")
    assert state(bob)[0] == "returning"


def disputed(payment: Payment, status: DisputeStatus, withdrawn: int = 36_500) -> Dispute:
    """The bank's word about a deposit."""
    payment.refresh_from_db()
    provider_dispute = ProviderDispute(
        id="du_deposit",
        charge_id=payment.charge_id,
        payment_external_id=payment.external_id or "",
        amount=36_500,
        currency="CNY",
        status=status,
        reason="fraudulent",
        withdrawn=withdrawn,
    )
    with transaction.atomic():
        dispute = dispute_services.apply_dispute(provider_dispute)
    assert dispute is not None
    return dispute


def test_a_deposit_the_bank_took_back_is_held_no_longer(bob: Member) -> None:
    """Or a thief would keep role and claim, and the shop would have paid for it."""
    payment = pay(bob)
    margin = Entry.objects.filter(account__kind=AccountKind.TENANT_MARGIN)
    disputed(payment, DisputeStatus.NEEDS_RESPONSE)
    for _twice in range(2):
        disputed(payment, DisputeStatus.LOST)
    assert state(bob) == ("returned", [], 0)
    assert not margin.exists()
    assert set(ledger_selectors.sum_by_currency().values()) == {0}
    with pytest.raises(Conflict):
        deposit_services.return_on_request(user=bob.user)


def test_a_deposit_that_cannot_go_back_stops_no_sale(bob: Member) -> None:
    payment = pay(bob)
    disputed(payment, DisputeStatus.NEEDS_RESPONSE)
    buy(bob, 36_500, cost=0)
    assert state(bob)[0] == "held"
    disputed(payment, DisputeStatus.WON, withdrawn=0)
    buy(bob, 100, cost=0)
    assert state(bob)[0] == "returning"
