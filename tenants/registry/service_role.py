"""The role that the service connects as: it owns nothing, so it can switch off no rule of the database."""

from pathlib import Path

from django.db import connection, transaction

FILE = Path(__file__).with_suffix(".sql")
QUESTION = """
SELECT current_user, r.rolsuper, r.rolbypassrls, EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND (n.nspname = 'public' OR n.nspname ~ '^t_')
        AND pg_has_role(c.relowner, 'MEMBER')
)
FROM pg_roles r WHERE r.rolname = current_user
"""


def grant(role: str) -> None:
    """Give the role what the service needs, in "public" and in schemas made from now on.

    Runs as the owner.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('banyan.service_role', %s, true)", [role])
        cursor.execute(FILE.read_text(encoding="utf-8"))


def fault() -> str:
    """Return why the role in use must not serve: it stands above the rules; "" if it does not."""
    with connection.cursor() as cursor:
        cursor.execute(QUESTION)
        name, is_superuser, bypasses_rows, owns_tables = cursor.fetchone()
    if is_superuser or bypasses_rows:
        return f"the role {name} stands above all rules of the database"
    return f"the role {name} owns tables, so it can switch off their rules" if owns_tables else ""
