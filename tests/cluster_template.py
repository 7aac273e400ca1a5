"""Run as a module: migrate the database of DATABASE_URL and make tenants' schemas ready in it."""

import sys

import django
from django.core.management import call_command
from django.db import connection


def main(ready: int) -> None:
    """Migrate "public", then make schemas t_ready1 … t_ready<n> with the tenants' tables."""
    django.setup()
    call_command("migrate_schemas", shared=True, verbosity=0)
    for number in range(1, ready + 1):
        schema = f"t_ready{number}"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
        call_command("migrate_schemas", schema_name=schema, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
