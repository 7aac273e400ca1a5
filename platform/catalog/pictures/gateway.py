"""The outside world: pictures that lie at a supplier's addresses.

An address comes out of a file that a supplier sent, so it may point anywhere: into our own network,
say. Only https to public addresses is asked, no redirect is followed, and the name is resolved once:
the connection goes to the very address that was checked.
"""

import ipaddress
import socket
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext as _

from kernel.errors import InvalidInput

TIMEOUT = httpx.Timeout(10, connect=5)


class Pictures(Protocol):
    """Where pictures are fetched from."""

    def fetch(self, url: str, *, most: int) -> bytes:
        """Return at most ``most`` bytes of what lies at ``url``, or raise InvalidInput."""
        ...


class PublicWeb:
    """Pictures on the public web."""

    def fetch(self, url: str, *, most: int) -> bytes:
        """Return what lies at a public https address; InvalidInput for anything else, and for more."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" or not host or parts.port not in {None, 443} or parts.username:
            raise _unreachable(url)
        address = _public_address(host, url)
        literal = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=literal).geturl()
        data = bytearray()
        try:
            with (
                httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
                client.stream(
                    "GET", target, headers={"Host": host}, extensions={"sni_hostname": host}
                ) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise _unreachable(url)
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > most:
                        raise _unreachable(url)
        except httpx.HTTPError:
            raise _unreachable(url) from None
        return bytes(data)


def _public_address(host: str, url: str) -> str:
    try:
        answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise _unreachable(url) from None
    for *_rest, place in answers:
        address = str(place[0])
        if not ipaddress.ip_address(address).is_global:
            raise _unreachable(url)
    return str(answers[0][4][0])


def _unreachable(url: str) -> InvalidInput:
    return InvalidInput(_("no picture can be fetched from this address"), field="url", value=url)
