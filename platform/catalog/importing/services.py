"""Imports through the console: a worker checks the file first, and applies it when somebody says so."""

from collections.abc import Mapping
from typing import Any, BinaryIO
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.categories.models import Category
from catalog.importing import selectors
from catalog.importing.answers import ImportAnswers
from catalog.importing.columns import fingerprint
from catalog.importing.formats import CHOSEN, FORMATS, columns_of, format_of
from catalog.importing.models import ColumnMapping, ImportRun
from catalog.importing.report import ImportQuestion
from catalog.importing.selectors import progress_key
from catalog.importing.tables.opening import open_table
from catalog.suppliers.models import Supplier
from kernel import audit
from kernel.errors import BanyanError, Conflict, InvalidInput
from kernel.money.money import require_currency

MAX_BYTES = 200 * 1024 * 1024
KEPT_SECONDS = 3600
TASK = "catalog.tasks.run_import"
LONGEST_NAME = 200


def start_import(
    *,
    supplier: Supplier,
    file: UploadedFile[bytes],
    acting_user: Any,
    currency: str,
    cost_bp: int = 6000,
    category: Category | None = None,
    encoding: str = "",
) -> ImportRun:
    """Keep the file and have it checked; where its columns are not known they have to be chosen first.

    ``currency`` is what its prices are in, ``cost_bp`` the cost in basis points of the price where it has
    none, ``encoding`` a codec, found out if empty. Raises InvalidInput for one that is too large or no
    table at all.
    """
    if (file.size or 0) > MAX_BYTES:
        raise InvalidInput(_("the file is larger than 200 MB"), field="file", remedy=_("split it"))
    currency = require_currency(currency)
    header = open_table(_binary(file), encoding=encoding).header
    file.seek(0)
    form = format_of(header)
    columns = selectors.columns_for(supplier, header) if form == CHOSEN else {}
    run = ImportRun(
        supplier=supplier,
        format=form,
        currency=currency,
        category=category,
        cost_bp=cost_bp,
        encoding=encoding,
        columns=columns,
        name=_short(file.name or "file.csv"),
        size=file.size or 0,
        state=ImportRun.State.CHOOSING if form == CHOSEN and not columns else ImportRun.State.CHECKING,
        asked_by=str(acting_user)[:200],
    )
    run.file.save(run.name, file, save=False)
    with transaction.atomic(durable=True):
        run.save()
        audit.record_on(
            supplier, "check_import", actor=acting_user, changes={"file": run.name, "format": form}
        )
        if run.state == ImportRun.State.CHECKING:
            transaction.on_commit(lambda: _send(run.pk), robust=True)
    return run


def _short(name: str) -> str:
    """Return a name that fits, with its ending."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 21]}…{name[-20:]}"


def choose_columns(*, run_id: UUID, columns: Mapping[str, str], acting_user: Any, encoding: str = "") -> None:
    """Say what a file's columns mean (meaning -> name in it), keep that for the supplier, have it checked.

    Raises InvalidInput for columns that are not enough, and Conflict for a file that is under way or done.
    """
    named = {key: name for key, name in columns.items() if name}
    run = ImportRun.objects.get(pk=run_id)
    run.encoding = encoding or run.encoding
    header = selectors.header_of(run)
    columns_of(CHOSEN, header, named)
    with transaction.atomic(durable=True):
        run = ImportRun.objects.select_for_update().select_related("supplier").get(pk=run_id)
        if run.state not in {ImportRun.State.CHOOSING, ImportRun.State.CHECKED, ImportRun.State.FAILED}:
            raise Conflict(_("this file is not waiting to be applied"), field="run", value=run.state)
        save_mapping(supplier=run.supplier, header=header, columns=named)
        run.columns, run.format, run.state = named, ImportRun.Format.COLUMNS, ImportRun.State.CHECKING
        run.encoding, run.report, run.fault = encoding or run.encoding, {}, {}
        run.save(update_fields=["columns", "format", "state", "encoding", "report", "fault"])
        audit.record_on(
            run.supplier, "choose_columns", actor=acting_user, changes={"file": run.name, "columns": named}
        )
        transaction.on_commit(lambda: _send(run_id), robust=True)


def save_mapping(*, supplier: Supplier, header: list[str], columns: Mapping[str, str]) -> None:
    """Keep what the columns of such a file mean at this supplier, in place of what was kept before."""
    ColumnMapping.objects.update_or_create(
        supplier=supplier, fingerprint=fingerprint(header), defaults={"columns": dict(columns)}
    )


def apply_import(*, run_id: UUID, acting_user: Any, answers: ImportAnswers | None = None) -> None:
    """Have a checked file brought in, with the answers to its questions.

    Raises Conflict if it was not checked or is under way already, InvalidInput if a question is left open.
    """
    answers = answers or ImportAnswers()
    with transaction.atomic(durable=True):
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state != ImportRun.State.CHECKED:
            raise Conflict(_("this file is not waiting to be applied"), field="run", value=run.state)
        for question in run.report.get("questions", []):
            if answers.leaves_open(ImportQuestion(**question)):
                raise InvalidInput(
                    _("a question about the file is not answered"),
                    field=question["key"],
                    remedy=_("answer it: nothing is brought in before"),
                )
        run.answers = answers.as_dict()
        run.state, run.asked_by = ImportRun.State.APPLYING, str(acting_user)[:200]
        run.save(update_fields=["state", "asked_by", "answers"])
        transaction.on_commit(lambda: _send(run_id), robust=True)


def _send(run_id: UUID) -> None:
    # The worker speaks to whoever asked, in their language.
    current_app.send_task(TASK, [str(run_id), translation.get_language()], ignore_result=True, retry=False)


def run_import(run_id: UUID) -> None:
    """Do what a run waits for: check, or apply. Safe to repeat: the same file twice changes nothing.

    A run that breaks down says so on its page; nothing of it is kept. One that has new questions when it is
    applied (the catalogue has changed meanwhile) waits to be applied again.
    """
    run = ImportRun.objects.select_related("supplier", "category").get(pk=run_id)
    applying = run.state == ImportRun.State.APPLYING
    if not applying and run.state != ImportRun.State.CHECKING:
        return
    try:
        with run.file.open("rb") as stream:
            report = FORMATS[run.format](
                file=_binary(stream),
                supplier=run.supplier,
                currency=run.currency,
                category=run.category,
                cost_bp=run.cost_bp,
                columns=run.columns,
                answers=ImportAnswers.from_dict(run.answers),
                encoding=run.encoding,
                dry_run=not applying,
                acting_user=run.asked_by,
                progress=lambda done, _count: cache.set(progress_key(run_id), done, KEPT_SECONDS),
            )
    except BanyanError as error:
        _fail(run_id, error)
        return
    except Exception:
        _fail(run_id, Conflict(_("something went wrong with us, and nothing was changed"), field="file"))
        raise
    is_done = applying and not report.questions
    report.format = run.format
    state = ImportRun.State.DONE if is_done else ImportRun.State.CHECKED
    ImportRun.objects.filter(pk=run_id).update(state=state, report=report.as_dict())


def _fail(run_id: UUID, error: BanyanError) -> None:
    ImportRun.objects.filter(pk=run_id).update(state=ImportRun.State.FAILED, fault=error.as_dict())


def _binary(stream: Any) -> BinaryIO:
    binary: BinaryIO = stream
    return binary
