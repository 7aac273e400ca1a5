"""Whether the processes that nobody asks anything are alive: each says so, and is forgotten when it stops."""

from django.core.cache import cache
from redis.exceptions import RedisError

from kernel.tenancy import in_public

EVERY_SECONDS = 5
FORGOTTEN_SECONDS = 45
"""So long after its last sign a process counts as gone: more than the pause of a restart."""


def give(name: str) -> None:
    """Say that this process lives. Without the cache nobody hears it, and the process goes on."""
    with in_public():
        try:
            cache.set(f"heartbeat:{name}", 1, FORGOTTEN_SECONDS)
        except (RedisError, OSError):
            return


def is_alive(name: str) -> bool:
    """Say whether a process of this name gave a sign within FORGOTTEN_SECONDS. Raises what the cache does."""
    with in_public():
        return cache.get(f"heartbeat:{name}") is not None
