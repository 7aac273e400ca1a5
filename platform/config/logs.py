"""Every log line says which tenant and which request it belongs to."""

import logging
from contextvars import ContextVar

from django.db import connection

request_id: ContextVar[str] = ContextVar("request_id", default="")


class TenantFilter(logging.Filter):
    """Adds ``schema`` and ``request_id`` to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with two fields more."""
        record.schema = getattr(connection, "schema_name", "")
        record.request_id = request_id.get()
        return True
