"""What is append-only, and that the audit log is; what searches make of texts, and the characters they know."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from kernel.database.sql_files import run_sql_files
from kernel.texts.characters import known_characters


def load_characters(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the characters of the dictionaries and their syllables into the database."""
    character, syllable = (apps.get_model("kernel", name) for name in ("HanCharacter", "PinyinSyllable"))
    known = list(known_characters())
    character.objects.bulk_create(
        [character(pk=row.character, simplified=row.simplified, readings=row.readings) for row in known],
        batch_size=5_000,
    )
    syllables = {reading for row in known for reading in row.readings}
    syllable.objects.bulk_create([syllable(pk=reading) for reading in sorted(syllables)])


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        run_sql_files(
            __file__,
            "sql/append_only.sql",
            "sql/audit.sql",
            "texts/sql/search_text.sql",
        ),
        migrations.RunPython(load_characters, migrations.RunPython.noop),
    ]
