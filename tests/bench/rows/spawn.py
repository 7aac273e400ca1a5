"""From a document to the first page of the shop, beside django-tenants' own way: migrate on save."""

from unittest.mock import patch

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from kernel.ids import new_id
from tenants.registry import schemas, services, tasks
from tenants.registry.models import Domain, ReadySchema, Tenant
from tests.bench.row import Row, median_of, seconds

_browser = Client()
SIZES = (10, 200)
RUNS = 7
STOCK_RUNS = 3
DOCUMENT = """\
name: {{zh-hans: 新店, en: New shop}}
host: {host}
currency: CNY
locale: zh-hans
timezone: Asia/Shanghai
preset: deposit-club
owner: {{email: owner@{host}.example, name: 林晓}}
"""


def run() -> Row:
    """Spawn shops when 10 and when 200 stand already; the worse ratio counts."""
    ratios, notes, last = {}, [], (0.0, 0.0)
    # The pool is filled between the runs here, not by a worker that would share the processors.
    with patch.object(tasks, "ask_for_refill"):
        _spawn()
        for size in SIZES:
            _grow(size)
            schemas.fill_pool(RUNS + 2)
            ours = median_of(RUNS, lambda: seconds(_spawn))
            stock = median_of(STOCK_RUNS, lambda: seconds(_stock))
            ratios[f"at {size}"] = round(stock / ours, 1)
            notes.append(f"at {size} tenants {ours * 1000:.0f} ms, stock {stock * 1000:.0f} ms")
            last = (ours, stock)
    ours, stock = last
    return Row("spawn", "ms", ours * 1000, stock * 1000, min(ratios.values()), RUNS, "; ".join(notes), ratios)


def _spawn() -> None:
    host = f"s{new_id().hex}.example"
    services.spawn(document=DOCUMENT.format(host=host), acting_user="bench")
    _first_page(host)


def _stock() -> None:
    """What a tenant costs when its schema is migrated as it is saved; it has no brand and no rules."""
    host = f"s{new_id().hex}.example"
    connection.set_schema_to_public()
    tenant = Tenant(schema_name=schemas.new_schema_name(), name={"en": "Stock"})
    with transaction.atomic():
        Tenant.objects.bulk_create([tenant])
        Domain.objects.bulk_create([Domain(tenant=tenant, domain=host, is_primary=True)])
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
    call_command("migrate_schemas", schema_name=tenant.schema_name, interactive=False, verbosity=0)


def _grow(size: int) -> None:
    """Let ``size`` tenants stand, each with all its tables."""
    connection.set_schema_to_public()
    missing = size - Tenant.objects.count()
    schemas.fill_pool(missing)
    for name in list(ReadySchema.objects.values_list("schema_name", flat=True)[: max(missing, 0)]):
        with transaction.atomic():
            ReadySchema.objects.filter(schema_name=name).delete()
            tenant = Tenant(schema_name=name, name={"en": "Neighbour"}, fingerprint=schemas.fingerprint())
            Tenant.objects.bulk_create([tenant])
            Domain.objects.bulk_create([Domain(tenant=tenant, domain=f"{name}.example".replace("_", "-"))])


def _first_page(host: str) -> None:
    answer = _browser.get("/", headers={"host": host})
    if answer.status_code != 200:
        raise RuntimeError(f"the first page of {host} answered {answer.status_code}")
