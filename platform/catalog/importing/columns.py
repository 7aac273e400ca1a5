"""Recognising the columns of a file by their names, or as somebody has chosen them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.utils.translation import gettext as _

from kernel.errors import InvalidInput

Names = Mapping[str, Sequence[str]]
"""Meaning -> what the column may be called."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the file calls each known column, where it stands, and what is not read.

    ``called`` has every meaning (with the usual name where the file has no such column), ``present`` those
    that the file has. ``width`` is how many cells a row has.
    """

    called: dict[str, str]
    present: frozenset[str]
    ignored: list[str]
    names: tuple[str, ...]
    width: int
    _pick: "itemgetter[tuple[str, ...]]"

    def values(self, cells: list[str]) -> dict[str, str]:
        """Return the trimmed cell of every known column of one row; empty where the file has none."""
        return dict(zip(self.names, map(str.strip, self._pick([*cells, ""])), strict=True))

    def place_of(self, key: str, header: Sequence[str]) -> int:
        """Return where the column stands in the file, -1 if it has none."""
        return header.index(self.called[key]) if key in self.present else -1

    def shown(self) -> dict[str, str]:
        """Return the columns that are read: meaning -> what the file calls it."""
        return {key: self.called[key] for key in self.names if key in self.present}


def recognise_by(
    header: Sequence[str], names: Names, *, required: Sequence[str], remedy: str = ""
) -> Columns:
    """Find columns by name, whatever their order; raise InvalidInput if one of ``required`` is missing."""
    known = {name.casefold(): key for key, spellings in names.items() for name in spellings}
    at: dict[str, int] = {}
    for place, name in enumerate(header):
        key = known.get(name.casefold()) if name else None
        if key is not None and key not in at:
            at[key] = place
    missing = [" / ".join(names[key]) for key in required if key not in at]
    if missing:
        raise InvalidInput(
            _("these columns are missing: %(columns)s") % {"columns": ", ".join(missing)},
            field="file",
            line=1,
            value=", ".join(header)[:200],
            remedy=remedy or _("export a file first and change that one"),
        )
    return _columns(header, names, at)


def choose(header: Sequence[str], names: Names, chosen: Mapping[str, str]) -> Columns:
    """Return the columns as somebody has chosen them: meaning -> name in the file.

    Raises InvalidInput, naming the choice, for a meaning or a column that there is not.
    """
    at: dict[str, int] = {}
    for key, name in chosen.items():
        if key not in names:
            raise InvalidInput(
                _("a column cannot mean this"),
                field="columns",
                value=key,
                remedy=_("write one of: %(known)s") % {"known": ", ".join(names)},
            )
        if name not in header:
            raise InvalidInput(
                _("the file has no such column"),
                field="columns",
                value=name,
                remedy=_("write one of: %(known)s") % {"known": ", ".join(filter(None, header))[:500]},
            )
        at[key] = header.index(name)
    return _columns(header, names, at)


def fingerprint(header: Sequence[str]) -> str:
    """Return what files of the same columns share, whatever their order."""
    return hashlib.sha256("\x1f".join(sorted(name.casefold() for name in header)).encode()).hexdigest()


def _columns(header: Sequence[str], names: Names, at: Mapping[str, int]) -> Columns:
    called = {key: header[at[key]] if key in at else spellings[0] for key, spellings in names.items()}
    read = set(at.values())
    ignored = [name for place, name in enumerate(header) if name and place not in read]
    # A column that the file does not have is read from the empty cell put behind every row.
    places = [at.get(key, -1) for key in names]
    return Columns(called, frozenset(at), ignored, tuple(names), len(header), itemgetter(*places))  # type: ignore[arg-type]
