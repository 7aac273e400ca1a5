"""The file of a company's invoice: checked by what is in it, kept where no URL leads."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from billing.payouts.withdrawals.models import Withdrawal
from kernel.errors import InvalidInput
from kernel.files import pictures

MAX_BYTES = 8 * 1024 * 1024
MAX_PARTS = 2_000
"""Files in an OFD; a real invoice has some dozens."""
TYPES = {"pdf": "application/pdf", "ofd": "application/ofd", "jpg": "image/jpeg", "png": "image/png"}
ACCEPT = ".pdf,.ofd,.jpg,.jpeg,.png"


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is what it says: ``kind`` is a key of TYPES, found in the content and not in the name."""

    name: str
    kind: str
    data: bytes


def checked(file: BinaryIO | Any, *, name: str = "") -> Paper:
    """Return an uploaded invoice: PDF, OFD (GB/T 33190), JPEG or PNG of at most MAX_BYTES.

    Raises InvalidInput for anything else, whatever its name says.
    """
    data = file.read(MAX_BYTES + 1)
    kind = "" if len(data) > MAX_BYTES else _kind(data)
    name = PurePath((name or getattr(file, "name", "") or "").replace("\\", "/").replace("\0", "")).name
    if not kind:
        raise InvalidInput(
            _("this is no invoice that we can keep"),
            field="invoice_file",
            value=name[-80:],
            remedy=_("send a PDF, OFD, JPEG or PNG of at most 8 MB"),
        )
    return Paper(name[-120:], kind, data)


def _kind(data: bytes) -> str:
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "ofd" if _is_ofd(data) else ""
    for kind, start in (("jpg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n")):
        if data.startswith(start):
            pictures.decoded(BytesIO(data), field="invoice_file")
            return kind
    return ""


def _is_ofd(data: bytes) -> bool:
    """An OFD is a ZIP with OFD.xml at its root. Only its table is read: nothing is unpacked."""
    try:
        names = zipfile.ZipFile(BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError):
        return False
    return "OFD.xml" in names and len(names) <= MAX_PARTS


def attach(withdrawal: Withdrawal, paper: Paper) -> None:
    """Keep the file with a withdrawal that is about to be saved."""
    withdrawal.invoice_name = paper.name or f"invoice.{paper.kind}"
    withdrawal.invoice_file.save(f"invoice.{paper.kind}", ContentFile(paper.data), save=False)
