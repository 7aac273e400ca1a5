"""``banyan export_catalogue --supplier CODE``: write a supplier's goods as our own CSV."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from catalog.importing.plain import exports
from catalog.suppliers import selectors as supplier_selectors
from kernel.errors import BanyanError
from kernel.money.money import require_currency
from kernel.texts.languages import language_of_environment


class Command(BaseCommand):
    """Exit code 2: the supplier or the file is wrong."""

    help = "Export a supplier's products, prices or stock; importing the file again changes nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("--supplier", required=True, help="code of the supplier")
        parser.add_argument("--what", choices=exports.EXPORTS, default="products", help="default: products")
        parser.add_argument("--currency", help="currency of the prices (default: the supplier's)")
        parser.add_argument("--output", type=Path, help="the file to write (default: standard output)")

    def handle(self, *, supplier: str, what: str, output: Path | None, **options: Any) -> None:
        """Write the lines as they come; refusals are in the language of the environment."""
        with translation.override(language_of_environment(os.environ) or settings.LANGUAGE_CODE):
            self._write(supplier, what, output, options["currency"])

    def _write(self, supplier: str, what: str, output: Path | None, currency: str | None) -> None:
        try:
            owner = supplier_selectors.find_supplier(supplier)
            lines = exports.EXPORTS[what](owner, require_currency(currency or owner.currency))
            if output is None:
                sys.stdout.writelines(lines)
                return
            with output.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except BanyanError as error:
            raise CommandError(str(error), returncode=2) from None
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}", returncode=2) from None
