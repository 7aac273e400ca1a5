"""The characters that searches know: see kernel.texts.characters."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

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
    dependencies = [("kernel", "0002_rules")]
    operations = [migrations.RunPython(load_characters, migrations.RunPython.noop)]
