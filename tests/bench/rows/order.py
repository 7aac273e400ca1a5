"""Row ``order``: paid orders a second, beside pgbench writing the same rows in one statement each.

An order here is everything between a full cart and a booked sale: quote, reserve, pay, split, post, supplier
orders, payables, outbox. Two processes place orders; pgbench has eight clients.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.processes.embedded import EmbeddedPostgres
from kernel.processes.paths import postgres_url
from kernel.tenancy import in_tenant
from tests.bench import order_worker
from tests.bench.order_replica import replica_of
from tests.bench.row import Row

PROCESSES, ORDERS, RUNS, SECONDS = 2, 60, 3, 4


def run() -> Row:
    """Measure; the note says how many statements one order takes."""
    tenant = order_worker.open_shop(buyers=PROCESSES)
    var = Path(settings.BANYAN_VAR)
    with in_tenant(tenant):
        order_worker.place_and_pay(0)  # warm caches
        buyer = order_worker.buyer_of(0)
        order_worker.fill(buyer)
        with CaptureQueriesContext(connection) as queries:
            order_worker.buy(buyer)
    with psycopg.connect(postgres_url(var), autocommit=True) as link, in_tenant(tenant):
        script = replica_of(link, ["public", tenant.schema_name], lambda: order_worker.place_and_pay(0))
    ours, beside = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "order.sql"
        file.write_text(script)
        for _run in range(RUNS):
            ours.append(_orders_per_second(tenant.schema_name))
            beside.append(_pgbench(var, file))
    return Row(
        id="order",
        unit="orders/s",
        ours=statistics.median(ours),
        beside=statistics.median(beside),
        ratio=statistics.median(own / other for own, other in zip(ours, beside, strict=True)),
        runs=RUNS,
        note=f"{len(queries)} statements an order, {PROCESSES} processes",
    )


def _orders_per_second(schema: str) -> float:
    workers = [_start(schema, str(number), str(ORDERS)) for number in range(PROCESSES)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    seconds = [float(worker.communicate()[0]) for worker in workers]
    return PROCESSES * ORDERS / max(seconds)


def _start(*arguments: str) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-m", order_worker.__name__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _pgbench(var: Path, script: Path) -> float:
    server = EmbeddedPostgres(var)
    done = subprocess.run(
        [
            *(server.bin / "pgbench", "-h", server.sockets, "-U", "postgres", "-n", "-c", "8", "-j", "2"),
            *("-T", str(SECONDS), "-f", script, "banyan"),
        ],
        capture_output=True,
        text=True,
        check=False,
        # The reference writes rows only: without triggers, so that it may touch what the ledger guards.
        env=os.environ | {"PGOPTIONS": "-c session_replication_role=replica"},
    )
    figure = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or figure is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(figure[1])
