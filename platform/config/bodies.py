"""Bodies are taken in before Django begins: within a time, up to a size, and never by all threads.

A web process has few threads, and one that waits for the next byte of a body does nothing else: eight people
who send half a form would stop a shop. The proxy in deploy/ hands over whole bodies; this holds where it is
not in front, and where it lets large files through as they come.
"""

import logging
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any

logger = logging.getLogger(__name__)
MIB = 1024 * 1024
FORM_BYTES = MIB
SIZES: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"/console/imports/"), 210 * MIB),
    (re.compile(r"/(console|portal)/"), 160 * MIB),
    (re.compile(r"/(orders/[^/]+/cases|cases)/"), 100 * MIB),
    (re.compile(r"/wallet/withdraw/"), 10 * MIB),
    (re.compile(r"/api/"), 4 * MIB),
)
"""The largest body by path, on every host; all that is not named here takes a form: FORM_BYTES."""
AT_ONCE_SECONDS = 1.0
"""A body that is there, or nearly: every thread waits so long."""
SLOW_SECONDS, SLOWEST_BYTES = 20.0, 50 * 1024
"""A slow body has so many seconds, and one more for every SLOWEST_BYTES that were announced."""
WAITING = 2
"""So many threads of a process wait for slow bodies; the others go on serving."""
READERS = 64
IN_MEMORY, CHUNK = 2 * MIB, 64 * 1024
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def largest(path: str) -> int:
    """Return how many bytes a body sent to this path may have."""
    return next((size for pattern, size in SIZES if pattern.match(path)), FORM_BYTES)


class BodyGuard:
    """WSGI around the application: it gets requests with a body that is there as a whole.

    413 for one that is too large, before it is read where its size is announced; 408 for one too slow.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="body")
        self._waiting = BoundedSemaphore(WAITING)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        announced = _length(environ)
        if announced == 0:
            return self._application(environ, start_response)
        most = largest(environ.get("PATH_INFO", ""))
        if announced is not None and announced > most:
            return _refuse(environ, start_response, "413 Content Too Large", "What was sent is too large.")
        body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        reader = self._readers.submit(_copy, environ["wsgi.input"], body, announced, most)
        try:
            size = self._wait(reader.result, announced or most)
        except TooSlow:
            # The connection ends with this answer, and with it the reader's wait for its next byte.
            return _refuse(environ, start_response, "408 Request Timeout", "What was sent came too slowly.")
        if size > most:
            return _refuse(environ, start_response, "413 Content Too Large", "What was sent is too large.")
        body.seek(0)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)
        return self._application(environ, start_response)

    def _wait(self, result: Callable[[float], int], announced: int) -> int:
        """Return the body's size. Raises TooSlow."""
        try:
            return result(AT_ONCE_SECONDS)
        except TooSlow:
            if not self._waiting.acquire(blocking=False):
                raise
        try:
            return result(SLOW_SECONDS + announced / SLOWEST_BYTES)
        finally:
            self._waiting.release()


def _length(environ: Environ) -> int | None:
    """Return the announced length: 0 without a body, None where it comes in pieces without a sum."""
    text = environ.get("CONTENT_LENGTH") or ""
    if text.isdigit():
        return int(text)
    return None if environ.get("HTTP_TRANSFER_ENCODING") else 0


def _copy(source: IO[bytes], body: IO[bytes], announced: int | None, most: int) -> int:
    """Copy a body up to one byte above ``most``; return its size."""
    size, limit = 0, most + 1 if announced is None else min(announced, most + 1)
    while size < limit and (part := source.read(min(CHUNK, limit - size))):
        body.write(part)
        size += len(part)
    return size


def _refuse(environ: Environ, start_response: Callable[..., Any], status: str, text: str) -> Iterable[bytes]:
    logger.warning(
        "a body was not taken", extra={"status": status[:3], "path": environ.get("PATH_INFO", "")[:80]}
    )
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")])
    return [text.encode()]
