"""Row ``ledger``: six-leg postings a second through Python, beside pgbench writing the same rows.

Ours: eight processes, each posting one transaction after the other with every check. Beside: eight
clients of pgbench with one statement for the transfer, its six entries and the three balances, without
triggers. Neither side prepares its statement on the server: a plan kept for one tenant's schema would be
wrong for the next, so the product may not. Both are durable (fsync) and run on the same cores.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from django.conf import settings

from kernel.processes.embedded import EmbeddedPostgres
from kernel.processes.paths import postgres_url
from tests.bench import ledger_worker
from tests.bench.row import Row

CLIENTS, RUNS, SECONDS = 8, 5, 4

# The accounts of every order there can be, found by its number: the lookup that ours does by owner.
ORDERS = """
CREATE TABLE bench_order (
    number int PRIMARY KEY, tenant uuid, clearing uuid, fee uuid, first uuid, second uuid, member uuid,
    margin uuid)
"""
SAME_ROWS = """
\\set number random(0, {last})
WITH chosen AS MATERIALIZED (SELECT * FROM bench_order WHERE number = :number),
posted AS (
    INSERT INTO ledger_transfer
        (tenant_id, kind, idempotency_key, payload_hash, legs, subject_id, rule_version, occurred_at)
    SELECT tenant, 'order.paid', gen_random_uuid(), '\\x00', 6, gen_random_uuid(), 1, now() FROM chosen
    RETURNING id),
entries AS (
    INSERT INTO ledger_entry (transfer_id, seq, account_id, currency, amount)
    SELECT id, leg.seq, leg.account, 'CNY', leg.amount FROM posted, chosen, LATERAL (VALUES
        (1, clearing, -10000), (2, fee, 100), (3, first, 4000),
        (4, second, 2900), (5, member, 1000), (6, margin, 2000)
    ) AS leg(seq, account, amount))
UPDATE ledger_balance SET amount = ledger_balance.amount + leg.amount
FROM chosen, LATERAL (VALUES (first, 4000), (second, 2900), (member, 1000)) AS leg(account, amount)
WHERE account_id = leg.account;
"""


def run() -> Row:
    """Measure five times each, in turns."""
    var = Path(settings.BANYAN_VAR)
    last = _prepare(var)
    ours, beside = [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ledger.sql"
        script.write_text(SAME_ROWS.format(last=last))
        for _run in range(RUNS):
            ours.append(_postings_per_second())
            beside.append(_pgbench(var, script))
    return Row(
        id="ledger",
        unit="postings/s",
        ours=statistics.median(ours),
        beside=statistics.median(beside),
        ratio=statistics.median(own / other for own, other in zip(ours, beside, strict=True)),
        runs=RUNS,
        note=f"six legs, {CLIENTS} clients",
    )


def _prepare(var: Path) -> int:
    """Post every kind of order once, so that the accounts exist; return the highest number of an order."""
    count = ledger_worker.MEMBERS
    for number in range(count):
        ledger_worker.post_order(number, f"prepare-{number}")
    with psycopg.connect(postgres_url(var), autocommit=True) as link:
        link.execute(ORDERS)
        answer = link.execute("SELECT owner_id, kind, id, tenant_id FROM ledger_account")
        ids = {(owner, kind, tenant): account for owner, kind, account, tenant in answer}
        by_owner = {(owner, kind): account for (owner, kind, _tenant), account in ids.items()}
        rows = []
        for number in range(count):
            tenant, first, second, member = ledger_worker.parties(number)
            rows.append(
                (
                    number,
                    tenant,
                    by_owner[ledger_worker.NO_ONE, "psp_clearing"],
                    by_owner[ledger_worker.NO_ONE, "platform_fee"],
                    by_owner[first, "supplier_payable"],
                    by_owner[second, "supplier_payable"],
                    ids[member, "commission_pending", tenant],
                    by_owner[tenant, "tenant_margin"],
                )
            )
        with link.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_order VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", rows)
        link.execute("VACUUM ANALYZE")
    return count - 1


def _postings_per_second() -> float:
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", ledger_worker.__name__, str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _client in range(CLIENTS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return sum(float(worker.communicate()[0]) for worker in workers)


def _pgbench(var: Path, script: Path) -> float:
    server = EmbeddedPostgres(var)
    done = subprocess.run(
        [
            *(server.bin / "pgbench", "-h", server.sockets, "-U", "postgres", "-n"),
            *("-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "--max-tries", "10"),
            *("-f", script, "banyan"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PGOPTIONS": "-c session_replication_role=replica"},
    )
    answer = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or answer is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(answer[1])
