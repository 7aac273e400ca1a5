"""A blueprint makes a live shop once, whole or not at all."""

from pathlib import Path
from threading import Barrier, Thread
from zipfile import ZipFile

import pytest
from django.db import connection
from pydantic import BaseModel

from accounts import roles
from accounts.models import User
from billing.payments import limits
from billing.payments.gateway import GATEWAYS
from kernel.errors import BanyanError, Conflict, InvalidDocument, InvalidInput
from kernel.models import AuditEntry
from kernel.tenancy import in_tenant
from tenants.registry import blueprints, schemas, services
from tenants.registry.models import Domain, ReadySchema, Tenant
from tenants.registry.selectors import find_by_host, shop_url

DOCUMENT = """\
name: {zh-hans: 三六五会员店, en: Club 365}
host: club365.localhost
currency: CNY
locale: zh-hans
timezone: Asia/Shanghai
platform_fee_percent: 1.5
owner: {email: Owner@club365.test, name: 林晓}
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other domains do with their sections is their tests' matter; nobody works on the queue."""
    monkeypatch.setattr(blueprints, "_sections", {})
    monkeypatch.setattr("tenants.registry.tasks.ask_for_refill", lambda: None)


def spawn(document: str = DOCUMENT) -> services.SpawnResult:
    return services.spawn(document=document, acting_user="test")


def schema_names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%%'")
        return {name for (name,) in cursor.fetchall()}


def everything() -> tuple[int, ...]:
    counts = (Tenant, Domain, ReadySchema, AuditEntry, User)
    return (*(model.objects.count() for model in counts), len(schema_names()))


def test_a_document_makes_a_live_shop(own_database: str) -> None:
    schemas.fill_pool(1)
    ready = ReadySchema.objects.get().schema_name
    result = spawn()
    assert result.created
    assert result.tenant.schema_name == ready
    assert result.tenant.platform_fee_bp == 150
    assert not ReadySchema.objects.exists()
    assert find_by_host("club365.localhost") == result.tenant
    assert shop_url(result.tenant, "/cart/") == "http://club365.localhost:8000/cart/"
    with in_tenant(result.tenant):
        owner = User.objects.get()
        assert (owner.email, owner.role, owner.name) == ("owner@club365.test", roles.OWNER, "林晓")
    assert not User.objects.exists()
    assert AuditEntry.objects.get().action == "tenant.spawned"


def test_an_empty_pool_only_costs_time(own_database: str) -> None:
    assert not ReadySchema.objects.exists()
    result = spawn()
    assert result.created
    with in_tenant(result.tenant):
        assert User.objects.count() == 1


def test_the_same_document_again_changes_nothing(own_database: str) -> None:
    first = spawn()
    before = everything()
    again = spawn("# a remark changes nothing\n" + DOCUMENT)
    assert (again.tenant, again.created) == (first.tenant, False)
    assert everything() == before


def test_another_document_for_a_host_that_is_taken_is_refused(own_database: str) -> None:
    spawn()
    before = everything()
    with pytest.raises(Conflict) as caught:
        spawn(DOCUMENT.replace("CNY", "USD"))
    assert (caught.value.field, caught.value.line) == ("host", 2)
    assert caught.value.remedy
    assert everything() == before


def test_two_at_once_with_one_host_make_one_shop(own_database: str) -> None:
    schemas.fill_pool(2)
    documents = [DOCUMENT, DOCUMENT.replace("CNY", "USD")]
    ready, outcomes = Barrier(2), []

    def run(document: str) -> None:
        try:
            ready.wait()
            outcomes.append(spawn(document).created)
        except BanyanError as error:
            outcomes.append(type(error))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(document,)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1
    assert outcomes.count(Conflict) == 1
    assert Tenant.objects.count() == 1
    # The loser's schema went back to the pool.
    assert ReadySchema.objects.count() == 1


def test_every_fault_is_named_with_line_and_remedy_and_nothing_is_left(own_database: str) -> None:
    schemas.fill_pool(1)
    before = everything()
    with pytest.raises(InvalidDocument) as caught:
        spawn(
            "name: {fr: Magasin}\nhots: x.localhost\ncurrency: XQQ\ntimezone: Mars/Olympus\n"
            "platform_fee_percent: 80\nowner: {email: nobody}\n"
        )
    faults = {fault.field: fault for fault in caught.value.faults}
    lines = {field: fault.line for field, fault in faults.items()}
    assert lines == {
        "host": 1,
        "name": 1,
        "hots": 2,
        "currency": 3,
        "timezone": 4,
        "platform_fee_percent": 5,
        "owner.email": 6,
    }
    assert all(str(fault.remedy) for fault in caught.value.faults)
    assert "host" in str(faults["hots"].remedy)
    assert everything() == before


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("name: {en: A\nhost: b.localhost\n", 2),
        ("name: {en: A}\nhost: a.localhost\nhost: b.localhost\n", 3),
        ("a: &x [1]\nb: *x\n", 2),
        ("- a\n- b\n", 1),
        ("", 1),
        ("name: !!python/object/apply:os.system ['true']\n", 1),
    ],
)
def test_what_is_no_blueprint_is_refused_at_its_line(document: str, line: int) -> None:
    with pytest.raises(InvalidDocument) as caught:
        blueprints.parse(document)
    (fault,) = caught.value.faults
    assert fault.line == line
    assert str(fault.remedy)


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XAU", "DEM", "HRK", "CNX", "RMB", "EURO", "cny", "''"])
def test_what_is_no_living_currency_is_refused_at_its_line(currency: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        blueprints.parse(DOCUMENT.replace("currency: CNY", f"currency: {currency}"))
    (fault,) = caught.value.faults
    assert (fault.field, fault.line) == ("currency", 3)
    assert str(fault.remedy)


@pytest.mark.parametrize("currency", ["CNY", "USD", "EUR", "JPY", "RSD", "KWD"])
@pytest.mark.parametrize("gateway", ["", *GATEWAYS])
def test_a_shop_is_paid_in_a_currency_that_its_provider_takes(gateway: str, currency: str) -> None:
    document = DOCUMENT.replace("currency: CNY", f"currency: {currency}") + f"gateway: '{gateway}'\n"
    if limits.of(currency, gateway):
        assert blueprints.parse(document).blueprint.currency == currency
        return
    with pytest.raises(InvalidDocument) as caught:
        blueprints.parse(document)
    (fault,) = caught.value.faults
    assert (fault.field, fault.line) == ("gateway", 8)
    assert all(word in str(fault) for word in ("WeChat Pay", currency, "CNY"))


def test_a_password_is_never_repeated_in_a_fault() -> None:
    with pytest.raises(InvalidDocument) as caught:
        blueprints.parse(DOCUMENT.replace("name: 林晓", "password: short"))
    (fault,) = caught.value.faults
    assert fault.field == "owner.password"
    assert "short" not in str(fault.as_dict()["value"])


class Greeting(BaseModel):
    words: list[str]


def test_a_section_that_fails_undoes_everything_and_is_named_at_its_line(own_database: str) -> None:
    def apply(tenant: Tenant, greeting: Greeting, context: blueprints.SpawnContext) -> None:
        assert context.owner is not None
        assert connection.schema_name == tenant.schema_name
        raise InvalidInput("too short", field="words[1]", remedy="say more")

    blueprints.register_section("greeting", model=Greeting, apply=apply)
    schemas.fill_pool(1)
    before = everything()
    with pytest.raises(InvalidDocument) as caught:
        spawn(DOCUMENT + "greeting:\n  words:\n    - hello\n    - x\n")
    (fault,) = caught.value.faults
    assert (fault.field, fault.line, fault.remedy) == ("greeting.words.1", 11, "say more")
    assert everything() == before


def test_retiring_keeps_the_data_and_frees_the_host(own_database: str, tmp_path: Path) -> None:
    tenant = spawn().tenant
    archive = services.retire(tenant=tenant, export_to=tmp_path, acting_user="test")
    assert find_by_host("club365.localhost") is None
    assert tenant.schema_name not in schema_names()
    assert Tenant.objects.get(pk=tenant.pk).state == Tenant.State.RETIRED
    text = archived(archive, "tenant/accounts_user.jsonl")
    assert "owner@club365.test" in text
    assert "password" not in text
    assert "tenant.spawned" in archived(archive, "shared/kernel_auditentry.jsonl")
    with pytest.raises(Conflict):
        services.retire(tenant=tenant, export_to=tmp_path, acting_user="test")
    assert spawn().created


def archived(archive: Path, name: str) -> str:
    with ZipFile(archive) as bundle:
        return bundle.read(name).decode()
