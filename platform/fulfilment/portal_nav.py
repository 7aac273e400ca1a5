"""What the supplier portal's navigation offers; rooms above add their pages from ``AppConfig.ready``."""

from dataclasses import dataclass

from kernel.errors import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the portal: its title, the name of its URL, and where in the row it stands."""

    title: Text
    url_name: str
    place: int = 50


_entries: list[Entry] = []


def register(entry: Entry) -> None:
    """Add a page once; its view guards itself with ``fulfilment.access.for_suppliers``."""
    if entry not in _entries:
        _entries.append(entry)


def entries() -> list[Entry]:
    """Return the pages in the order in which they are shown."""
    return sorted(_entries, key=lambda entry: entry.place)
