"""Row ``flash``: 1,000 buyers for 100 units of one variant, beside pgbench taking tokens with SKIP LOCKED.

A buyer of ours reserves through the catalogue's own function, in a transaction: is it for sale, take a unit,
keep a reservation that expires. The reference takes a token and writes the buyer on it, in one statement.
Both have eight connections. After every round exactly 100 must be sold.
"""

import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from catalog.models import Price, Product, Reservation, Stock, Supplier, Variant
from catalog.stock import services as stock_services
from kernel.processes.embedded import EmbeddedPostgres
from tests.bench import flash_worker
from tests.bench.row import Row

PROCESSES, BUYERS, UNITS, RUNS, ROUNDS = 2, 1_000, 100, 5, 100
TOKEN = """\
UPDATE beside_token SET buyer = gen_random_uuid() WHERE id = (
    SELECT id FROM beside_token WHERE buyer IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
);
"""


def run() -> Row:
    """Measure in turns, ours and the reference; then as many rounds as it takes to make ROUNDS."""
    supplier = Supplier.objects.create(code="bench", name={"en": "Bench"})
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE beside_token (id bigserial PRIMARY KEY, buyer uuid)")
        cursor.execute("CREATE INDEX ON beside_token (id) WHERE buyer IS NULL")
    crowd = [_start() for _process in range(PROCESSES)]
    ours, beside = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(TOKEN)
        script.flush()
        _round(crowd, supplier)
        for _run in range(RUNS):
            ours.append(_round(crowd, supplier))
            beside.append(_reference(Path(script.name)))
    more = [_round(crowd, supplier) for _round_number in range(ROUNDS - RUNS - 1)]
    for worker in crowd:
        worker.communicate("")
    return Row(
        id="flash",
        unit="buyers/s",
        ours=statistics.median(ours),
        beside=statistics.median(beside),
        ratio=round(statistics.median(own / other for own, other in zip(ours, beside, strict=True)), 3),
        runs=RUNS,
        note=f"exactly {UNITS} of {BUYERS} in each of {RUNS + 1 + len(more)} rounds",
    )


def _round(crowd: list["subprocess.Popen[str]"], supplier: Supplier) -> float:
    """Sell one hot variant out to the crowd; return buyers a second."""
    product = Product.objects.create(
        supplier=supplier, handle=f"p{Product.objects.count()}", title={"en": "Flash"}
    )
    variant = Variant.objects.create(product=product)
    Price.objects.create(variant=variant, currency="CNY", cost=1, suggested=2, minimum=1)
    Stock.objects.create(variant=variant, available=UNITS)
    stock_services.set_hot(variant_id=variant.pk, hot=True, acting_user="bench")
    for worker in crowd:
        assert worker.stdin is not None
        worker.stdin.write(f"{variant.pk} {BUYERS // PROCESSES}\n")
        worker.stdin.flush()
    answers = []
    for worker in crowd:
        assert worker.stdout is not None
        answers.append(worker.stdout.readline().split())
    sold = sum(int(count) for count, _began, _ended in answers)
    stock_services.count_hot(variant.pk)
    row = Stock.objects.get(variant=variant)
    held = Reservation.objects.filter(variant=variant).count()
    if (sold, held, row.available, row.reserved) != (UNITS, UNITS, 0, UNITS):
        raise RuntimeError(f"{sold} sold, {held} reservations, {row.available} left of {UNITS}")
    seconds = max(float(ended) for *_count, ended in answers) - min(float(began) for _n, began, _e in answers)
    return BUYERS / seconds


def _start() -> "subprocess.Popen[Any]":
    worker = subprocess.Popen(
        [sys.executable, "-m", flash_worker.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    return worker


def _reference(script: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE beside_token")
        cursor.execute("INSERT INTO beside_token (buyer) SELECT NULL FROM generate_series(1, %s)", [UNITS])
    server = EmbeddedPostgres(Path(settings.BANYAN_VAR))
    done = subprocess.run(
        [
            *(server.bin / "pgbench", "-h", server.sockets, "-U", "postgres", "-n", "-c", "8", "-j", "2"),
            *("-t", str(BUYERS // 8), "-f", script, "banyan"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    figure = re.search(r"tps = ([\d.]+)", done.stdout)
    assert figure is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(buyer) FROM beside_token")
        if cursor.fetchone()[0] != UNITS:
            raise RuntimeError("the reference did not sell all")
    return float(figure[1])
