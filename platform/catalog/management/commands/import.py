"""``banyan import FILE --supplier CODE``: bring a supplier's file into the catalogue."""

import json
import sys
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from catalog.categories import selectors as category_selectors
from catalog.importing.formats import FORMATS, recognise_format
from catalog.importing.report import ImportReport
from catalog.suppliers import selectors as supplier_selectors
from catalog.suppliers.models import Supplier
from kernel.errors import BanyanError, InvalidInput
from kernel.texts.languages import LANGUAGES

SHOWN = 20


class Command(BaseCommand):
    """Exit code 0: all taken; 1: some products have errors, the others were taken; 2: nothing was."""

    help = "Import products, prices or stock: our own CSV, or Shopify's of products."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("file", type=Path, help="the CSV file, in UTF-8")
        parser.add_argument("--supplier", required=True, help="code of the supplier whose goods these are")
        parser.add_argument("--create-supplier", action="store_true", help="create the supplier if it is new")
        parser.add_argument(
            "--format", choices=FORMATS, help="what the file is (default: by the names of its columns)"
        )
        parser.add_argument("--currency", help="currency of the prices (default: the supplier's)")
        parser.add_argument(
            "--cost-percent", default="60", help="supply cost in percent of the price where the file has none"
        )
        parser.add_argument("--category", help="slug of the category for all products of the file")
        parser.add_argument(
            "--language", choices=LANGUAGES, help="language of the texts (default: by their script)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def handle(self, *, file: Path, json: bool, **options: Any) -> None:
        """Import, then show the report."""
        console = Console(stderr=json)
        try:
            report = self._import(file, console, quiet=json, **options)
        except ValidationError as error:
            raise CommandError("--supplier: " + " ".join(error.messages), returncode=2) from None
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from None
        except BanyanError as error:
            if json:
                self._print_json({"error": error.as_dict()})
                sys.exit(2)
            raise CommandError(f"{file.name}: {error}", returncode=2) from None
        if json:
            self._print_json(report.as_dict())
        else:
            _show(report, console)
        if report.failed:
            sys.exit(1)

    def _import(self, file: Path, console: Console, *, quiet: bool, **options: Any) -> ImportReport:
        cost_bp = _basis_points(options["cost_percent"])
        category = category_selectors.find_category(options["category"]) if options["category"] else None
        with (
            file.open("rb") as stream,
            Progress(
                TextColumn(file.name),
                BarColumn(),
                DownloadColumn(),
                TextColumn("{task.fields[products]} products"),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                disable=quiet,
            ) as bar,
        ):
            task = bar.add_task("import", total=file.stat().st_size, products=0)
            supplier = _supplier(options["supplier"], create=options["create_supplier"])
            bring_in = FORMATS[options["format"] or recognise_format(stream)]
            return bring_in(
                file=stream,
                supplier=supplier,
                currency=(options["currency"] or supplier.currency).upper(),
                dry_run=options["dry_run"],
                cost_bp=cost_bp,
                category=category,
                language=options["language"],
                acting_user="banyan import",
                progress=lambda done, products: bar.update(task, completed=done, products=products),
            )

    def _print_json(self, value: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=2))


def _supplier(code: str, *, create: bool) -> Supplier:
    if create and not Supplier.objects.filter(code=code).exists():
        supplier = Supplier(code=code, name={"en": code})
        supplier.clean_fields()
        return supplier
    return supplier_selectors.find_supplier(code)


def _basis_points(percent: str) -> int:
    try:
        points = Decimal(percent) * 100
    except InvalidOperation:
        points = Decimal(-1)
    if not 0 <= points <= 10_000 or points != points.to_integral_value():
        raise InvalidInput(
            _("this is not a percentage"),
            field="--cost-percent",
            value=percent,
            remedy=_("write a number from 0 to 100, with two decimals at most"),
        )
    return int(points)


def _show(report: ImportReport, console: Console) -> None:
    if report.error_count:
        faults = Table(title=_("Not taken"), title_justify="left", expand=False)
        for heading in (_("Line"), _("Column"), _("Value"), _("What is wrong"), _("What to do")):
            faults.add_column(heading, overflow="fold")
        for error in report.errors[:SHOWN]:
            faults.add_row(str(error.line), error.column, error.value[:40], error.message, error.remedy)
        console.print(faults)
        _say_more(report.error_count, console)
    if report.dry_run and report.changes:
        changes = Table(title=_("What would change"), title_justify="left")
        for heading in (_("Product"), "", _("Rows")):
            changes.add_column(heading)
        for change in report.changes[:SHOWN]:
            kind = _("new") if change.created else _("updated")
            changes.add_row(
                change.handle,
                kind,
                ", ".join(f"{name} {count}" for name, count in sorted(change.aspects.items())),
            )
        console.print(changes)
        _say_more(report.created + report.updated, console)
    counts = [
        f"[green]{report.created}[/] " + _("new"),
        f"[yellow]{report.updated}[/] " + _("updated"),
        f"{report.unchanged} " + _("unchanged"),
        f"[red]{report.failed}[/] " + _("not taken"),
    ]
    console.print(
        (_("Dry run: ") if report.dry_run else "") + ", ".join(counts),
        f"({report.rows} " + _("rows") + f", {report.seconds:.2f} s)",
    )
    if report.without_category:
        console.print(
            ngettext(
                "%(count)d product has no category; name one with --category.",
                "%(count)d products have no category; name one with --category.",
                report.without_category,
            )
            % {"count": report.without_category}
        )


def _say_more(total: int, console: Console) -> None:
    if total > SHOWN:
        console.print(_("… and %(count)d more; --json lists up to 1000") % {"count": total - SHOWN})
