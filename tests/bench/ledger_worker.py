"""One client of the row ``ledger``: it posts orders of six legs for so many seconds."""

import random
import sys
import time
from uuid import UUID

import django

django.setup()

from billing.ledger import services  # noqa: E402 - models need Django set up
from billing.ledger.models import AccountKind  # noqa: E402
from billing.ledger.services import Leg  # noqa: E402
from kernel.ids import new_id  # noqa: E402
from kernel.models import NO_ONE  # noqa: E402

TENANTS, SUPPLIERS, MEMBERS = 10, 100, 1000
FIRST_MEMBER, FIRST_SUPPLIER, FIRST_TENANT = 1_000_000, 2_000_000, 3_000_000


def parties(number: int) -> tuple[UUID, UUID, UUID, UUID]:
    """Return tenant, two suppliers and a member of the order ``number``."""
    half = SUPPLIERS // 2
    return (
        UUID(int=FIRST_TENANT + number % TENANTS),
        UUID(int=FIRST_SUPPLIER + number % half),
        UUID(int=FIRST_SUPPLIER + half + number // 7 % half),
        UUID(int=FIRST_MEMBER + number % MEMBERS),
    )


ORDERS = [parties(number) for number in range(MEMBERS)]


def post_order(number: int, key: str) -> None:
    """Post what a paid order of two suppliers posts, in a transaction of its own."""
    tenant, first, second, member = ORDERS[number]
    services.post_alone(
        tenant_id=tenant,
        kind="order.paid",
        idempotency_key=key,
        subject_id=new_id(),
        rule_version=1,
        legs=[
            Leg("platform", NO_ONE, AccountKind.PSP_CLEARING, "CNY", -10_000, NO_ONE),
            Leg("platform", NO_ONE, AccountKind.PLATFORM_FEE, "CNY", 100, NO_ONE),
            Leg("supplier", first, AccountKind.SUPPLIER_PAYABLE, "CNY", 4_000, NO_ONE),
            Leg("supplier", second, AccountKind.SUPPLIER_PAYABLE, "CNY", 2_900, NO_ONE),
            Leg("member", member, AccountKind.COMMISSION_PENDING, "CNY", 1_000),
            Leg("tenant", tenant, AccountKind.TENANT_MARGIN, "CNY", 2_000),
        ],
    )


def main(seconds: float) -> None:
    """Say that this process is ready, wait for a line, post, and print how many a second."""
    post_order(0, new_id().hex)
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.readline()
    started, done = time.perf_counter(), 0
    while time.perf_counter() < started + seconds:
        post_order(random.randrange(MEMBERS), new_id().hex)
        done += 1
    print(done / (time.perf_counter() - started), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(float(sys.argv[1]))
