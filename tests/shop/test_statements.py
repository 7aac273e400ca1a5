"""How many statements a paid order takes: each is a round trip, most of them while others wait for a lock."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.tenancy import in_tenant
from tests.bench import order_worker

MOST = 25
"""Quote, order and payment of three lines of two suppliers, two levels to be paid; BEGIN and COMMIT too."""


def test_a_paid_order_takes_few_statements(own_database: str) -> None:
    tenant = order_worker.open_shop(buyers=1)
    with in_tenant(tenant):
        buyer = order_worker.buyer_of(0)
        order_worker.fill(buyer)
        order_worker.buy(buyer)  # what a process reads once
        order_worker.fill(buyer)
        with CaptureQueriesContext(connection) as queries:
            order_worker.buy(buyer)
    sent = [query["sql"] for query in queries.captured_queries]
    assert len(sent) <= MOST, "\n\n".join(text[:200] for text in sent)
    assert not [text for text in sent if text.startswith(("SAVEPOINT", "SET "))]
