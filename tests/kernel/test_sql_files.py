"""Migrations made of SQL files, forwards and backwards."""

from pathlib import Path

from django.db.migrations import RunSQL

from kernel.database.sql_files import reverse, run_sql_files

FILE = """
-- Why there is such a rule.
CREATE TYPE public.trial_leg AS (amount bigint);
CREATE FUNCTION public.trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE OF a, b
    ON public.trial_row DEFERRABLE FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION public.trial();
CREATE POLICY later ON trial_row FOR SELECT USING (true);
CREATE OR REPLACE FUNCTION public.replaced() RETURNS integer LANGUAGE sql AS 'SELECT 1';
"""


def test_what_a_file_creates_is_dropped_in_reverse_order() -> None:
    assert reverse(FILE).splitlines() == [
        "DROP POLICY later ON trial_row;",
        "DROP TRIGGER at_commit ON public.trial_row;",
        "DROP FUNCTION public.trial;",
        "DROP TYPE public.trial_leg;",
    ]


def test_files_are_found_from_the_app_of_the_migration(tmp_path: Path) -> None:
    (tmp_path / "stock/sql").mkdir(parents=True)
    (tmp_path / "stock/sql/one.sql").write_text("CREATE FUNCTION a() RETURNS int LANGUAGE sql AS 'SELECT 1';")
    (tmp_path / "stock/sql/two.sql").write_text("SELECT '% of it';")
    migration = run_sql_files(
        str(tmp_path / "migrations/0002_rules.py"), "stock/sql/one.sql", "stock/sql/two.sql"
    )
    assert isinstance(migration, RunSQL)
    assert str(migration.sql).endswith("SELECT '% of it';")
    assert migration.reverse_sql == "DROP FUNCTION a;"
