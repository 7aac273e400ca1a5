"""Run as a module: migrate the database of DATABASE_URL and make tenants' schemas ready in it."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from tenants.registry import schemas  # noqa: E402


def main(ready: int) -> None:
    """Migrate "public", then make schemas t_ready1 … t_ready<n> with the tenants' tables."""
    call_command("migrate", fill=0, verbosity=0)
    schemas.ensure_script()
    for number in range(1, ready + 1):
        with transaction.atomic():
            schemas.create_schema(f"t_ready{number}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
