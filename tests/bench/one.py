"""Run as a module: start the servers, migrate, measure one row, print it as a line of JSON."""

import sys
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from kernel.processes.embedded import EmbeddedPostgres, EmbeddedValkey  # noqa: E402
from tests.bench.run import measure_here  # noqa: E402


def main(name: str) -> None:
    """Measure the row ``name``. What it prints goes to standard error, but for the result."""
    var = Path(settings.BANYAN_VAR)
    servers = [EmbeddedPostgres(var), EmbeddedValkey(var)]
    for server in servers:
        server.start()
    try:
        call_command("migrate", fill=0, verbosity=0)
        measure_here(name)
    finally:
        connection.close()
        connection.close_pool()
        for server in reversed(servers):
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
