"""What a process remembers from one request to the next."""

from collections.abc import Callable, Hashable
from threading import Lock

from cachetools import Cache, LRUCache, TTLCache


class ProcessCache[K: Hashable, V]:
    """Answers by key, for all threads of this process: at most ``size``, those used least go first.

    With ``seconds`` none is older than that. What is None is not remembered.
    """

    def __init__(self, size: int, *, seconds: float | None = None) -> None:
        self._answers: Cache[K, V] = LRUCache(size) if seconds is None else TTLCache(size, seconds)
        self._lock = Lock()

    def answer(self, key: K, read: Callable[[], V]) -> V:
        """Return what is remembered under ``key``, or what ``read`` says now, and remember that."""
        known = self.get(key)
        if known is not None:
            return known
        answer = read()
        if answer is not None:
            self.put(key, answer)
        return answer

    def get(self, key: K) -> V | None:
        """Return what is remembered under ``key``, or None."""
        with self._lock:
            return self._answers.get(key)

    def put(self, key: K, answer: V) -> None:
        """Remember an answer."""
        with self._lock:
            self._answers[key] = answer

    def forget(self, key: K) -> None:
        """Have one question asked anew."""
        with self._lock:
            self._answers.pop(key, None)

    def forget_where(self, is_stale: Callable[[K, V], bool]) -> None:
        """Have those questions asked anew for whose key and answer ``is_stale`` is true."""
        with self._lock:
            for key in [key for key, answer in self._answers.items() if is_stale(key, answer)]:
                self._answers.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._answers.clear()
