"""The audit log can be added to and read, nothing else."""

import pytest
from django.db import connection, transaction

from kernel import audit
from kernel.models import AuditEntry
from tests.support.refused import refused_by


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_auditentry SET reason = 'other'",
        "DELETE FROM kernel_auditentry",
        "TRUNCATE kernel_auditentry",
    ],
)
@pytest.mark.django_db
def test_the_database_refuses_to_change_what_was_written(statement: str) -> None:
    audit.record("thing.done", actor="somebody", object_type="thing", object_id=1, reason="because")
    with (
        refused_by("kernel.append_only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().reason == "because"
