"""Recognising the columns of a file by their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.utils.translation import gettext as _

from kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Columns:
    """What the file calls each known column, where it stands, and what is not read."""

    called: dict[str, str]
    ignored: list[str]
    names: tuple[str, ...]
    _pick: "itemgetter[tuple[str, ...]]"

    def values(self, cells: list[str]) -> dict[str, str]:
        """Return the trimmed cell of every known column of one row; empty where the file has none."""
        return dict(zip(self.names, map(str.strip, self._pick([*cells, ""])), strict=True))


def recognise_by(
    header: Sequence[str], names: Mapping[str, Sequence[str]], *, required: Sequence[str], remedy: str = ""
) -> Columns:
    """Find columns by name, whatever their order; raise InvalidInput if one of ``required`` is missing."""
    known = {name.casefold(): key for key, spellings in names.items() for name in spellings}
    at: dict[str, int] = {}
    ignored: list[str] = []
    for place, name in enumerate(header):
        key = known.get(name.casefold())
        if key is None or key in at:
            ignored.append(name)
        else:
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
    called = {key: header[at[key]] if key in at else spellings[0] for key, spellings in names.items()}
    # A column that the file does not have is read from the empty cell put behind every row.
    places = [at.get(key, -1) for key in names]
    return Columns(called, [name for name in ignored if name], tuple(names), itemgetter(*places))  # type: ignore[arg-type]
