"""A host leads to its own shop, costs no query once it is known, and a strange one names nobody."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from config.tls import tls_allowed
from tenants.registry.middleware import TenantMiddleware
from tenants.registry.models import Tenant
from tests.support.build import make_tenant

pytestmark = pytest.mark.django_db


def ask(host: str, path: str = "/") -> tuple[HttpResponse, HttpRequest]:
    request = RequestFactory().get(path, headers={"host": host})
    schema: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        schema.append(str(connection.schema_name))
        return HttpResponse(schema[0])

    handler: Callable[[HttpRequest], HttpResponse] = TenantMiddleware(view)
    return handler(request), request


@pytest.mark.parametrize(
    "host", ["alice.localhost", "ALICE.localhost", "alice.localhost:8000", "alice.localhost."]
)
def test_a_host_leads_to_its_shop(host: str) -> None:
    tenant = make_tenant("alice.localhost")
    response, request = ask(host)
    assert response.content.decode() == tenant.schema_name
    assert request.tenant == tenant


def test_a_known_host_costs_no_query() -> None:
    make_tenant("alice.localhost")
    ask("alice.localhost")
    with CaptureQueriesContext(connection) as queries:
        ask("alice.localhost")
    assert len(queries) == 0


def test_a_strange_host_gets_a_404_that_names_nobody() -> None:
    make_tenant("alice.localhost")
    response, _request = ask("mallory.localhost")
    assert response.status_code == 404
    assert response.content == b"Not found."


def test_a_shop_answers_as_soon_as_it_is_spawned() -> None:
    assert ask("alice.localhost")[0].status_code == 404
    make_tenant("alice.localhost")
    assert ask("alice.localhost")[0].status_code == 200


def test_a_retired_shop_answers_no_more() -> None:
    make_tenant("alice.localhost", state=Tenant.State.RETIRED)
    assert ask("alice.localhost")[0].status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "10.2.3.4", "web:8000"])
def test_the_platform_has_a_host_and_machines_their_paths(host: str) -> None:
    assert ask("localhost:8000")[0].content == b"public"
    assert ask(host, "/readyz")[0].content == b"public"
    assert ask(host, "/console/")[0].status_code == 404
    assert ask("mallory.localhost", "/readyz")[0].status_code == 404


def test_a_host_that_is_none_is_refused() -> None:
    assert ask("a/b")[0].status_code == 400


def test_the_proxy_gets_certificates_for_open_shops_only() -> None:
    make_tenant("alice.localhost")

    def answer(domain: str) -> int:
        return tls_allowed(RequestFactory().get("/tls-allowed", {"domain": domain})).status_code

    assert answer("Alice.localhost") == 200
    assert answer("mallory.localhost") == 404
    assert answer("") == 404
