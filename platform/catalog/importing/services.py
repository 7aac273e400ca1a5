"""Imports through the console: a worker checks the file first, and applies it when somebody says so."""

from typing import Any, BinaryIO
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.categories.models import Category
from catalog.importing.formats import FORMATS, recognise_format
from catalog.importing.models import ImportRun
from catalog.importing.selectors import progress_key
from catalog.suppliers.models import Supplier
from kernel import audit
from kernel.errors import BanyanError, Conflict, InvalidInput

MAX_BYTES = 200 * 1024 * 1024
KEPT_SECONDS = 3600
TASK = "catalog.tasks.run_import"


def start_import(
    *,
    supplier: Supplier,
    file: UploadedFile[bytes],
    acting_user: Any,
    currency: str,
    cost_bp: int = 6000,
    category: Category | None = None,
) -> ImportRun:
    """Keep the file and have it checked; raises InvalidInput for one that is too large or no table at all."""
    if (file.size or 0) > MAX_BYTES:
        raise InvalidInput(_("the file is larger than 200 MB"), field="file", remedy=_("split it"))
    form = recognise_format(_binary(file))
    file.seek(0)
    run = ImportRun(
        supplier=supplier,
        format=form,
        currency=currency,
        category=category,
        cost_bp=cost_bp,
        name=(file.name or "file.csv")[:200],
        size=file.size or 0,
        asked_by=str(acting_user)[:200],
    )
    run.file.save(run.name, file, save=False)
    with transaction.atomic(durable=True):
        run.save()
        audit.record_on(
            supplier, "check_import", actor=acting_user, changes={"file": run.name, "format": form}
        )
        transaction.on_commit(lambda: _send(run.pk), robust=True)
    return run


def apply_import(*, run_id: UUID, acting_user: Any) -> None:
    """Have a checked file brought in; a Conflict if it was not checked or is under way already."""
    with transaction.atomic(durable=True):
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state != ImportRun.State.CHECKED:
            raise Conflict(_("this file is not waiting to be applied"), field="run", value=run.state)
        run.state, run.asked_by = ImportRun.State.APPLYING, str(acting_user)[:200]
        run.save(update_fields=["state", "asked_by"])
        transaction.on_commit(lambda: _send(run_id), robust=True)


def _send(run_id: UUID) -> None:
    # The worker speaks to whoever asked, in their language.
    current_app.send_task(TASK, [str(run_id), translation.get_language()], ignore_result=True, retry=False)


def run_import(run_id: UUID) -> None:
    """Do what a run waits for: check, or apply. Safe to repeat: the same file twice changes nothing.

    A run that breaks down says so on its page; nothing of it is kept.
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
    state = ImportRun.State.DONE if applying else ImportRun.State.CHECKED
    ImportRun.objects.filter(pk=run_id).update(state=state, report=report.as_dict())


def _fail(run_id: UUID, error: BanyanError) -> None:
    ImportRun.objects.filter(pk=run_id).update(state=ImportRun.State.FAILED, fault=error.as_dict())


def _binary(stream: Any) -> BinaryIO:
    binary: BinaryIO = stream
    return binary
