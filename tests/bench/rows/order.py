"""Row ``order``: paid orders a second, beside pgbench writing the same rows in one statement each.

An order here is everything between a full cart and a booked sale: quote, reserve, pay, settle, post, supplier
orders, payables, outbox. Two processes place orders; pgbench has eight clients.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.bench import order_worker
from tests.bench.bench import Row, bench_server, pgbench_tps
from tests.bench.order_replica import replica_of
from tests.cluster import TEMPLATE

PROCESSES, ORDERS, RUNS = 2, 150, 3


def run() -> Row:
    """Measure; the note says how many statements one order takes."""
    with bench_server() as server, psycopg.connect(server.maintenance_url, autocommit=True) as link:
        ours, beside = [], []
        statements = 0
        for number in range(RUNS):
            name = f"order_{number}"
            link.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")  # type: ignore[call-overload]
            url = server.url_of(name)
            schema, statements = _prepare(url)
            ours.append(_orders_per_second(url))
            with psycopg.connect(server.direct_url_of(name), autocommit=True) as plain:
                script = replica_of(plain, ["public", schema], lambda: _work(url, "one"))
                plain.execute("UPDATE public.catalog_stock SET available = 1000000000")
                plain.execute("UPDATE public.ledger_balance SET amount = 1000000000000")
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "order.sql"
                file.write_text(script)
                beside.append(pgbench_tps(server, name, file, clients=8, seconds=5))
    ratios = [mine / other for mine, other in zip(ours, beside, strict=True)]
    return Row(
        id="order",
        unit="orders/s",
        ours=statistics.median(ours),
        beside=statistics.median(beside),
        ratio=statistics.median(ratios),
        runs=RUNS,
        note=f"{statements} statements an order, {PROCESSES} processes",
    )


def _prepare(url: str) -> tuple[str, int]:
    schema, statements = _work(url, "prepare").split()
    return schema, int(statements)


def _orders_per_second(url: str) -> float:
    workers = [_start(url, "many", str(number), str(ORDERS)) for number in range(PROCESSES)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()  # ready
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    seconds = [float(worker.communicate()[0]) for worker in workers]
    return PROCESSES * ORDERS / max(seconds)


def _work(url: str, *arguments: str) -> str:
    worker = _start(url, *arguments)
    output, _errors = worker.communicate()
    if worker.returncode:
        raise RuntimeError(f"the order worker failed: {arguments}")
    return output.strip()


def _start(url: str, *arguments: str) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-m", order_worker.__name__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DATABASE_URL": url},
    )
