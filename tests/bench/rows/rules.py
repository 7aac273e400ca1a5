"""Row ``rules``: orders split a second on one core, beside the 100,000 that a flash sale asks for.

The orders are ordinary: three lines, a fee, a line of ten people above the buyer, two levels of commission
and a service fee. Nothing is prepared but the document; every order is split from scratch. Beside it the
simulation of 1,000,000 people over 12 months, a process of its own, beside one minute and 2 GiB.
"""

import resource
import statistics
import subprocess
import sys
import time

from tenants.agents.rules.document.parsing import parse
from tenants.agents.rules.sale.values import Chain, Person, SaleLine, SaleOrder
from tenants.agents.rules.splitting.split import split_order
from tests.bench.row import Row

ORDERS, RUNS, BESIDE = 50_000, 7, 100_000.0
SIMULATIONS, SECONDS, MEMORY = 3, 60.0, 2048.0
SIMULATE = ("-m", "config.cli", "simulate", "share-lock", "--members=1000000", "--months=12", "--json")
DOCUMENT = """
name: two levels and a provider
roles:
  - {id: keeper, name: Keeper}
  - {id: provider, name: Provider, company: true}
earn:
  - {id: share, kind: commission, payee: sharer, percent: 8}
  - {id: second, kind: commission, payee: second, percent: 2}
  - {id: service, kind: service_fee, payee: nearest_above, percent: 5, when: {payee_roles: [provider]}}
limits: {payout: {percent: 100, of: margin}}
tax: {commission: withheld_by_platform, service_fee: invoice_by_company}
"""


def run() -> Row:
    """Measure; one earning's explanation is checked, so that a fast wrong answer does not count."""
    rules = parse(DOCUMENT).at_version(1)
    line = [Person(f"above{number}", frozenset({"keeper"})) for number in range(9)]
    line.append(Person("provider", frozenset({"provider"}), company=True))
    chain = Chain(Person("buyer"), line[0], line[1], tuple(line))
    orders = [_order(number) for number in range(ORDERS)]
    earnings = split_order(orders[0], chain, rules).earnings
    if [earning.earn_id for earning in earnings] != ["share", "second", "service", "margin"]:
        raise RuntimeError("the split order is not the one this row speaks of")

    def splits_per_second() -> float:
        # Processor time: the row speaks of one core, not of how busy the machine is.
        started = time.process_time()
        for order in orders:
            split_order(order, chain, rules)
        return ORDERS / (time.process_time() - started)

    ours = statistics.median(splits_per_second() for _run in range(RUNS))
    seconds, peak = _simulated()
    ratios = (ours / BESIDE, SECONDS / seconds, MEMORY / peak)
    return Row(
        "rules",
        "orders/s",
        ours,
        BESIDE,
        min(ratios),
        RUNS,
        "three lines, three payees, one core; "
        f"simulate 1,000,000 x 12 months: {seconds:.1f} s, {peak:.0f} MiB",
        {"simulate_seconds": seconds, "simulate_mebibytes": peak},
    )


def _simulated() -> tuple[float, float]:
    """Return the median seconds of a whole run of the command, and the most memory that any took, in MiB."""

    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *SIMULATE], check=True, capture_output=True)
        return time.perf_counter() - started

    seconds = statistics.median(once() for _run in range(SIMULATIONS))
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _order(number: int) -> SaleOrder:
    lines = tuple(
        SaleLine(f"{number}-{part}", f"p{part}", ("food",), (), 1 + part, 10_000 + number + part, 6_000)
        for part in range(3)
    )
    return SaleOrder(str(number), "CNY", lines, 300 + number % 7)
