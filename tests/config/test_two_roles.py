"""The way of the deployment guide, whole: two roles over TCP, migrate, serve, spawn, a new release, retire.

The service runs as in production, with two web processes, no keys of Stripe and a mail server that is away.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kernel.processes.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.support.cluster import ROOT
from tests.support.service import free_ports

pytestmark = pytest.mark.processes
OWNER_PASSWORD, SERVICE_PASSWORD = "owner's own:word@1", "service/word?2"
OWNER_IN_URL, SERVICE_IN_URL = "owner%27s%20own%3Aword%401", "service%2Fword%3F2"
PACKAGES = ("platform", "billing", "tenants", "storefront_theme", "supply_api")
TRUSTED_LOCALLY = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
NEW_MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("brand", "{newest}")]
    operations = [migrations.RunSQL("CREATE TABLE brand_novelty (id int)", "DROP TABLE brand_novelty")]
"""
WECHAT = {
    f"WECHAT_{name}": "x"
    for name in ("MCHID", "APPID", "PRIVATE_KEY", "CERT_SERIAL", "API_V3_KEY", "PUBLIC_KEY", "PUBLIC_KEY_ID")
}


class Deployment:
    """Servers with real roles, and the service that runs against them."""

    def __init__(self, var: Path, postgres: EmbeddedPostgres, database_port: int, valkey_url: str) -> None:
        self.postgres, self.database_port = postgres, database_port
        self.port, dead_port = free_ports(2)
        self.ready, self.log = var / "ready", var / "up.log"
        address = f"127.0.0.1:{database_port}/banyan"
        self.owner_url = f"postgresql://banyan_owner:{OWNER_IN_URL}@{address}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "BANYAN_ENV": "production",
            "BANYAN_VAR": str(var / "service"),
            "SECRET_KEY": "k7Jq0" * 12,
            "PLATFORM_HOST": "central.banyan.test",
            "PORT": str(self.port),
            "WEB_WORKERS": "2",
            "READY_SCHEMAS": "1",
            "DATABASE_URL": f"postgresql://banyan:{SERVICE_IN_URL}@{address}",
            "VALKEY_URL": valkey_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{dead_port}",
            **WECHAT,
        }

    def as_superuser(self, statement: str) -> list[Any]:
        """Run a statement beside the two roles."""
        url = self.postgres.url.replace("/banyan?", "/banyan?user=postgres&")
        with psycopg.connect(url, port=self.database_port, autocommit=True) as link:
            cursor = link.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def banyan(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the service as production does."""
        return subprocess.run(
            [sys.executable, "-m", "config.cli", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def migrate(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run what the container "migrate" runs."""
        return self.banyan("migrate", "--json", MIGRATION_DATABASE_URL=self.owner_url, **environment)

    def ask(self, path: str, host: str = "central.banyan.test", **form: str) -> httpx.Response:
        """Ask a web process as the proxy does, over a connection of its own."""
        headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        address = f"http://127.0.0.1:{self.port}{path}"
        if not form:
            return httpx.get(address, headers=headers, timeout=600)
        with httpx.Client(timeout=600, headers=headers) as client:
            token = (
                client.get(address).text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
            )
            # The cookie is for TLS only, which the proxy speaks.
            cookie = "; ".join(f"{item.name}={item.value}" for item in client.cookies.jar)
            sent = {"csrfmiddlewaretoken": token, **form}
            return client.post(
                address, data=sent, headers={"Cookie": cookie, "Referer": f"https://{host}{path}"}
            )

    def readiness(self) -> dict[str, Any]:
        """Return what /readyz says; a status of 200 means that all is well, and only that."""
        answer = self.ask("/readyz")
        parts: dict[str, Any] = answer.json()
        assert (answer.status_code == 200) is parts["ok"]
        return parts

    def doctor(self) -> dict[str, dict[str, Any]]:
        """Return what the doctor says, by name."""
        done = self.banyan("doctor", "--json")
        checks: list[dict[str, Any]] = json.loads(done.stdout)
        assert (done.returncode == 0) is all(check["ok"] for check in checks)
        return {check["name"]: check for check in checks}


def wait_until(condition: Callable[[], Any], running: subprocess.Popen[bytes], log: Path) -> None:
    while not condition():
        assert running.poll() is None, log.read_text()[-3000:]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """PostgreSQL with passwords over TCP and Valkey, as empty as on the first day."""
    var = tmp_path_factory.mktemp("deployment")
    (port,) = free_ports(1)
    listening = {"listen_addresses": "127.0.0.1", "port": str(port), "fsync": "off", "max_connections": "60"}
    postgres, valkey = EmbeddedPostgres(var, listening), EmbeddedValkey(var)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PGPORT", str(port))
        postgres.start()
        try:
            (postgres.data / "pg_hba.conf").write_text(TRUSTED_LOCALLY)
            psql = [postgres.bin / "psql", "-X", "-h", postgres.sockets, "-U", "postgres", "-d", "postgres"]
            passwords = [
                "-v",
                f"owner_password={OWNER_PASSWORD}",
                "-v",
                f"service_password={SERVICE_PASSWORD}",
            ]
            subprocess.run([*psql, "-c", "SELECT pg_reload_conf()", "-c", "DROP DATABASE banyan"], check=True)
            roles = ["-v", "ON_ERROR_STOP=1", *passwords, "-f", ROOT / "deploy/postgres/roles.sql"]
            subprocess.run([*psql, *roles], check=True)
            valkey.start()
            yield Deployment(var, postgres, port, valkey.url)
        finally:
            valkey.stop()
            postgres.stop()


@pytest.fixture(scope="module")
def running(deployment: Deployment) -> Iterator[subprocess.Popen[bytes]]:
    """The database migrated by its owner, and the service up without ever having seen that password."""
    done = deployment.migrate()
    assert done.returncode == 0, done.stderr
    with deployment.log.open("ab") as log:
        command = [sys.executable, "-m", "config.cli", "up", "--json", "--ready-file", str(deployment.ready)]
        process = subprocess.Popen(command, cwd=ROOT, env=deployment.environment, stdout=log, stderr=log)
    try:
        wait_until(deployment.ready.exists, process, deployment.log)
        yield process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def shops(deployment: Deployment, running: subprocess.Popen[bytes], tmp_path_factory: Any) -> list[str]:
    """Three shops, more than schemas were ready, opened by the service."""
    hosts = [f"club{number}.banyan.test" for number in range(3)]
    folder = tmp_path_factory.mktemp("blueprints")
    for host in hosts:
        (folder / host).write_text(f"name: {{en: Club}}\nhost: {host}\nowner: {{email: owner@{host}}}\n")
    done = deployment.banyan("spawn", "--json", *(str(folder / host) for host in hosts))
    assert done.returncode == 0, done.stderr
    return hosts


def test_a_process_with_the_owners_password_does_not_begin(deployment: Deployment) -> None:
    assert deployment.migrate().returncode == 0
    as_owner = deployment.environment | {"DATABASE_URL": deployment.owner_url}
    for program in (["-c", "import config.wsgi"], ["-m", "celery", "--app", "config.celery", "worker"]):
        done = subprocess.run(
            [sys.executable, *program], cwd=ROOT, env=as_owner, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1, done.stderr
        assert "owns tables" in done.stderr


def test_the_service_cannot_migrate(deployment: Deployment) -> None:
    done = deployment.banyan("migrate")
    assert done.returncode == 1
    assert "MIGRATION_DATABASE_URL" in done.stderr


def test_shops_sell_and_all_is_ready(deployment: Deployment, shops: list[str]) -> None:
    for host in shops:
        assert deployment.ask("/", host).status_code == 200
        assert deployment.ask("/account/signup/", host).status_code == 200
    assert deployment.readiness() | {"instance": ""} == {
        "ok": True, "instance": "",
        **dict.fromkeys(("database", "cache", "role", "worker", "beat", "shops"), True),
    }  # fmt: skip


def test_a_mail_server_that_is_away_takes_no_page_with_it(
    deployment: Deployment, shops: list[str], running: subprocess.Popen[bytes]
) -> None:
    person = {"email": "ann@example.test", "password1": "long-enough-9"}
    assert deployment.ask("/account/signup/", shops[0], **person).status_code == 302
    code = deployment.ask("/account/login/code/", shops[0], email="ann@example.test")
    assert code.status_code == 302
    failed = (
        "SELECT last_error FROM kernel_event WHERE queue = 'mail' AND handled_at IS NULL AND attempts > 0"
    )
    wait_until(lambda: deployment.as_superuser(failed), running, deployment.log)
    assert deployment.as_superuser(failed)[0][0].count("the mail server did not take it") == 1
    log = (deployment.log.parent / "service" / "log" / "worker.log").read_text()
    assert "ann@example.test" not in log


def test_every_web_process_is_counted_whoever_is_asked(deployment: Deployment, shops: list[str]) -> None:
    def counted() -> float:
        families = text_string_to_metric_families(deployment.ask("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return sum(
            sample.value
            for sample in samples
            if sample.name == "banyan_requests_total" and sample.labels["surface"] == "shop"
        )

    before = counted()
    for _time in range(20):
        deployment.ask("/", shops[0])
    assert {counted() - before for _time in range(6)} == {20}


def test_a_shop_that_cannot_be_read_is_seen(
    deployment: Deployment, shops: list[str], running: subprocess.Popen[bytes]
) -> None:
    domain = f"SELECT t.schema_name FROM registry_tenant t JOIN registry_domain d ON d.tenant_id = t.id" \
        f" WHERE d.domain = '{shops[1]}'"  # fmt: skip
    ((schema,),) = deployment.as_superuser(domain)
    deployment.as_superuser(f"REVOKE USAGE ON SCHEMA {schema} FROM banyan")
    assert deployment.ask("/account/signup/", shops[1]).status_code == 500
    wait_until(lambda: not deployment.readiness()["shops"], running, deployment.log)
    assert schema in deployment.doctor()["shops"]["says"]
    deployment.as_superuser(f"GRANT USAGE ON SCHEMA {schema} TO banyan")
    wait_until(lambda: deployment.readiness()["ok"], running, deployment.log)
    assert deployment.ask("/account/signup/", shops[1]).status_code == 200


def test_a_new_release_changes_every_shop_and_each_goes_on(
    deployment: Deployment, shops: list[str], tmp_path: Path
) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "tenants/brand/migrations"
    newest = max(file.stem for file in folder.glob("0*.py"))
    (folder / "0099_novelty.py").write_text(NEW_MIGRATION.format(newest=newest))
    done = deployment.migrate(PYTHONPATH=f"{tmp_path / 'platform'}:{tmp_path}", PYTHONSAFEPATH="1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["tenants"] == 3
    readable = (
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relname = 'brand_novelty' AND has_schema_privilege('banyan', n.oid, 'USAGE')"
        " AND has_table_privilege('banyan', c.oid, 'SELECT, INSERT')"
    )
    assert deployment.as_superuser(readable)[0][0] >= 3
    for host in shops:
        assert deployment.ask("/", host).status_code == 200


def test_a_shop_is_retired_by_the_service(deployment: Deployment, shops: list[str]) -> None:
    done = deployment.banyan("retire", shops[2], "--yes")
    assert done.returncode == 0, done.stderr
    spaces = "SELECT count(*) FROM pg_namespace WHERE nspname IN (SELECT schema_name FROM registry_tenant)"
    assert deployment.as_superuser(spaces)[0][0] == 2
