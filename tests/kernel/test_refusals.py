"""Whatever the database refuses reaches people as a sentence of ours, in their language."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import translation

from billing.ledger.models import Transfer
from catalog.models import Category
from kernel.database import refusals
from kernel.database.sql_files import files_of
from kernel.errors import Conflict, InvalidInput
from kernel.models import NO_ONE, AuditEntry
from tests.kernel.test_database_rules import CONSTRAINTS, catalogue
from tests.support.cluster import READY
from tests.support.refused import refused_by

FILES = [file for app in apps.get_app_configs() for file in files_of(Path(app.path))]
RAISE = re.compile(r"RAISE (?!EXCEPTION '(?P<key>[a-z]+\.[a-z_]+)'\s+USING ERRCODE = )[^;]*;")
KEY = re.compile(r"RAISE EXCEPTION '([^']*)'")
STATES = re.compile(r"'(BN\w*)'")
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION .*?\nEND \$\$;", re.DOTALL)
UNDO = "RAISE SQLSTATE 'BN002';"


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def keys_raised() -> set[str]:
    return {key for file in FILES for key in KEY.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}/{file.name}")
def test_every_raise_carries_a_key_or_undoes_a_block(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert {match.group() for match in RAISE.finditer(text)} <= {UNDO}
    assert set(STATES.findall(text)) <= {"BN001", "BN002"}
    for function in FUNCTION.findall(text):
        assert (UNDO in function) <= ("EXCEPTION WHEN SQLSTATE 'BN002'" in function)


@pytest.mark.django_db
def test_every_key_is_explained_and_every_explanation_is_of_something() -> None:
    explained = refusals.explained
    raised = keys_raised()
    assert len(raised) > READY
    assert raised == {key for key in explained if "." in key}
    constraints = {name for _table, name in catalogue(CONSTRAINTS)}
    assert {key for key in explained if "." not in key} <= constraints


@pytest.mark.parametrize("key", sorted([*refusals.explained, *refusals.BY_STATE]))
def test_every_refusal_is_said_in_chinese(key: str) -> None:
    refusal = refusals.explained.get(key) or refusals.BY_STATE[key]
    for text in filter(None, (refusal.message, refusal.remedy)):
        with translation.override("en"):
            english = str(text)
        with translation.override("zh-hans"):
            chinese = str(text)
        assert re.search("[\u4e00-\u9fff]", chinese), english
        assert set(re.findall(r"%\(\w+\)s", chinese)) == set(re.findall(r"%\(\w+\)s", english))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "key", "kind", "sentence"),
    [
        (
            "TRUNCATE kernel_auditentry",
            "kernel.append_only",
            Conflict,
            "已记录的内容不能更改或删除",
        ),
        (
            "INSERT INTO catalog_category (id, slug, name, position, required_licences)"
            " SELECT uuidv7(), slug, name, position, required_licences FROM catalog_category",
            "catalog_category_slug_key",
            Conflict,
            "已经有了",
        ),
        ("UPDATE catalog_category SET slug = NULL", "", InvalidInput, "缺少必填内容"),
        ("UPDATE catalog_category SET slug = repeat('x', 999)", "", InvalidInput, "内容过长或过大"),
        ("UPDATE catalog_category SET parent_id = uuidv7()", None, Conflict, "相关内容已不存在，或仍在使用"),
    ],
)
def test_what_a_statement_is_refused_for(statement: str, key: str | None, kind: type, sentence: str) -> None:
    Category.objects.create(slug="tea", name={"en": "Tea"})
    with pytest.raises(refusals.RefusedByDatabase) as caught, transaction.atomic():
        execute(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")
    assert key is None or caught.value.key == key
    assert isinstance(caught.value, kind)
    assert isinstance(caught.value, DatabaseError)
    with translation.override("zh-hans"):
        assert str(caught.value.message) == sentence


def test_what_a_commit_is_refused_for(own_database: str) -> None:
    with refused_by("ledger.legs_missing"), transaction.atomic():
        Transfer.objects.create(tenant_id=NO_ONE, kind="x", idempotency_key="k", payload_hash=b"", legs=2)
    assert Transfer.objects.count() == 0
    assert AuditEntry.objects.count() >= 0, "the connection still works"


@pytest.mark.django_db
def test_djangos_own_handling_of_a_race_stays() -> None:
    Category.objects.create(slug="tea", name={"en": "Tea"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.create(slug="tea", name={"en": "Tea again"})
    assert Category.objects.get_or_create(slug="tea")[1] is False


@pytest.mark.django_db
def test_wrong_sql_is_no_refusal() -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        execute("SELECT 1 / 0")
    assert not isinstance(caught.value, refusals.RefusedByDatabase)
