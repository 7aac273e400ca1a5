"""Alice's shop, entered."""

from collections.abc import Iterator

import pytest

from kernel.tenancy import in_tenant
from tests.support.world import World


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    """The world, from inside the shop's schema."""
    with in_tenant(world.tenant):
        yield world
