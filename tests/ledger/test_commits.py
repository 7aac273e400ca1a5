"""What only real commits and several connections can show."""

import threading
from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from billing.ledger import selectors, services
from billing.ledger.models import AccountKind, Checkpoint, Transfer
from billing.ledger.services import Posted
from kernel.errors import InsufficientBalance
from kernel.models import NO_ONE
from tests.ledger.test_posting import TENANT, leg, prepaid, spend, top_up
from tests.support.books import drift

THREADS = 8


def at_once(*calls: object, atomic: bool = True) -> list[object]:
    """Run the calls in threads that start together, each in a transaction; return results or errors."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int) -> None:
        gate.wait()
        try:
            with transaction.atomic() if atomic else nullcontext():
                results[place] = calls[place]()  # type: ignore[operator]
        except Exception as error:
            results[place] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_key_used_by_many_at_once_posts_once(own_database: str) -> None:
    results = at_once(*[lambda: top_up(100)] * THREADS)
    posted = [result for result in results if isinstance(result, Posted)]
    assert len(posted) == THREADS, results
    assert len({result.transfer_id for result in posted}) == 1
    assert [result.replayed for result in posted].count(False) == 1
    assert prepaid() == 100


def test_many_who_spend_at_once_never_spend_more_than_there_is(own_database: str) -> None:
    with transaction.atomic():
        top_up(500)
    results = at_once(*[lambda number=number: spend(100, str(number)) for number in range(THREADS)])
    assert sum(isinstance(result, Posted) for result in results) == 5
    assert sum(isinstance(result, InsufficientBalance) for result in results) == 3
    assert prepaid() == 0
    assert drift() == []


def test_postings_over_the_same_accounts_in_any_order_never_deadlock(
    own_database: str,
) -> None:
    owners = [UUID(int=number) for number in range(1, 7)]

    def shuffled(number: int) -> Posted:
        order = owners[number % 6 :] + owners[: number % 6]
        legs = [leg(AccountKind.COMMISSION_PENDING, 1, "member", owner) for owner in order]
        legs.append(leg(AccountKind.PSP_CLEARING, -6))
        return services.post(tenant_id=TENANT, kind="x", idempotency_key=str(number), legs=legs)

    for start in range(0, 40, THREADS):
        results = at_once(
            *[lambda number=number: shuffled(number) for number in range(start, start + THREADS)]
        )
        assert all(isinstance(result, Posted) for result in results), results
    assert drift() == []
    assert selectors.sum_by_currency() == {"CNY": 0}
    assert Transfer.objects.count() == 40


def test_a_posting_outside_a_transaction_is_a_mistake(own_database: str) -> None:
    with pytest.raises(RuntimeError):
        top_up(1)


def test_a_posting_alone_is_a_transaction_of_its_own(own_database: str) -> None:
    def fee(amount: int, key: str) -> Posted:
        legs = [
            leg(AccountKind.TENANT_PREPAID, -amount, "tenant", TENANT),
            leg(AccountKind.PLATFORM_FEE, amount),
        ]
        return services.post_alone(tenant_id=TENANT, kind="fee", idempotency_key=key, legs=legs)

    with transaction.atomic():
        top_up(100)
    first = fee(60, "a")
    assert fee(60, "a") == Posted(first.transfer_id, replayed=True)
    with pytest.raises(InsufficientBalance):
        fee(60, "b")
    assert prepaid() == 40, "nothing of a refused posting stays"
    assert Transfer.objects.count() == 2


def test_checkpoints_fold_what_is_final_and_change_no_sum(own_database: str) -> None:
    def clearing() -> int:
        return selectors.balance(
            owner_kind="platform", owner_id=NO_ONE, kind=AccountKind.PSP_CLEARING, currency="CNY"
        )

    margin = timedelta(milliseconds=-2)  # a moment ahead: everything committed is old enough
    for number in range(3):
        with transaction.atomic():
            top_up(100, str(number))
    with transaction.atomic():
        assert services.fold_entries(margin=margin) == 1
    assert (Checkpoint.objects.get().amount, clearing()) == (-300, -300)
    with transaction.atomic():
        top_up(50, "later")
    assert clearing() == -350
    assert services.fold_entries() == 0, "younger than the margin"
    assert services.fold_entries(margin=margin) == 1
    assert services.fold_entries(margin=margin) == 0
    assert (Checkpoint.objects.get().amount, clearing()) == (-350, -350)
