"""The role that the service connects as owns nothing, and can do all that the service does."""

import os
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import translation

from kernel.errors import Conflict
from kernel.tenancy import in_public, in_tenant
from tenants.registry import schemas, selectors, service_role, services
from tenants.registry.models import SchemaScript, Tenant
from tests.support.build import make_tenant

ROLE = f"banyan_service_{os.getpid()}"
"""Roles belong to the cluster, which the other processes of the tests use too."""


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def as_service(own_database: str) -> Iterator[None]:
    """Go on as a role of the service, made when a shop was open and a schema ready already."""
    make_tenant("before.localhost")
    schemas.fill_pool(1)
    sql(f"CREATE ROLE {ROLE}")
    try:
        service_role.grant(ROLE)
        schemas.fill_pool(2)
        sql(f"SET ROLE {ROLE}")
        yield
    finally:
        connection.set_schema_to_public()
        sql("RESET ROLE")
        sql(f"DROP OWNED BY {ROLE}")
        sql(f"DROP ROLE {ROLE}")


def front_page_of(host: str) -> int:
    return Client(headers={"host": host}).get("/").status_code


@pytest.mark.slow
def test_shops_live_in_schemas_that_the_service_does_not_own(as_service: None) -> None:
    """One opened before there was the role, two from the pool, one made on the spot; each sells."""
    assert front_page_of("before.localhost") == 200
    for number in range(3):
        host = f"shop{number}.example.test"
        with in_public():
            document = f"name: {{en: Club}}\nhost: {host}\nowner: {{email: owner@{host}}}\n"
            assert services.spawn(document=document, acting_user="test").created
        assert front_page_of(host) == 200
    with in_public():
        assert selectors.unreadable_schemas() == []
        assert service_role.fault() == ""


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE {shop}.shop_order DISABLE TRIGGER ALL",
        "ALTER TABLE public.kernel_auditentry DISABLE TRIGGER ALL",
        "DROP SCHEMA {shop} CASCADE",
        "CREATE SCHEMA t_mine",
        "CREATE TABLE {shop}.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "UPDATE public.registry_schemascript SET statements = '[\"DROP TABLE kernel_auditentry\"]'",
        "INSERT INTO public.registry_schemascript VALUES ('mine', '[\"DROP TABLE kernel_auditentry\"]')",
        "SELECT registry_create_schema('public', 'x')",
        "SELECT registry_create_schema('t_mine', 'no such script')",
        "SELECT registry_drop_schema('public')",
        "SELECT registry_drop_schema('{shop}')",
        "DELETE FROM public.kernel_auditentry",
        "SET session_replication_role = replica",
    ],
)
def test_the_service_can_switch_off_no_rule(as_service: None, statement: str) -> None:
    schema = Tenant.objects.get(domains__domain="before.localhost").schema_name
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(statement.format(shop=schema))
    assert front_page_of("before.localhost") == 200


def test_a_shop_that_the_service_may_not_read_is_named(as_service: None) -> None:
    schema = Tenant.objects.get(domains__domain="before.localhost").schema_name
    sql("RESET ROLE")
    sql(f"REVOKE USAGE ON SCHEMA {schema} FROM {ROLE}")
    sql(f"SET ROLE {ROLE}")
    assert selectors.unreadable_schemas() == [schema]
    sql("RESET ROLE")
    sql(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
    sql(f"REVOKE SELECT ON {schema}.shop_order FROM {ROLE}")
    sql(f"SET ROLE {ROLE}")
    assert selectors.unreadable_schemas() == [schema]


def test_what_the_migration_did_not_bring_is_asked_for(as_service: None) -> None:
    sql("RESET ROLE")
    SchemaScript.objects.all().delete()
    sql(f"SET ROLE {ROLE}")
    with translation.override("en"):
        with pytest.raises(Conflict, match="run banyan migrate"):
            schemas.ensure_script()
        with pytest.raises(Conflict, match="run banyan migrate"), transaction.atomic():
            schemas.create_schema("t_new")


def test_a_role_above_the_rules_is_found_out(own_database: str) -> None:
    assert "stands above all rules" in service_role.fault()
    for options, sentence in (("BYPASSRLS", "stands above all rules"), ("", "owns tables")):
        sql(f"CREATE ROLE {ROLE} {options}")
        if not options:
            sql(f"ALTER TABLE kernel_event OWNER TO {ROLE}")
        sql(f"SET ROLE {ROLE}")
        assert sentence in service_role.fault()
        sql("RESET ROLE")
        sql(f"REASSIGN OWNED BY {ROLE} TO postgres")
        sql(f"DROP ROLE {ROLE}")


WRONG_NAMES = ["public", "pg_catalog", "t_", "T_x", "t_x; DROP TABLE kernel_event", "t_" + "x" * 61]


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_only_schemas_of_tenants_are_made_and_dropped(own_database: str, name: str) -> None:
    for change in (schemas.create_schema, schemas.drop_schema):
        with pytest.raises(Conflict), transaction.atomic():
            change(name)
    with in_tenant(make_tenant("shop.localhost")):
        assert front_page_of("shop.localhost") == 200
