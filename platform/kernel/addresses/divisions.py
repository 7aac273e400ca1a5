"""China's divisions: provinces, cities, districts, by their codes (GB/T 2260).

``divisions.csv`` holds them; docs/decisions/0051-addresses-are-chosen.md says where it comes from. A
municipality's districts lie directly below it, as do counties that a province governs itself.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("divisions.csv")


@dataclass(frozen=True, slots=True)
class Division:
    """One division; ``latin`` and ``traditional`` are its other names, the usual one first, maybe none."""

    code: str
    name: str
    latin: tuple[str, ...]
    traditional: tuple[str, ...]
    parent: str

    def label(self, language: str) -> str:
        """Return the name as a reader of this language knows it."""
        return self.name if language.startswith("zh") or not self.latin else self.latin[0]


@cache
def divisions() -> dict[str, Division]:
    """Return all divisions by code, each after the one that it lies in."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = {row["code"] for row in rows}
    return {
        row["code"]: Division(
            row["code"],
            row["name"],
            tuple(filter(None, row["latin"].split("|"))),
            tuple(filter(None, row["traditional"].split("|"))),
            _parent(row["code"], codes),
        )
        for row in rows
    }


def _parent(code: str, codes: set[str]) -> str:
    return next(
        (above for above in (f"{code[:4]}00", f"{code[:2]}0000") if above != code and above in codes), ""
    )


@cache
def _by_parent() -> dict[str, tuple[Division, ...]]:
    by_parent: dict[str, list[Division]] = {}
    for division in divisions().values():
        by_parent.setdefault(division.parent, []).append(division)
    return {parent: tuple(below) for parent, below in by_parent.items()}


def below(code: str = "") -> tuple[Division, ...]:
    """Return what lies directly below a division, the provinces without one; () for the smallest ones."""
    return _by_parent().get(code, ())


def line(code: str) -> tuple[Division, ...]:
    """Return a division and those it lies in, from the province down; () for an unknown code."""
    above, here = list[Division](), divisions().get(code)
    while here is not None:
        above.insert(0, here)
        here = divisions().get(here.parent)
    return tuple(above)


def label(code: str, language: str) -> str:
    """Return a whole line as people write it: "浙江省 杭州市 西湖区", "Xihu, Hangzhou, Zhejiang"."""
    names = [division.label(language) for division in line(code)]
    return " ".join(names) if language.startswith("zh") else ", ".join(reversed(names))
