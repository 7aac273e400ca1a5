"""``banyan import FILE --supplier CODE``: bring a supplier's file into the catalogue."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from catalog.categories import selectors as category_selectors
from catalog.importing import selectors as importing_selectors
from catalog.importing import services as importing_services
from catalog.importing.answers import UNSHIPPED, ImportAnswers, question_text
from catalog.importing.formats import CHOSEN, FORMATS, NAMES, format_of
from catalog.importing.others import chosen
from catalog.importing.report import ASPECTS, ImportReport
from catalog.importing.tables.opening import open_table
from catalog.importing.tables.text_encodings import CHOICES, name_of
from catalog.suppliers import selectors as supplier_selectors
from catalog.suppliers.models import Supplier
from kernel.errors import BanyanError, InvalidInput
from kernel.money.money import require_currency
from kernel.texts.languages import LANGUAGES, language_of_environment

SHOWN = 20
OPTIONS = {"stock": "--units", "kind": "--unshipped", "category": "--category, --no-category"}
"""What answers a question on the command line."""


class Command(BaseCommand):
    """Exit code 0: all taken; 1: some products have errors, the others were taken; 2: nothing was."""

    help = "Import products, prices or stock: CSV, TSV, Excel or a merchant feed, from whatever system."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("file", type=Path, help="the file: CSV, TSV, .xlsx or XML")
        parser.add_argument("--supplier", required=True, help="code of the supplier whose goods these are")
        parser.add_argument(
            "--create-supplier",
            action="store_true",
            help="create the supplier if it is new; needs --currency",
        )
        parser.add_argument(
            "--format", choices=FORMATS, help="what the file is (default: by the names of its columns)"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="MEANING=NAME",
            help="which column has the title, price … of a table that is not known; kept for the supplier. "
            f"MEANING is one of: {', '.join(chosen.LABELS)}",
        )
        parser.add_argument("--encoding", choices=CHOICES, help="letters of a text file (default: found out)")
        parser.add_argument("--currency", help="currency of the prices (default: the supplier's)")
        parser.add_argument(
            "--cost-percent", default="60", help="supply cost in percent of the price where the file has none"
        )
        parser.add_argument("--category", help="slug of the category for all products of the file")
        parser.add_argument(
            "--no-category", action="store_true", help="new products may be without a category"
        )
        parser.add_argument(
            "--units", type=int, help="units of each new variant of which the file does not say how many"
        )
        parser.add_argument(
            "--unshipped", choices=UNSHIPPED, help="what new products are that need no shipping"
        )
        parser.add_argument(
            "--language", choices=LANGUAGES, help="language of the texts (default: by their script)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def handle(self, *, file: Path, json: bool, **options: Any) -> None:
        """Import, then show the report, in the language of the environment."""
        with translation.override(language_of_environment(os.environ) or settings.LANGUAGE_CODE):
            self._handle(file, json=json, **options)

    def _handle(self, file: Path, *, json: bool, **options: Any) -> None:
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
            where = f"{file.name}:{error.line}" if error.line else file.name
            value = f" ({error.value})" if error.value else ""
            raise CommandError(f"{where}: {error.text}{value}", returncode=2) from None
        if json:
            self._print_json(report.as_dict())
        else:
            _show(report, console)
        if report.questions and not report.dry_run:
            sys.exit(2)
        if report.failed:
            sys.exit(1)

    def _import(self, file: Path, console: Console, *, quiet: bool, **options: Any) -> ImportReport:
        cost_bp = _basis_points(options["cost_percent"])
        category = category_selectors.find_category(options["category"]) if options["category"] else None
        answers = ImportAnswers(
            units=options["units"],
            unshipped=options["unshipped"] or "",
            no_category=options["no_category"],
        )
        encoding = options["encoding"] or ""
        with (
            file.open("rb") as stream,
            Progress(
                TextColumn(escape(file.name)),
                BarColumn(),
                DownloadColumn(),
                TextColumn("{task.fields[rows]} " + _("rows")),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                disable=quiet,
            ) as bar,
        ):
            task = bar.add_task("import", total=file.stat().st_size, rows=0)
            supplier = _supplier(
                options["supplier"], create=options["create_supplier"], currency=options["currency"]
            )
            header = open_table(stream, encoding=encoding).header
            stream.seek(0)
            form = options["format"] or (CHOSEN if options["column"] else format_of(header))
            columns: Mapping[str, str] = {}
            if form == CHOSEN:
                columns = _columns(options["column"]) or importing_selectors.columns_for(supplier, header)
            report = FORMATS[form](
                file=stream,
                supplier=supplier,
                currency=options["currency"] or supplier.currency,
                dry_run=options["dry_run"],
                cost_bp=cost_bp,
                category=category,
                language=options["language"],
                answers=answers,
                columns=columns,
                encoding=encoding,
                acting_user="banyan import",
                progress=lambda done, rows: bar.update(task, completed=done, rows=rows),
            )
            report.format = form
            if options["column"] and not options["dry_run"] and not report.questions:
                importing_services.save_mapping(supplier=supplier, header=header, columns=columns)
            return report

    def _print_json(self, value: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=2))


def _supplier(code: str, *, create: bool, currency: str | None) -> Supplier:
    if create and not Supplier.objects.filter(code=code).exists():
        if not currency:
            raise InvalidInput(
                _("a new supplier needs a currency"),
                field="--currency",
                remedy=_("write --currency with its three letters (ISO 4217), such as CNY, USD or EUR"),
            )
        supplier = Supplier(code=code, name={"en": code}, currency=require_currency(currency))
        supplier.clean_fields()
        return supplier
    return supplier_selectors.find_supplier(code)


def _columns(pairs: list[str]) -> dict[str, str]:
    columns = {}
    for pair in pairs:
        meaning, sign, name = pair.partition("=")
        if not sign:
            raise InvalidInput(
                _("this says no column"),
                field="--column",
                value=pair,
                remedy=_("write it like --column “title=Product name”"),
            )
        columns[meaning.strip()] = name.strip()
    return columns


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
    _show_reading(report, console)
    _show_errors(report, console)
    if report.remarks:
        rows = [(str(row.line), row.column, row.value[:40], row.message) for row in report.remarks]
        _table(
            console,
            _("Taken, but look at it"),
            (_("Line"), _("Column"), _("Value"), _("To know")),
            rows,
            report.remark_count,
        )
    if report.dry_run and report.changes:
        changed = [
            (
                change.handle,
                _("new") if change.created else _("updated"),
                ", ".join(f"{ASPECTS[name]} {count}" for name, count in sorted(change.aspects.items())),
            )
            for change in report.changes
        ]
        _table(
            console,
            _("What would change"),
            (_("Product"), "", _("Rows")),
            changed,
            report.created + report.updated,
        )
    counts = [
        f"[green]{report.created}[/] " + _("new"),
        f"[yellow]{report.updated}[/] " + _("updated"),
        f"{report.unchanged} " + _("unchanged"),
        f"[red]{report.failed}[/] " + _("not taken"),
    ]
    console.print(
        (_("Dry run: ") if report.dry_run or report.questions else "") + ", ".join(counts),
        f"({report.rows} " + _("rows") + f", {report.seconds:.2f} s)",
    )
    if report.without_price:
        text = ngettext(
            "%(count)d new variant has no price in this currency and is not for sale.",
            "%(count)d new variants have no price in this currency and are not for sale.",
            report.without_price,
        )
        console.print(text % {"count": report.without_price})
    _show_questions(report, console)


def _show_reading(report: ImportReport, console: Console) -> None:
    """Print what the file was taken for, and what of it is not read."""
    parts = [str(NAMES[report.format]), report.currency]
    if report.encoding:
        parts.append(name_of(report.encoding))
    console.print(" · ".join(filter(None, parts)), style="bold", highlight=False)
    if report.format == CHOSEN:
        read = ", ".join(f"{chosen.LABELS.get(key, key)} = {name}" for key, name in report.columns.items())
        console.print(_("Columns: %(columns)s") % {"columns": escape(read)}, highlight=False)
    if report.ignored_columns:
        ignored = escape(", ".join(report.ignored_columns))
        console.print(_("Columns that are not read: %(columns)s") % {"columns": ignored}, highlight=False)
    for remark in report.file_remarks:
        console.print(escape(remark), style="yellow", highlight=False)


def _show_errors(report: ImportReport, console: Console) -> None:
    if not report.error_count:
        return
    rows = [
        (str(error.line), error.column, error.value[:40], error.message, error.remedy)
        for error in report.errors
    ]
    _table(
        console,
        _("What is wrong"),
        (_("Line"), _("Column"), _("Value"), _("What is wrong"), _("What to do")),
        rows,
        report.error_count,
    )
    if report.refused:
        whole = [(product.handle, ", ".join(product.variants)) for product in report.refused]
        _table(
            console,
            _("Not taken, with all their variants"),
            (_("Product"), _("Variants")),
            whole,
            report.failed,
        )


def _show_questions(report: ImportReport, console: Console) -> None:
    if not report.questions:
        return
    console.print(_("The file does not say, and somebody has to:"), style="bold")
    for question in report.questions:
        more = "…" if question.count > len(question.handles) else ""
        text = f"{question_text(question.key, question.count)} ({', '.join(question.handles)}{more})"
        console.print(f"  {escape(text)} → {OPTIONS[question.key]}", highlight=False)
    if not report.dry_run:
        console.print(_("Nothing was brought in."), style="bold red")


def _table(
    console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], total: int
) -> None:
    console.print(title, style="bold")
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows[:SHOWN]:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    if total > SHOWN:
        console.print(_("… and %(count)d more; --json lists up to 1000") % {"count": total - SHOWN})
