"""Bodies are taken in before Django begins: up to a size, and never by all threads of a process.

A web process has few threads, and the server cannot end a wait for the next byte: eight people who send half
a form would stop a shop. So only some threads wait for bodies, and pages are served all the time. The proxy
in deploy/ is what ends slow senders: behind it every body is there at once.
"""

import logging
import re
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any

logger = logging.getLogger(__name__)
MIB = 1024 * 1024
FORM_BYTES = MIB
SIZES: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"/console/imports/"), 210 * MIB),
    (re.compile(r"/((console|portal|cases|wallet/withdraw)/|orders/[^/]+/cases/)"), 160 * MIB),
)
"""The largest body by path, as in deploy/Caddyfile; all that is not named here takes a form: FORM_BYTES."""
READERS, READER_SECONDS = 2, 1.0
"""So many threads of a process read bodies at a time; who waits longer for their turn is sent away."""
IN_MEMORY, CHUNK = 2 * MIB, 64 * 1024
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def largest(path: str) -> int:
    """Return how many bytes a body sent to this path may have."""
    return next((size for pattern, size in SIZES if pattern.match(path)), FORM_BYTES)


class BodyGuard:
    """WSGI around the application: it gets requests with a body that is there as a whole.

    413 for one that is too large, before it is read; 411 for one of which nobody says how long it will be;
    503 while others who send slowly have the threads that may wait for bodies.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._readers = BoundedSemaphore(READERS)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        announced = _length(environ)
        if announced == 0:
            return self._application(environ, start_response)
        if announced is None:
            return _refuse(environ, start_response, "411 Length Required", "Say how long the body is.")
        if announced > largest(environ.get("PATH_INFO", "")):
            return _refuse(environ, start_response, "413 Content Too Large", "What was sent is too large.")
        if not self._readers.acquire(timeout=READER_SECONDS):
            return _refuse(environ, start_response, "503 Service Unavailable", "Too busy: send it again.")
        body: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            size = _copy(environ["wsgi.input"], body, announced)
        finally:
            self._readers.release()
        body.seek(0)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)
        return self._application(environ, start_response)


def _length(environ: Environ) -> int | None:
    """Return the announced length: 0 without a body, None where it comes in pieces without a sum."""
    text = environ.get("CONTENT_LENGTH") or ""
    if text.isdigit():
        return int(text)
    return None if environ.get("HTTP_TRANSFER_ENCODING") else 0


def _copy(source: IO[bytes], body: IO[bytes], announced: int) -> int:
    """Copy a body; return its size, which is below ``announced`` if the sender went away."""
    size = 0
    while size < announced and (part := source.read(min(CHUNK, announced - size))):
        body.write(part)
        size += len(part)
    return size


def _refuse(environ: Environ, start_response: Callable[..., Any], status: str, text: str) -> Iterable[bytes]:
    logger.warning(
        "a body was not taken", extra={"status": status[:3], "path": environ.get("PATH_INFO", "")[:80]}
    )
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")])
    return [text.encode()]
