"""Run as a module: migrate the database of DATABASE_URL and make tenants' schemas ready in it."""

import sys

import django
from django.core.management import call_command
from django.db import transaction

django.setup()

from tenants.registry import schemas  # noqa: E402 - models need Django set up


def main(ready: int) -> None:
    """Migrate "public", then make schemas t_ready1 … t_ready<n> with the tenants' tables."""
    call_command("migrate_schemas", shared=True, verbosity=0)
    statements = schemas.script()
    for number in range(1, ready + 1):
        with transaction.atomic():
            schemas.create_schema(f"t_ready{number}", statements)


if __name__ == "__main__":
    main(int(sys.argv[1]))
