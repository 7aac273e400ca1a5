"""kill -9 in the middle of selling: nothing is lost, nothing is doubled, the books sum to zero."""

import json
from collections.abc import Iterator
from typing import IO, Any

import pytest

from tests.house import House

pytestmark = pytest.mark.house
BUYERS = "tests.crash.buyers"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running service, the same for all that is done to it here."""
    one = House(tmp_path_factory.mktemp("house"))
    one.start()
    try:
        yield one
    finally:
        one.stop()


def said(lines: IO[str], event: str) -> dict[str, Any]:
    """Read on until a line reports ``event``."""
    for line in lines:
        facts: dict[str, Any] = json.loads(line)
        assert facts["event"] != "doubled", facts
        if facts["event"] == event:
            return facts
    raise AssertionError(f"it ended without {event}")


def test_any_part_may_be_killed_while_people_buy(house: House) -> None:
    with house.running(BUYERS, "prepare") as lines:
        stock = said(lines, "stock")["units"]

    with house.running(BUYERS, "buy", "5") as lines:
        said(lines, "paying")
        house.kill("granian", "config.wsgi")
        said(lines, "paying")
        house.kill("celery", "worker")
        said(lines, "paying")
        house.kill("bin/postgres")
        said(lines, "paying")
        house.kill("sandbox")
        said(lines, "paying")
        # And all of it at once, as when the power goes; somebody starts it again.
        house.kill_everything()
        house.start()
    with house.running(BUYERS, "ship") as lines:
        said(lines, "shipped")
        house.kill("celery", "worker", deepest=False)
        house.kill("bin/postgres")
        facts = said(lines, "facts")

    assert set(facts["sums"].values()) == {0}
    # Each order was paid once, booked once, and sent to its suppliers once.
    assert len(facts["ordered"]) == 5
    assert facts["paid"] == facts["ordered"] == facts["booked"] == facts["supplied"]
    assert facts["totals"] == facts["taken"] == facts["charged"]
    assert facts["supplier_orders"] == facts["payables"]
    # What suppliers are owed was sent once, and the payment service says the same.
    assert 0 < facts["owed"] == facts["sent"] == facts["transferred"]
    # What is gone from the shelf was sold.
    assert facts["unpaid"] == facts["reserved"] == 0
    assert facts["on_hand"] == stock - facts["sold"]
    died = {part for event, part in house.events() if event == "died"}
    assert {"worker", "postgres", "sandbox"} <= died


def test_two_houses_of_one_folder_are_told_and_a_stopped_one_leaves_nothing(house: House) -> None:
    second = House(house.var)
    with pytest.raises(RuntimeError, match="another 'banyan up' serves"):
        second.start()
    neighbour = House(house.var.with_name("neighbour"))
    neighbour.environment["PORT"] = str(house.port)
    with pytest.raises(RuntimeError, match=f"port {house.port} is taken; choose another"):
        neighbour.start()
    house.stop()
    assert house.process
    assert house.process.returncode == 0
    assert not house.ready.exists()
