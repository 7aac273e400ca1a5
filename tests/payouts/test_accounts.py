"""Payees' accounts: opened once, followed by events, and nothing sent to one that is not able."""

import time
from datetime import timedelta

import pytest
from django.test import Client

from accounts import roles
from billing.payments.gateway import ProviderAccount
from billing.payouts.accounts import payees
from billing.payouts.accounts import services as payout_account_services
from billing.payouts.accounts.services import AccountOwner
from billing.payouts.models import PayoutAccount
from billing.payouts.payables import services as payable_services
from billing.payouts.transfers import services as transfer_services
from catalog.models import Supplier
from kernel.calls.errors import NoClearAnswer
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.events import inbox
from kernel.ids import new_id
from kernel.models import AuditEntry, Event
from tests.ledger.test_commits import at_once
from tests.payouts.conftest import paid_to, sell, ship
from tests.payouts.people import Shop, able
from tests.support.build import make_user
from tests.support.sandbox import RunningSandbox

db = pytest.mark.django_db
State = PayoutAccount.State


def follow(sandbox: RunningSandbox) -> None:
    """Deliver the gateway's events about accounts and work them off."""
    sandbox.deliver_all("account.updated")
    inbox.handle_waiting()


@db
def test_an_account_becomes_able_and_loses_it_by_event(farm: Supplier, sandbox: RunningSandbox) -> None:
    assert payout_account_services.require_able("supplier", farm.id).state == State.ABLE
    sandbox.control(f"accounts/{paid_to(farm)}/disable")
    follow(sandbox)
    account = payout_account_services.account_of("supplier", farm.id)
    assert account is not None
    assert (account.state, account.disabled_reason) == (State.RESTRICTED, "requirements.past_due")
    assert account.requirements == ["individual.verification.document"]
    event = Event.objects.filter(topic="payout_account.changed").latest("id")
    assert (event.payload["before"], event.payload["state"]) == ("able", "restricted")


@db
def test_payouts_stop_and_go_on_with_the_account(farm: Supplier, sandbox: RunningSandbox) -> None:
    sandbox.control(f"accounts/{paid_to(farm)}/disable")
    follow(sandbox)
    payable = sell(farm)
    ship(payable)
    assert transfer_services.pay_due() == 0
    assert sandbox.count("transfer") == 0
    sandbox.control(f"accounts/{paid_to(farm)}/enable")
    follow(sandbox)
    assert transfer_services.pay_due() == 1
    payable.refresh_from_db()
    assert payable.state == "paid"


@db
def test_an_account_whose_first_answer_was_lost_is_found_after_days(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = AccountOwner(PayoutAccount.OwnerKind.MEMBER, new_id(), new_id(), "Bob", "bob@example.test")
    sandbox.break_next("/v1/accounts")
    with pytest.raises(NoClearAnswer):
        payout_account_services.open_account(owner=owner, country="CN")
    assert sandbox.count("account") == 1
    row = PayoutAccount.objects.get(owner_id=owner.id)
    PayoutAccount.objects.filter(id=row.id).update(
        created_at=row.created_at - timedelta(days=2), first_tried_at=row.created_at - timedelta(days=2)
    )
    store = sandbox.sandbox.store
    monkeypatch.setattr(store, "clock", lambda: time.time() + 2 * 24 * 3600)
    assert payout_account_services.open_account(owner=owner, country="CN").external_id
    assert sandbox.count("account") == 1


@db
def test_who_has_not_completed_the_data_is_pending(sandbox: RunningSandbox) -> None:
    owner = AccountOwner(
        PayoutAccount.OwnerKind.MEMBER, new_id(), new_id(), "Bob", "bob+incomplete@example.test"
    )
    account = payout_account_services.open_account(owner=owner, country="CN")
    assert (account.state, account.requirements[0]) == (State.PENDING, "external_account")
    with pytest.raises(Conflict, match="cannot pay"):
        payout_account_services.require_able("member", owner.id, owner.tenant_id)
    link = payout_account_services.onboarding_link(
        account=account, refresh_url="https://a.test/", return_url="https://b.test/"
    )
    assert link == f"{sandbox.url}/onboarding/{account.external_id}"
    sandbox.control(f"accounts/{account.external_id}/enable")
    assert payout_account_services.refresh(account=account).state == State.ABLE


@db
@pytest.mark.parametrize(
    ("flags", "before", "state"),
    [
        (ProviderAccount("a", True, can_be_paid=True), State.PENDING, State.ABLE),
        (ProviderAccount("a", True, ("more",), can_be_paid=True), State.ABLE, State.ABLE),
        (ProviderAccount("a", False, ("bank",), can_be_paid=True), State.ABLE, State.RESTRICTED),
        (ProviderAccount("a", False, disabled_reason="rejected.fraud"), State.ABLE, State.DISABLED),
        (ProviderAccount("a", False, ("x",), "requirements.past_due"), State.PENDING, State.PENDING),
        (ProviderAccount("a", False, ("x",), "requirements.past_due"), State.ABLE, State.RESTRICTED),
    ],
)
def test_what_the_flags_mean(
    flags: ProviderAccount, before: PayoutAccount.State, state: PayoutAccount.State
) -> None:
    assert payout_account_services.state_of(flags, before) == state


@db
def test_an_event_of_somebody_elses_account_is_put_aside(sandbox: RunningSandbox) -> None:
    assert (
        payout_account_services.apply_account(ProviderAccount("acct_unknown", True, can_be_paid=True)) is None
    )
    assert PayoutAccount.objects.count() == 0


@db
def test_members_with_one_bank_account_are_found(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, other = Shop(), Shop(id=new_id())
    monkeypatch.setattr(payees, "_describers", [shop.describe])
    first, second, third, elsewhere = new_id(), new_id(), new_id(), new_id()
    for owner_id in (first, second, third):
        able(shop, owner_id)
    able(other, elsewhere)
    for owner_id in (first, second, elsewhere):
        account = PayoutAccount.objects.get(owner_id=owner_id)
        sandbox.control(f"accounts/{account.external_id}/bank", number="6222000011112222")
    follow(sandbox)
    assert payout_account_services.shared_with(first, shop.id) == {second}
    assert payout_account_services.shared_with(third, shop.id) == set()
    assert payout_account_services.shared_with(new_id(), shop.id) == set()


def test_many_clicks_open_one_account(own_database: str, sandbox: RunningSandbox) -> None:
    shop, owner_id = Shop(), new_id()
    results = at_once(*[lambda: able(shop, owner_id)] * 6, atomic=False)
    assert all(isinstance(result, PayoutAccount) for result in results), results
    assert (PayoutAccount.objects.count(), sandbox.count("account")) == (1, 1)


def payee() -> AccountOwner:
    return AccountOwner(PayoutAccount.OwnerKind.MEMBER, new_id(), new_id(), "Bob", "bob@example.test")


@db
@pytest.mark.parametrize("country", ["", "XX", "KP", "cn", "CHN"])
def test_where_the_payment_service_pays_nobody_no_account_is_opened(
    sandbox: RunningSandbox, country: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        payout_account_services.open_account(owner=payee(), country=country)
    assert (refused.value.field, refused.value.value) == ("country", country)
    assert PayoutAccount.objects.count() == sandbox.count("account") == 0


@db
def test_the_country_is_the_one_that_was_said(sandbox: RunningSandbox) -> None:
    owner = payee()
    for country in ("FR", "FR"):
        account = payout_account_services.open_account(owner=owner, country=country)
    assert (account.country, sandbox.count("account")) == ("FR", 1)
    assert sandbox.store.all("account")[0]["country"] == "FR"
    with pytest.raises(Conflict, match="another country"):
        payout_account_services.open_account(owner=owner, country="DE")
    assert payout_account_services.account_of("member", owner.id, owner.tenant_id) == account


@db
def test_another_account_takes_its_place_once(sandbox: RunningSandbox) -> None:
    owner = payee()
    first = payout_account_services.open_account(owner=owner, country="FR")
    for _click in range(2):
        second = payout_account_services.open_another_account(
            owner=owner, country="DE", acting_user="Bob", instead_of=first.id
        )
    assert (second.country, second.state) == ("DE", State.ABLE)
    assert payout_account_services.require_able("member", owner.id, owner.tenant_id) == second
    assert (PayoutAccount.objects.count(), sandbox.count("account")) == (2, 2)
    entry = AuditEntry.objects.get(action="payout_account.replaced")
    assert entry.changes == {"country": ["FR", "DE"]}


@db
def test_nobody_replaces_the_account_of_somebody_else(sandbox: RunningSandbox) -> None:
    theirs = payout_account_services.open_account(owner=payee(), country="FR")
    with pytest.raises(NotFound):
        payout_account_services.open_another_account(
            owner=payee(), country="DE", acting_user="Bob", instead_of=theirs.id
        )
    theirs.refresh_from_db()
    assert theirs.replaced_at is None


@db
def test_a_country_that_was_never_opened_may_be_another(sandbox: RunningSandbox) -> None:
    owner = payee()
    sandbox.break_next("/v1/accounts", "before")
    with pytest.raises(NoClearAnswer):
        payout_account_services.open_account(owner=owner, country="FR")
    assert payout_account_services.open_account(owner=owner, country="DE").country == "DE"
    assert sandbox.store.all("account")[0]["country"] == "DE"


@db
def test_what_lies_on_the_old_account_still_goes_to_its_bank(farm: Supplier, sandbox: RunningSandbox) -> None:
    ship(sell(farm, 700))
    (payout,) = payable_services.request_due()
    owner = payout_account_services.supplier_owner(farm)
    old = payout_account_services.account_of("supplier", farm.id)
    assert old is not None
    payout_account_services.open_another_account(
        owner=owner, country="DE", acting_user="Bob", instead_of=old.id
    )
    transfer_services.pay_due()
    assert sandbox.store.all("payout", old.external_id or "")[0]["amount"] == 700
    ship(sell(farm, 500))
    transfer_services.pay_due()
    assert sandbox.store.all("payout", paid_to(farm))[0]["amount"] == 500
    payout.refresh_from_db()
    assert payout.destination == old.external_id != paid_to(farm)


@pytest.mark.parametrize(
    ("currency", "country"), [("JPY", "JP"), ("RSD", "RS"), ("EUR", ""), ("USD", ""), ("XXX", "")]
)
def test_a_country_is_suggested_only_where_one_alone_fits(currency: str, country: str) -> None:
    assert payout_account_services.suggested_country(currency) == country


@db
def test_the_portal_asks_and_shows_the_country(farm: Supplier, sandbox: RunningSandbox) -> None:
    client = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(
        make_user("f@farm.test", role=roles.SUPPLIER, supplier_id=farm.id),
        backend="accounts.backends.RoleBackend",
    )
    address, old = "/portal/statements/", paid_to(farm)
    page = client.get(address).content.decode()
    assert "Country of your bank: <b>China</b>" in page
    assert '<option value="FR">France</option>' in page
    account = payout_account_services.account_of("supplier", farm.id)
    assert account is not None
    refused = client.post(f"{address}account/", {"instead_of": str(account.pk), "country": "KP"}, follow=True)
    assert "pays nobody in this country" in refused.content.decode()
    assert paid_to(farm) == old
    client.post(f"{address}account/", {"instead_of": str(account.pk), "country": "FR"})
    assert paid_to(farm) != old
    assert "Country of your bank: <b>France</b>" in client.get(address).content.decode()
    assert "法国" in client.get(address, HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
