"""kill -9 in the middle of selling: nothing is lost, nothing is doubled, the books sum to zero."""

import json
from typing import IO, Any

import pytest

from tests.support.service import Service
from tests.support.volume import volume

pytestmark = [pytest.mark.processes, pytest.mark.volume]
BUYERS = "tests.crash.buyers"
EVERYTHING: tuple[str, ...] = ()
WHILE_PAYING: list[tuple[str, ...]] = volume(
    [("bin/postgres",), ("celery", "worker")],
    [("granian", "config.wsgi"), ("celery", "worker"), ("bin/postgres",), ("sandbox",), EVERYTHING],
)
"""What dies while each of the buyers pays: the process whose command has these words, or all at once."""


def said(lines: IO[str], event: str) -> dict[str, Any]:
    """Read on until a line reports ``event``."""
    for line in lines:
        facts: dict[str, Any] = json.loads(line)
        assert facts["event"] != "doubled", facts
        if facts["event"] == event:
            return facts
    raise AssertionError(f"it ended without {event}")


def test_any_part_may_be_killed_while_people_buy(service: Service) -> None:
    with service.running(BUYERS, "count") as lines:
        stock = said(lines, "stock")["units"]

    with service.running(BUYERS, "buy", str(len(WHILE_PAYING))) as lines:
        for words in WHILE_PAYING:
            said(lines, "paying")
            if words:
                service.kill(*words)
            else:  # as when the power goes; somebody starts it again
                service.kill_everything()
                service.start()
    with service.running(BUYERS, "ship") as lines:
        said(lines, "shipped")
        service.kill("celery", "worker", deepest=False)
        service.kill("bin/postgres")
        facts = said(lines, "facts")

    assert set(facts["sums"].values()) == {0}
    # Each order was paid once, booked once, and sent to its suppliers once.
    assert len(facts["ordered"]) == len(WHILE_PAYING)
    assert facts["paid"] == facts["ordered"] == facts["booked"] == facts["supplied"]
    assert facts["totals"] == facts["taken"] == facts["charged"]
    assert facts["supplier_orders"] == facts["payables"]
    # What suppliers are owed was sent once, and the payment service says the same.
    assert 0 < facts["owed"] == facts["sent"] == facts["transferred"]
    # What is gone from the shelf was sold.
    assert facts["unpaid"] == facts["reserved"] == 0
    assert facts["on_hand"] == stock - facts["sold"]
    died = {part for event, part in service.events() if event == "died"}
    assert {"worker", "postgres", *volume([], ["sandbox"])} <= died


def test_two_services_of_one_folder_or_port_are_refused(service: Service) -> None:
    second = Service(service.var)
    with pytest.raises(RuntimeError, match="another 'banyan up' serves"):
        second.start()
    neighbour = Service(service.var.with_name("neighbour"))
    neighbour.environment["PORT"] = str(service.port)
    with pytest.raises(RuntimeError, match=f"port {service.port} is taken; choose another"):
        neighbour.start()
