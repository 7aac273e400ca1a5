"""A part of the crowd: for every line "<variant> <buyers>" lets so many try to buy, on four connections.

Answers with how many could, and when it began and ended by a clock that all processes share.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from catalog.stock import services as stock_services  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.errors import OutOfStock  # noqa: E402
from kernel.ids import new_id  # noqa: E402

THREADS = 4


def main() -> None:
    """Serve lines until there are no more."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _n: connection.ensure_connection(), range(THREADS)))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            variant, buyers = line.split()
            began = time.monotonic()
            sold = sum(pool.map(_buy, [UUID(variant)] * THREADS, [int(buyers) // THREADS] * THREADS))
            sys.stdout.write(f"{sold} {began} {time.monotonic()}\n")
            sys.stdout.flush()


def _buy(variant: UUID, buyers: int) -> int:
    bought = 0
    for _buyer in range(buyers):
        try:
            with transaction.atomic():
                stock_services.reserve(
                    reference=new_id(),
                    quantities={variant: 1},
                    expires_at=clock.now() + timedelta(minutes=15),
                )
        except OutOfStock:
            continue
        bought += 1
    return bought


if __name__ == "__main__":
    main()
