"""One call posts all: exactly once per key, sums to zero, never below zero."""

from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import selectors, services
from billing.ledger.models import Account, AccountKind, Balance, Entry, Transfer
from billing.ledger.services import Leg, Posted
from kernel.errors import Conflict, InsufficientBalance, InvalidInput, NotFound
from kernel.ids import new_id
from kernel.models import NO_ONE, AuditEntry
from tests.support.books import drift

pytestmark = pytest.mark.django_db
TENANT, SUPPLIER, MEMBER = (UUID(int=n) for n in (1, 2, 3))


def leg(
    kind: AccountKind, amount: int, owner_kind: str = "platform", owner: UUID = NO_ONE, **fields: str
) -> Leg:
    return Leg(owner_kind, owner, kind, fields.get("currency", "CNY"), amount, NO_ONE)


def top_up(amount: int, key: str = "first") -> Posted:
    return services.post(
        tenant_id=TENANT,
        kind="topup",
        idempotency_key=key,
        legs=[
            leg(AccountKind.PSP_CLEARING, -amount),
            leg(AccountKind.TENANT_PREPAID, amount, "tenant", TENANT),
        ],
    )


def spend(amount: int, key: str) -> Posted:
    return services.post(
        tenant_id=TENANT,
        kind="order.paid",
        idempotency_key=key,
        legs=[
            leg(AccountKind.TENANT_PREPAID, -amount, "tenant", TENANT),
            leg(AccountKind.SUPPLIER_PAYABLE, amount, "supplier", SUPPLIER),
        ],
    )


def prepaid() -> int:
    return selectors.balance(
        owner_kind="tenant", owner_id=TENANT, kind=AccountKind.TENANT_PREPAID, currency="CNY"
    )


def test_a_posting_moves_money_between_owners() -> None:
    top_up(1000)
    spend(400, "a")
    assert prepaid() == 600
    assert (
        selectors.balance(
            owner_kind="platform", owner_id=NO_ONE, kind=AccountKind.PSP_CLEARING, currency="CNY"
        )
        == -1000
    )
    assert selectors.sum_by_currency() == {"CNY": 0}
    assert selectors.counts() == {"accounts": 3, "transfers": 2, "entries": 4}
    assert drift() == []
    assert selectors.trial_balance() == {
        ("psp_clearing", "CNY"): -1000,
        ("supplier_payable", "CNY"): 400,
        ("tenant_prepaid", "CNY"): 600,
    }


def test_the_same_key_with_the_same_legs_is_the_same_transfer() -> None:
    first, again = top_up(1000), top_up(1000)
    assert again == Posted(first.transfer_id, replayed=True)
    assert not first.replayed
    assert prepaid() == 1000


def test_the_order_of_legs_makes_no_other_transfer() -> None:
    legs = [
        leg(AccountKind.PSP_CLEARING, -5),
        leg(AccountKind.PLATFORM_FEE, 3),
        leg(AccountKind.TAX_WITHHELD, 2),
    ]
    first = services.post(tenant_id=TENANT, kind="x", idempotency_key="k", legs=legs)
    again = services.post(tenant_id=TENANT, kind="x", idempotency_key="k", legs=legs[::-1])
    assert again == Posted(first.transfer_id, replayed=True)


def test_the_same_key_with_another_amount_is_a_conflict() -> None:
    top_up(1000)
    with pytest.raises(Conflict) as caught:
        top_up(1001)
    assert caught.value.code == "idempotency_conflict"
    assert prepaid() == 1000


def test_keys_of_two_tenants_do_not_meet() -> None:
    top_up(1000)
    other = services.post(
        tenant_id=UUID(int=9),
        kind="topup",
        idempotency_key="first",
        legs=[leg(AccountKind.PSP_CLEARING, -1), leg(AccountKind.PLATFORM_FEE, 1)],
    )
    assert not other.replayed


def test_nobody_spends_more_than_there_is() -> None:
    top_up(1000)
    with pytest.raises(InsufficientBalance) as caught, transaction.atomic():
        spend(1001, "a")
    assert caught.value.details == {"missing": 1}
    assert (prepaid(), Transfer.objects.count()) == (1000, 1)
    spend(1000, "a")
    assert prepaid() == 0


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [leg(AccountKind.PLATFORM_FEE, 1)],
        [leg(AccountKind.PSP_CLEARING, -1), leg(AccountKind.PLATFORM_FEE, 2)],
        [leg(AccountKind.PSP_CLEARING, 0), leg(AccountKind.PLATFORM_FEE, 0)],
        [leg(AccountKind.PSP_CLEARING, -1), leg(AccountKind.PLATFORM_FEE, 1, currency="USD")],
        [leg(AccountKind.PSP_CLEARING, -(10**15) - 1), leg(AccountKind.PLATFORM_FEE, 10**15 + 1)],
        [leg(AccountKind.PSP_CLEARING, -1), leg(AccountKind.PLATFORM_FEE, 1, "stranger")],
        [leg(AccountKind.PSP_CLEARING, -1), leg("pocket", 1)],  # type: ignore[arg-type]
        [leg(AccountKind.PSP_CLEARING, -1.0), leg(AccountKind.PLATFORM_FEE, 1)],  # type: ignore[arg-type]
    ],
)
def test_wrong_legs_are_refused_and_leave_nothing(legs: list[Leg]) -> None:
    with pytest.raises(InvalidInput):
        services.post(tenant_id=TENANT, kind="x", idempotency_key="k", legs=legs)
    assert Transfer.objects.count() == Account.objects.count() == 0


@pytest.mark.slow
@given(
    credits_=st.lists(
        st.tuples(
            st.sampled_from(
                [AccountKind.SUPPLIER_PAYABLE, AccountKind.PLATFORM_FEE, AccountKind.COMMISSION_PENDING]
            ),
            st.integers(1, 4),
            st.integers(1, 10**12),
            st.sampled_from(["CNY", "USD"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_posting_sums_to_zero_and_keeps_balances_true(
    credits_: list[tuple[AccountKind, int, int, str]],
) -> None:
    legs = [
        Leg("supplier", UUID(int=owner), kind, currency, amount) for kind, owner, amount, currency in credits_
    ]
    for currency in {leg.currency for leg in legs}:
        total = sum(leg.amount for leg in legs if leg.currency == currency)
        legs.append(leg(AccountKind.PSP_CLEARING, -total, currency=currency))
    posted = services.post(tenant_id=TENANT, kind="x", idempotency_key=str(new_id()), legs=legs)
    assert Entry.objects.filter(transfer_id=posted.transfer_id).count() == len(legs)
    assert set(selectors.sum_by_currency().values()) == {0}
    assert drift() == []
    undone = services.reverse(transfer_id=posted.transfer_id, reason="test", acting_user="tester")
    assert not undone.replayed
    assert drift() == []


def test_a_reversal_undoes_once_and_is_written_down() -> None:
    paid = top_up(1000)
    undone = services.reverse(transfer_id=paid.transfer_id, reason="typed twice", acting_user="Ann")
    again = services.reverse(transfer_id=paid.transfer_id, reason="typed twice", acting_user="Ann")
    assert again == Posted(undone.transfer_id, replayed=True)
    assert prepaid() == 0
    assert Transfer.objects.get(id=undone.transfer_id).reverses_id == paid.transfer_id
    assert AuditEntry.objects.get().reason == "typed twice"


def test_money_that_moved_on_cannot_be_reversed() -> None:
    paid = top_up(1000)
    spend(600, "a")
    with pytest.raises(InsufficientBalance), transaction.atomic():
        services.reverse(transfer_id=paid.transfer_id, reason="too late", acting_user="Ann")
    assert prepaid() == 400


def test_reversing_nothing_is_said() -> None:
    with pytest.raises(NotFound):
        services.reverse(transfer_id=new_id(), reason="", acting_user="Ann")


def test_flows_are_net_per_account_and_can_be_one_kind_only() -> None:
    order = new_id()
    paid = [
        leg(AccountKind.PSP_CLEARING, -100),
        leg(AccountKind.SUPPLIER_PAYABLE, 70, "supplier", SUPPLIER),
        leg(AccountKind.COMMISSION_PENDING, 30, "member", MEMBER),
    ]
    services.post(tenant_id=TENANT, kind="order.paid", idempotency_key="1", legs=paid, subject_id=order)
    back = [leg(AccountKind.PSP_CLEARING, 30), leg(AccountKind.COMMISSION_PENDING, -30, "member", MEMBER)]
    services.post(tenant_id=TENANT, kind="order.refunded", idempotency_key="1", legs=back, subject_id=order)
    assert [flow.amount for flow in selectors.flows(order, kind="order.paid")] == [-100, 70, 30]
    assert [(flow.kind, flow.amount) for flow in selectors.flows(order)] == [
        (AccountKind.PSP_CLEARING, -70),
        (AccountKind.SUPPLIER_PAYABLE, 70),
    ]


def test_a_statement_pages_from_new_to_old() -> None:
    posted = [top_up(amount, str(amount)) for amount in (1, 2, 3)]
    account = Account.objects.get(kind=AccountKind.TENANT_PREPAID).id
    page = selectors.account_statement(account, limit=2)
    assert [row.amount for row in page] == [3, 2]
    rest = selectors.account_statement(account, before=page[-1].transfer_id)
    assert [row.transfer_id for row in rest] == [posted[0].transfer_id]


def test_only_accounts_that_may_not_go_negative_have_a_balance_row() -> None:
    top_up(1000)
    assert Balance.objects.get().account.kind == AccountKind.TENANT_PREPAID
    assert Account.objects.get(kind=AccountKind.PSP_CLEARING).may_go_negative
