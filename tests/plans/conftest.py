"""A shop, the sandbox that bills it, and a clock that is set forward in both."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
import time_machine
from django.utils import translation

from billing.plans import selectors
from billing.plans.gateway import biller
from billing.plans.models import Subscription
from billing.plans.subscriptions import services as subscription_services
from kernel import clock
from kernel.events import inbox
from tenants.registry.models import Tenant
from tests.support.sandbox import RunningSandbox
from tests.support.world import World


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Refusals are read in English here."""
    with translation.override("en"):
        yield


@pytest.fixture
def shop(world: World, sandbox: RunningSandbox) -> Iterator[Tenant]:
    """Alice's shop, which nobody bills yet."""
    biller.cache_clear()
    selectors.known_terms.clear()
    yield world.tenant
    biller.cache_clear()
    selectors.known_terms.clear()


@pytest.fixture
def hear(sandbox: RunningSandbox) -> Callable[[], None]:
    """Deliver what happened at the biller since the last time, and work it off."""
    event_ids: set[str] = set()

    def run() -> None:
        for event in sandbox.events():
            if event["id"] not in event_ids:
                event_ids.add(event["id"])
                assert sandbox.deliver(event) == 200
        inbox.handle_waiting()

    return run


@pytest.fixture
def later(sandbox: RunningSandbox, hear: Callable[[], None]) -> Iterator[Callable[[int], None]]:
    """Let days pass here and at the biller, and hear what happened."""
    travel = time_machine.travel(clock.now(), tick=True)
    traveller = travel.start()

    def run(days: int) -> None:
        traveller.shift(timedelta(days=days))
        # The sandbox shares this process's clock: what fell due is done by its next tick.
        assert sandbox.control("clock", seconds="1") == 204
        selectors.known_terms.clear()
        hear()

    yield run
    travel.stop()


def choose_card(shop: Tenant, card: str = "pm_card_visa") -> None:
    """Name a card on the biller's page."""
    page = subscription_services.card_page(tenant=shop, return_url="http://x/console/plan/")
    requests.post(page, data={"card": card}, timeout=60, allow_redirects=False).close()


def start(shop: Tenant, plan: str = "start", card: str = "pm_card_visa") -> Subscription:
    """Subscribe, and name a card where one is given."""
    subscription = subscription_services.subscribe(
        tenant=shop, plan_code=plan, email="alice@x.test", acting_user="Alice"
    )
    if card:
        choose_card(shop, card)
    return subscription


def row_of(shop: Tenant) -> Subscription:
    """The shop's subscription as it stands."""
    return Subscription.objects.select_related("plan").get(tenant_id=shop.id)
