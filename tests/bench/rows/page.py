"""Pages for anonymous visitors over HTTP, beside a bare Django hello on the same server and workers.

Home, a category of 20 goods and a product; wrk goes round SHOPS hosts, each page under every one.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.demo.loading import load_demo_catalogue
from catalog.models import Category, Product
from tenants.registry import schemas, services
from tests.bench.row import Row

SHOPS = 40
RUNS = 5
SECONDS = 3
WORKERS = 1
GRANIAN = ["--interface", "wsgi", "--blocking-threads", "4", "--no-access-log", "--workers", str(WORKERS)]
DOCUMENT = """\
name: {{zh-hans: 小店, en: Shop}}
host: {host}
preset: share-lock
owner: {{email: owner@{host}, name: 林晓}}
"""
SCRIPT = """\
local hosts, at = {%s}, 0
request = function()
  at = at %% #hosts + 1
  return wrk.format("GET", nil, {["Host"] = hosts[at]})
end
"""


def run() -> Row:
    """Measure hello and each page in turns, so that a busy moment of the machine meets all of them."""
    load_demo_catalogue()
    hosts = _shops()
    category = _fullest_category()
    goods = Product.objects.select_related("supplier").filter(status="active").order_by("id")[0]
    pages = {
        "home": "/",
        "category": f"/c/{category}/",
        "product": f"/p/{goods.supplier.code}/{goods.handle}/",
    }
    rates: dict[str, list[float]] = {name: [] for name in ("hello", *pages)}
    with _served("tests.bench.hello:application") as bare, _served("config.wsgi:application") as shop:
        for page in pages.values():
            for host in hosts:
                _answered(shop, host, page)
        for _run in range(RUNS):
            rates["hello"].append(_rate(bare, "/", ["hello.example"]))
            for name, page in pages.items():
                rates[name].append(_rate(shop, page, hosts))
    middle = {name: statistics.median(figures) for name, figures in rates.items()}
    ratios = {name: round(middle[name] / middle["hello"], 3) for name in pages}
    slowest = min(ratios, key=lambda name: ratios[name])
    note = f"{SHOPS} shops in turn; " + ", ".join(f"{name} {middle[name]:.0f}/s" for name in pages)
    return Row("page", "req/s", middle[slowest], middle["hello"], ratios[slowest], RUNS, note, ratios)


def _shops() -> list[str]:
    schemas.fill_pool(SHOPS)
    hosts = [f"shop{number}.example" for number in range(SHOPS)]
    for host in hosts:
        services.spawn(document=DOCUMENT.format(host=host), acting_user="bench")
    return hosts


def _fullest_category() -> str:
    roots = Category.objects.filter(parent=None)
    counts = {
        root.slug: Product.objects.filter(category__in=[root, *root.children.all()]).count() for root in roots
    }
    return max(counts, key=lambda slug: counts[slug])


@contextmanager
def _served(application: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | ({} if "config" in application else {"DJANGO_SETTINGS_MODULE": ""})
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", *GRANIAN, "--host", "127.0.0.1", "--port", str(port), application],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing listens on {port}")
        time.sleep(0.1)


def _answered(port: int, host: str, page: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{page}", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=60) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{host}{page} answered {answer.status}")


def _rate(port: int, page: str, hosts: list[str]) -> float:
    """Return requests a second; an error in any answer is an error of the run."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % ",".join(f'"{host}"' for host in hosts))
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", "-c8", f"-d{SECONDS}s", "-s", Path(script.name), f"http://127.0.0.1:{port}{page}"],
            capture_output=True,
            text=True,
            check=True,
        )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    figures = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert figures is not None
    return float(figures[1])
