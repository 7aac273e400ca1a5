"""Units set aside: nobody but those entitled buys them, nothing is sold twice, what is left comes back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from catalog.allocations import services as allocation_services
from catalog.allocations.services import AllocatedUnits
from catalog.models import Allocation, Reservation, Stock
from catalog.stock import services as stock_services
from kernel import clock
from kernel.errors import OutOfStock
from kernel.ids import new_id
from tests.support.build import make_product, make_supplier

TENANT, HOST, OTHER = new_id(), new_id(), new_id()
HOUR = timedelta(hours=1)


def set_aside(units: int = 10, stock: int = 30, holder: UUID | None = HOST) -> Allocation:
    variant = make_product(make_supplier(f"s{new_id().hex}"), stock=stock).variants.get()
    now = clock.now()
    allocation = Allocation(
        tenant_id=TENANT,
        campaign_id=new_id(),
        variant=variant,
        holder=holder,
        units=units,
        starts_at=now,
        ends_at=now + HOUR,
        matrix_until=now + 2 * HOUR,
    )
    with transaction.atomic():
        allocation_services.create_allocation(allocation)
    return allocation


def buy(
    allocation: Allocation, through: UUID, quantity: int = 1, *, is_open: bool = False, tenant: UUID = TENANT
) -> UUID:
    reference = new_id()
    with transaction.atomic():
        allocation_services.reserve(
            reference=reference,
            units=[AllocatedUnits(allocation.pk, is_open, quantity)],
            expires_at=clock.now() + timedelta(minutes=30),
            tenant_id=tenant,
            through=[through],
        )
    return reference


def units(allocation: Allocation) -> tuple[int, int, int, int, int, int]:
    """Own, open, reserved, sold, returned; and what is free in the stock."""
    row = Allocation.objects.get(pk=allocation.pk)
    free = Stock.objects.get(variant_id=allocation.variant_id).available
    return row.own, row.open, row.reserved, row.sold, row.returned, free


def test_a_sellers_units_are_for_those_who_come_through_him(db: None) -> None:
    allocation = set_aside()
    assert units(allocation) == (10, 0, 0, 0, 0, 20)
    sold = buy(allocation, HOST, 3)
    assert stock_services.commit_reservation(reference=sold)
    assert stock_services.commit_reservation(reference=sold)
    for refused in (
        lambda: buy(allocation, OTHER),
        lambda: buy(allocation, HOST, 8),
        lambda: buy(allocation, HOST, is_open=True),
        lambda: buy(allocation, HOST, tenant=OTHER),
    ):
        with pytest.raises(OutOfStock):
            refused()
    assert units(allocation) == (7, 0, 0, 3, 0, 20)


def test_what_is_released_is_sold_by_others_and_the_rest_is_stock_again(db: None) -> None:
    allocation = set_aside()
    assert allocation_services.open_to_others(tenant_id=OTHER, campaign_id=allocation.campaign_id) == 0
    assert (
        allocation_services.open_to_others(
            tenant_id=TENANT, campaign_id=allocation.campaign_id, units={allocation.variant_id: 4}
        )
        == 4
    )
    reserved = buy(allocation, OTHER, 2, is_open=True)
    assert units(allocation) == (6, 2, 2, 0, 0, 20)
    stock_services.release_reservation(reference=reserved)
    assert units(allocation) == (6, 4, 0, 0, 0, 20)
    late = buy(allocation, HOST)
    with time_machine.travel(clock.now() + HOUR):
        # Nobody has followed yet: the hour counts, not the worker.
        assert units(allocation) == (5, 4, 1, 0, 0, 20)
        with pytest.raises(OutOfStock):
            buy(allocation, HOST)
        buy(allocation, OTHER, 9, is_open=True)
        assert stock_services.release_expired() == 1
        assert units(allocation) == (1, 0, 9, 0, 0, 20)
    with time_machine.travel(clock.now() + 2 * HOUR):
        for _again in range(2):
            allocation_services.follow_times(campaign_id=allocation.campaign_id)
        assert units(allocation) == (0, 0, 9, 0, 1, 21)
        assert stock_services.commit_reservation(reference=late)  # paid late: a unit of the stock
        assert stock_services.release_expired() == 1
        assert units(allocation) == (0, 0, 0, 0, 10, 29)


def test_nobody_sets_aside_what_is_not_there_or_moves_units_by_hand(db: None) -> None:
    with pytest.raises(OutOfStock):
        set_aside(31)
    allocation = set_aside()
    for change in ("sold = 1", "units = 9", "own = own + 1", "returned = -1, own = 11", "closed_at = now()"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE catalog_allocation SET {change} WHERE id = %s", [allocation.pk])
    with pytest.raises(DatabaseError), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).delete()
    allocation_services.end_allocations(tenant_id=OTHER, campaign_id=allocation.campaign_id)
    assert units(allocation) == (10, 0, 0, 0, 0, 20)
    allocation_services.end_allocations(tenant_id=TENANT, campaign_id=allocation.campaign_id)
    assert units(allocation) == (0, 0, 0, 0, 10, 30)


def test_at_the_moment_of_release_exactly_what_there_is_is_sold(own_database: str) -> None:
    allocation, start = set_aside(20, 40), Barrier(9)

    def crowd(number: int) -> int:
        start.wait()
        bought = 0
        for _try in range(10):
            is_open = bool(number % 2)
            try:
                buy(allocation, OTHER if is_open else HOST, is_open=is_open)
                bought += 1
            except OutOfStock:
                continue
        connection.close()
        return bought

    def free() -> int:
        start.wait()
        for _each in range(20):
            with transaction.atomic():
                left = Allocation.objects.select_for_update().get(pk=allocation.pk).own
                allocation_services.open_to_others(
                    tenant_id=TENANT,
                    campaign_id=allocation.campaign_id,
                    units={allocation.variant_id: min(1, left)},
                )
        connection.close()
        return 0

    with ThreadPoolExecutor(9) as pool:
        jobs = [*(pool.submit(crowd, number) for number in range(8)), pool.submit(free)]
        sold = sum(job.result() for job in jobs)
    own, opened, reserved, _sold, _returned, stock = units(allocation)
    assert reserved == sold == Reservation.objects.filter(allocation=allocation).count()
    assert (own + opened + reserved, stock) == (20, 20)
    assert sold <= 20
