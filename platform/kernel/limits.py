"""How often something may happen: counters in Valkey, one per key and window.

Keys are kept apart by tenant through the cache's key function. If Valkey is gone the caller's request
fails like any other that needs it; a limit is never silently dropped.
"""

import time
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this time is still within the limit. ``reset`` and ``retry_after`` are seconds from now."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    @property
    def retry_after(self) -> int:
        """Seconds to wait: 0 if allowed."""
        return 0 if self.allowed else self.reset


def hit(key: str, *, limit: int, window: int, cost: int = 1) -> Verdict:
    """Count ``cost`` of what ``key`` uses; ``limit`` of it is allowed in each ``window`` of seconds."""
    elapsed = time.time()
    number, left = int(elapsed // window), window - int(elapsed % window)
    name = f"limit:{key}:{number}"
    cache.add(name, 0, timeout=left + 1)
    try:
        count = cache.incr(name, cost)
    except ValueError:  # expired between the two calls: a new window has begun
        count = cost
    return Verdict(count <= limit, limit, max(0, limit - count), left)


def forget(key: str, *, window: int = 300) -> None:
    """Drop the count of the present window, after a success that makes the earlier tries harmless."""
    cache.delete(f"limit:{key}:{int(time.time() // window)}")
