"""Where suppliers' papers lie: never at a public address."""

from pathlib import PurePath
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage, storages

from kernel.ids import new_id


class PrivateDisk(FileSystemStorage):
    """A folder of this machine to which no address leads, by mistake either."""

    def url(self, name: str | None) -> str:
        """Refuse: papers are sent by views that ask who wants them."""
        raise ValueError(f"{name} has no address")


def papers() -> Storage:
    """Return the storage that no URL leads to; see STORAGES["papers"]."""
    return storages["papers"]


def licence_path(licence: Any, name: str) -> str:
    """Return where a licence's file goes: a name nobody can guess, with the kind of file it is."""
    return f"licences/{licence.supplier_id}/{new_id().hex}{PurePath(name).suffix.lower()[:8]}"


def import_path(run: Any, name: str) -> str:
    """Return where an uploaded file waits for its import."""
    return f"imports/{new_id().hex}{PurePath(name).suffix.lower()[:8]}"
