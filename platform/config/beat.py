"""Celery's beat, which says that it lives: only the process of the beat loads this."""

import time
from typing import Any

from celery.beat import PersistentScheduler

from kernel import heartbeats


class LivingScheduler(PersistentScheduler):
    """The scheduler that Celery uses by itself, with a heartbeat."""

    _given = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run one iteration, and say now and then that the beat lives."""
        if time.monotonic() - self._given >= heartbeats.EVERY_SECONDS:
            self._given = time.monotonic()
            heartbeats.give("beat")
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, heartbeats.EVERY_SECONDS)
