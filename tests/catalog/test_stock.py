"""Stock is never sold twice, and saying the same thing twice changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection, transaction

from catalog.models import Reservation, Stock
from catalog.stock import services as stock_services
from kernel import clock
from kernel.errors import OutOfStock
from kernel.ids import new_id
from tests.support.build import make_product, make_supplier

SOON = timedelta(minutes=15)


def _stock_of(variant_id: UUID) -> tuple[int, int]:
    return Stock.objects.values_list("available", "reserved").get(variant_id=variant_id)


def _variants(*, stock: int, count: int = 1) -> list[UUID]:
    supplier = make_supplier()
    return [make_product(supplier, stock=stock).variants.get().pk for _ in range(count)]


def _reserve(quantities: dict[UUID, int], reference: UUID | None = None) -> UUID:
    reference = reference or new_id()
    with transaction.atomic():
        stock_services.reserve(reference=reference, quantities=quantities, expires_at=clock.now() + SOON)
    return reference


def test_units_move_from_available_to_reserved_to_gone(db: None) -> None:
    (variant,) = _variants(stock=5)
    reference = _reserve({variant: 2})
    assert _stock_of(variant) == (3, 2)
    assert stock_services.commit_reservation(reference=reference) is True
    assert _stock_of(variant) == (3, 0)


def test_every_command_twice_counts_once(db: None) -> None:
    (variant,) = _variants(stock=5)
    reference = _reserve({variant: 2})
    _reserve({variant: 2}, reference)
    assert _stock_of(variant) == (3, 2)
    assert stock_services.commit_reservation(reference=reference) is True
    assert stock_services.commit_reservation(reference=reference) is True
    assert stock_services.release_reservation(reference=reference) == 0
    assert _stock_of(variant) == (3, 0)


def test_a_shortage_names_the_variant_and_reserves_nothing(db: None) -> None:
    plenty, few = sorted(_variants(stock=5, count=2))
    with pytest.raises(OutOfStock) as refusal:
        _reserve({few: 6, plenty: 1})
    assert refusal.value.details["variant_id"] == str(few)
    assert _stock_of(plenty) == _stock_of(few) == (5, 0)
    assert not Reservation.objects.exists()


def test_a_refusal_caught_inside_the_transaction_leaves_it_usable(db: None) -> None:
    first, second = sorted(_variants(stock=1, count=2))
    with transaction.atomic():
        with pytest.raises(OutOfStock):
            stock_services.reserve(
                reference=new_id(), quantities={first: 1, second: 2}, expires_at=clock.now() + SOON
            )
        stock_services.reserve(reference=new_id(), quantities={first: 1}, expires_at=clock.now() + SOON)
    assert _stock_of(first) == (0, 1)


def test_releasing_gives_back_once(db: None) -> None:
    (variant,) = _variants(stock=5)
    reference = _reserve({variant: 2})
    assert stock_services.release_reservation(reference=reference) == 1
    assert stock_services.release_reservation(reference=reference) == 0
    assert _stock_of(variant) == (5, 0)
    assert stock_services.commit_reservation(reference=reference) is False


def test_what_expired_goes_back_on_sale_and_late_payment_takes_it_again(db: None) -> None:
    (variant,) = _variants(stock=2)
    reference = new_id()
    stock_services.reserve(reference=reference, quantities={variant: 2}, expires_at=clock.now())
    kept = _reserve({_variants_of_other(): 1})
    assert stock_services.release_expired() == 1
    assert stock_services.release_expired() == 0
    assert _stock_of(variant) == (2, 0)
    assert Reservation.objects.get(reference=kept).state == Reservation.State.RESERVED
    assert stock_services.commit_reservation(reference=reference) is True
    assert _stock_of(variant) == (0, 0)


def _variants_of_other() -> UUID:
    return make_product(make_supplier("other")).variants.get().pk


def test_late_payment_is_refused_whole_when_one_variant_is_gone(db: None) -> None:
    first, second = _variants(stock=2, count=2)
    reference = new_id()
    stock_services.reserve(reference=reference, quantities={first: 2, second: 2}, expires_at=clock.now())
    stock_services.release_expired()
    _reserve({second: 1})
    assert stock_services.commit_reservation(reference=reference) is False
    assert _stock_of(first) == (2, 0)
    assert _stock_of(second) == (1, 1)


def test_an_unknown_reference_commits_nothing(db: None) -> None:
    assert stock_services.commit_reservation(reference=new_id()) is False


def test_restock_puts_units_back(db: None) -> None:
    first, second = _variants(stock=2, count=2)
    stock_services.restock(quantities={first: 1, second: 3})
    assert _stock_of(first) == (3, 0)
    assert _stock_of(second) == (5, 0)


def test_stock_moves_only_inside_a_transaction(own_database: str) -> None:
    with pytest.raises(RuntimeError):
        stock_services.reserve(reference=new_id(), quantities={new_id(): 1}, expires_at=clock.now())


def test_eight_threads_buying_the_last_five_units_sell_exactly_five(own_database: str) -> None:
    # Each wants both variants, named in opposite orders: unsorted locks would deadlock here.
    variants = _variants(stock=5, count=2)
    start = Barrier(8)

    def buy(number: int) -> bool:
        order = variants if number % 2 else variants[::-1]
        start.wait()
        try:
            _reserve(dict.fromkeys(order, 1))
        except OutOfStock:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        sold = sum(pool.map(buy, range(8)))
    assert sold == 5
    assert [_stock_of(variant) for variant in variants] == [(0, 5), (0, 5)]
    assert Reservation.objects.count() == 10


def test_one_reference_sent_by_eight_threads_holds_once(own_database: str) -> None:
    variants = _variants(stock=50, count=2)
    reference, start = new_id(), Barrier(8)

    def buy(_number: int) -> None:
        start.wait()
        try:
            _reserve(dict.fromkeys(variants, 1), reference)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(buy, range(8)))
    assert [_stock_of(variant) for variant in variants] == [(49, 1), (49, 1)]
