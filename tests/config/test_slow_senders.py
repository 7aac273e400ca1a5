"""People who send half a form and wait stop nobody: not in the process, not behind the shipped proxy."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from config import bodies
from tests.support.cluster import ROOT
from tests.support.service import free_ports

pytestmark = pytest.mark.processes
SENDERS = 8
MIB = 1024 * 1024
# As many threads as a shop's web process has, and an application that reads what it is sent.
APPLICATION = """
from config.bodies import BodyGuard

def echo(environ, start_response):
    size = len(environ["wsgi.input"].read())
    said = f"{size} bytes from {environ.get('HTTP_X_FORWARDED_FOR', 'nobody')}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Server", "a word about ourselves")])
    return [said]

application = BodyGuard(echo)
"""
GRANIAN = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "4", "--no-access-log"]


@contextmanager
def started(arguments: list[str], log: Path, environment: dict[str, str], port: int) -> Iterator[None]:
    """Run a server until the block ends; the block begins when it listens."""
    with log.open("ab") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output, env=os.environ | environment)
    try:
        while True:
            assert process.poll() is None, log.read_text()[-3000:]
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web process that runs as in production."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "slow_application.py").write_text(APPLICATION)
    (port,) = free_ports(1)
    environment = {"PYTHONPATH": f"{folder}:{ROOT / 'platform'}"}
    command = [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port), "slow_application:application"]
    with started(command, folder / "web.log", environment, port):
        yield port


@pytest.fixture(scope="module")
def proxy(web: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of Caddy with the file that is shipped, told to speak without TLS on this machine."""
    folder = tmp_path_factory.mktemp("proxy")
    (port, admin) = free_ports(2)
    shipped = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    globals_, marker, sites = shipped.partition("(service) {")
    plain = globals_.replace("{\n", f"{{\n\tadmin 127.0.0.1:{admin}\n\tauto_https off\n", 1).split(
        "\ton_demand_tls"
    )
    own = plain[0] + "\tservers" + plain[1].partition("\tservers")[2]
    site = f"http://:{port} {{\n\timport service\n}}\n"
    (folder / "Caddyfile").write_text(own + marker + sites.partition("{$PLATFORM_HOST}")[0] + site)
    environment = {"BANYAN_WEB": f"127.0.0.1:{web}", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    caddy = Path(sys.executable).parent / "caddy"
    command = [str(caddy), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with started(command, folder / "caddy.log", environment, port):
        yield port


@contextmanager
def slow_senders(
    port: int, path: str = "/account/login/", announced: int = 1000
) -> Iterator[list[socket.socket]]:
    """Connections that have each sent half a body, and go on holding the line."""
    with ExitStack() as stack:
        lines = []
        for _number in range(SENDERS):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=600))
            head = f"POST {path} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {announced}\r\n\r\n"
            line.sendall(head.encode() + b"x" * (announced // 2))
            lines.append(line)
        yield lines


def post(port: int, size: int, path: str = "/account/login/", **headers: str) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}{path}", content=b"y" * size, headers=headers, timeout=600)


def test_in_the_process_pages_are_served_while_bodies_are_awaited(web: int) -> None:
    with slow_senders(web):
        for _time in range(5):
            assert httpx.get(f"http://127.0.0.1:{web}/", timeout=600).text.startswith("0 bytes")
        assert post(web, 700).status_code == 503
    while post(web, 700).status_code == 503:
        pass  # those that went away are noticed one after the other
    assert post(web, 700).text.startswith("700 bytes")


def test_behind_the_proxy_nobody_notices_slow_senders(web: int, proxy: int) -> None:
    with slow_senders(proxy):
        for _time in range(5):
            assert httpx.get(f"http://127.0.0.1:{proxy}/", timeout=600).text.startswith("0 bytes")
            assert post(proxy, 700).text.startswith("700 bytes")
        # The process has not even heard of them: all its threads are free.
        assert post(web, 700).text.startswith("700 bytes")


def test_the_proxy_says_who_asks_and_nobody_can_say_otherwise(proxy: int) -> None:
    answer = post(proxy, 10, **{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})
    assert answer.text == "10 bytes from 127.0.0.1"
    assert "server" not in answer.headers


SIZES = {
    "/account/login/": MIB,
    "/api/v1/orders/": MIB,
    "/orders/7/": MIB,
    "/cases/7/act/": 160 * MIB,
    "/orders/7/cases/8/": 160 * MIB,
    "/wallet/withdraw/": 160 * MIB,
    "/portal/orders/import/": 160 * MIB,
    "/console/goods/7/pictures/": 160 * MIB,
    "/console/imports/": 210 * MIB,
}


@pytest.mark.parametrize("path", SIZES)
def test_a_body_has_a_largest_size_by_path_and_the_proxy_knows_the_same(
    web: int, proxy: int, path: str
) -> None:
    assert bodies.largest(path) == SIZES[path]
    with socket.create_connection(("127.0.0.1", web), timeout=600) as line:
        # Nothing of it is sent: what is announced is enough.
        length = SIZES[path] + 1
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 413"
    assert post(proxy, MIB, path).status_code == 200
    # The process reads what is announced and hangs up: where that comes first, the proxy says 502.
    assert post(proxy, MIB + 1, path).status_code in ({413, 502} if SIZES[path] == MIB else {200})


def test_a_body_of_which_nobody_says_how_long_it_is_is_refused(web: int, proxy: int) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    for port in (web, proxy):
        address = f"http://127.0.0.1:{port}/account/login/"
        assert httpx.post(address, content=pieces(), timeout=600).status_code == 411
