"""Django's ``makemigrations``, without the words of the models."""

from django.core.management.commands import makemigrations

from kernel.database.autodetector import WordlessAutodetector


class Command(makemigrations.Command):
    """Writes migrations that hold shape alone, so that a better word never makes one."""

    autodetector = WordlessAutodetector
