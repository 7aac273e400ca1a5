"""Shops whose pages fail, as web processes see it: faults in a row, and nothing that worked since."""

from collections.abc import Sequence
from threading import Lock

from django.core.cache import cache
from redis.exceptions import RedisError

from kernel.tenancy import in_public

ENOUGH = 3
REMEMBERED_SECONDS = 300
# By schema, in this process: answers of 500 and above since the last one that was none.
_faults: dict[str, int] = {}
_lock = Lock()


def note(schema: str, status: int) -> None:
    """Take notice of an answer of a shop. While nothing fails this costs a look into a dictionary."""
    if status < 500 and schema not in _faults:
        return
    with _lock:
        if status >= 500:
            _faults[schema] = number = _faults.get(schema, 0) + 1
        else:
            number = -_faults.pop(schema, 0)
    if abs(number) < ENOUGH:
        return
    with in_public():
        try:
            if number > 0:
                cache.set(_key(schema), number, REMEMBERED_SECONDS)
            else:
                cache.delete(_key(schema))
        except (RedisError, OSError):
            return


def among(schemas: Sequence[str]) -> list[str]:
    """Return those of the schemas whose shops fail, whichever process saw it. Raises what the cache does."""
    with in_public():
        keys = {_key(schema): schema for schema in schemas}
        return [keys[key] for key in cache.get_many(keys)]


def _key(schema: str) -> str:
    return f"failing:{schema}"
