"""The audit log can be added to and read, nothing else."""

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from kernel import audit
from kernel.models import AuditEntry


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
        pytest.raises((ProgrammingError, InternalError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().reason == "because"
