"""Files that no public address leads to: papers of suppliers, members and cases."""

from django.core.files.storage import FileSystemStorage, Storage, storages


class PrivateDisk(FileSystemStorage):
    """A folder of this machine to which no address leads, by mistake either."""

    def url(self, name: str | None) -> str:
        """Refuse: papers are sent by views that ask who wants them."""
        raise ValueError(f"{name} has no address")


def papers() -> Storage:
    """Return the storage that no URL leads to; see STORAGES["papers"]."""
    return storages["papers"]
