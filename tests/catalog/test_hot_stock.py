"""Hot variants: the same reserve, commit and release, and a crowd of buyers gets exactly what there is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from catalog.models import Reservation, Stock, StockToken
from catalog.stock import services as stock_services
from kernel import clock
from kernel.errors import NotFound, OutOfStock
from kernel.ids import new_id
from tests.support.build import make_product, make_supplier
from tests.support.volume import volume

SOON = timedelta(minutes=15)
THREADS, BUYERS, UNITS, ROUNDS = 10, volume(200, 1_000), volume(50, 100), volume(1, 2)


def _variant(units: int, *, hot: bool = True, code: str = "farm") -> UUID:
    key: UUID = make_product(make_supplier(code), stock=units).variants.get().pk
    if hot:
        stock_services.set_hot(variant_id=key, hot=True, acting_user="test")
    return key


def _reserve(quantities: dict[UUID, int], reference: UUID | None = None) -> UUID:
    reference = reference or new_id()
    with transaction.atomic():
        stock_services.reserve(reference=reference, quantities=quantities, expires_at=clock.now() + SOON)
    return reference


def _units(variant: UUID) -> tuple[int, int]:
    """Return (free, reserved_units) as they are, whatever the row says."""
    stock_services.count_hot(variant)
    row = Stock.objects.get(variant_id=variant)
    if row.is_hot:
        assert row.available == StockToken.objects.filter(variant_id=variant).count()
    return row.available, row.reserved


def test_every_step_said_twice_counts_once(db: None) -> None:
    variant = _variant(5)
    reference = _reserve({variant: 2})
    _reserve({variant: 2}, reference)
    assert _units(variant) == (3, 2)
    assert stock_services.commit_reservation(reference=reference) is True
    assert stock_services.commit_reservation(reference=reference) is True
    assert stock_services.release_reservation(reference=reference) == 0
    assert _units(variant) == (3, 0)


def test_what_is_released_or_expired_comes_back_and_late_payment_takes_it_again(db: None) -> None:
    variant = _variant(2)
    assert stock_services.release_reservation(reference=_reserve({variant: 2})) == 1
    late = new_id()
    stock_services.reserve(reference=late, quantities={variant: 2}, expires_at=clock.now())
    assert stock_services.release_expired() == 1
    assert _units(variant) == (2, 0)
    assert stock_services.commit_reservation(reference=late) is True
    assert _units(variant) == (0, 0)


def test_a_shortage_holds_nothing_of_either_kind(db: None) -> None:
    hot, cold = _variant(3), _variant(5, hot=False, code="other")
    with pytest.raises(OutOfStock) as refusal:
        _reserve({hot: 4, cold: 1})
    assert refusal.value.details["variant_id"] == str(hot)
    with pytest.raises(OutOfStock):
        _reserve({hot: 1, cold: 6})
    assert (_units(hot), _units(cold)) == ((3, 0), (5, 0))
    assert not Reservation.objects.exists()


def test_switching_there_and_back_loses_nothing(db: None) -> None:
    variant = _variant(10, hot=False)
    before = _reserve({variant: 3})
    stock_services.set_hot(variant_id=variant, hot=True, acting_user="test")
    during = _reserve({variant: 2})
    stock_services.set_hot(variant_id=variant, hot=True, acting_user="test")
    assert _units(variant) == (5, 5)
    stock_services.set_hot(variant_id=variant, hot=False, acting_user="test")
    assert _units(variant) == (5, 5)
    assert not StockToken.objects.exists()
    assert stock_services.commit_reservation(reference=before)
    assert stock_services.release_reservation(reference=during) == 1
    assert _units(variant) == (7, 0)
    with pytest.raises(NotFound):
        stock_services.set_hot(variant_id=new_id(), hot=True, acting_user="test")


@pytest.mark.parametrize("counted", [25, 0, 4])
def test_stock_set_by_hand_becomes_tokens(db: None, counted: int) -> None:
    variant = _variant(10)
    stock_services.set_stock(variant_id=variant, available=counted, acting_user="test")
    assert _units(variant) == (counted, 0)
    stock_services.restock(quantities={variant: 2})
    assert _units(variant) == (counted + 2, 0)


def test_the_database_refuses_to_sell_what_is_not_there(db: None) -> None:
    variant = _variant(1, hot=False)
    for change in ("available = available - 2", "reserved = reserved - 1"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE catalog_stock SET {change} WHERE variant_id = %s", [variant])
    assert _units(variant) == (1, 0)


@pytest.mark.volume
@pytest.mark.parametrize("hot", [True, False], ids=["hot", "ordinary"])
def test_a_crowd_of_buyers_gets_exactly_what_there_is(own_database: str, hot: bool) -> None:
    for number in range(ROUNDS):
        variant = _variant(UNITS, hot=hot, code=f"round-{number}")
        assert _crowd(lambda _n, variant=variant: {variant: 1}) == UNITS  # type: ignore[misc]
        assert _units(variant) == (0, UNITS)
        assert Reservation.objects.filter(variant_id=variant).count() == UNITS


def test_several_units_and_several_variants_at_once_end_without_a_deadlock(own_database: str) -> None:
    variants = [_variant(60, code=f"s{n}", hot=n < 2) for n in range(3)]

    def basket(number: int) -> dict[UUID, int]:
        order = variants if number % 2 else variants[::-1]
        return {variant: 1 + (number + place) % 3 for place, variant in enumerate(order)}

    sold = _crowd(basket, buyers=200)
    assert 20 <= sold <= 60
    for variant in variants:
        free, reserved_units = _units(variant)
        assert free + reserved_units == 60
        assert reserved_units == sum(
            Reservation.objects.filter(variant_id=variant, state="reserved").values_list(
                "quantity", flat=True
            )
        )


def test_units_that_come_back_while_others_wait_are_sold(own_database: str) -> None:
    """A buyer whose transaction fails gives its unit to the one who found every token taken."""
    variant = _variant(1)
    emptied = Barrier(2)

    def fails() -> None:
        try:
            with transaction.atomic():
                stock_services.reserve(
                    reference=new_id(), quantities={variant: 1}, expires_at=clock.now() + SOON
                )
                emptied.wait(600)
                _wait_for_waiter()
                transaction.set_rollback(True)
        finally:
            connection.close()

    def waits() -> UUID:
        try:
            emptied.wait(600)
            return _reserve({variant: 1})
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(fails), pool.submit(waits)
        first.result()
        second.result()
    assert _units(variant) == (0, 1)


@pytest.mark.volume
def test_switching_while_a_crowd_buys_sells_no_unit_twice_and_loses_none(own_database: str) -> None:
    variant = _variant(UNITS)

    def switch() -> None:
        try:
            for hot in (False, True) * 6:
                stock_services.set_hot(variant_id=variant, hot=hot, acting_user="test")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        switching = pool.submit(switch)
        sold = _crowd(lambda _n: {variant: 1}, buyers=volume(150, 400))
        switching.result()
    assert sold == UNITS
    assert _units(variant) == (0, UNITS)


def _crowd(basket: Callable[[int], dict[UUID, int]], *, buyers: int = BUYERS) -> int:
    """Let so many people try to buy at once; return how many could."""
    start = Barrier(THREADS)

    def stand_in_line(first: int) -> int:
        bought = 0
        start.wait(600)
        try:
            for number in range(first, buyers, THREADS):
                try:
                    _reserve(basket(number))
                except OutOfStock:
                    continue
                bought += 1
        finally:
            connection.close()
        return bought

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(stand_in_line, range(THREADS)))


def _wait_for_waiter() -> None:
    """Return when another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        while True:
            # A transaction sees the list of connections as it was when it first looked.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
