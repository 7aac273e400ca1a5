"""Identifiers: UUIDv7 everywhere, so that keys sort by time and never need a sequence."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562) as a standard ``uuid.UUID``."""
    return uuid7()
