"""An empty shop for the agents' tests."""

from collections.abc import Iterator

import pytest

from kernel.tenancy import in_tenant
from tenants.registry.models import Tenant
from tests.support.build import make_tenant


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    tenant = make_tenant()
    with in_tenant(tenant):
        yield tenant
