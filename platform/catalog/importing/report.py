"""What an import did, or in a dry run would do."""

from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 1000
"""Errors and changes kept for showing; beyond that they are only counted."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a product was not taken: where in the file, what stood there, what to do about it."""

    line: int
    column: str
    value: str
    message: str
    remedy: str

    def __str__(self) -> str:
        where = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        shown = f" ({self.value!r})" if self.value else ""
        return f"{where}: {self.message}{shown}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class ImportChange:
    """What changes about one product: how many rows of each aspect, e.g. {"prices": 2, "stock": 1}."""

    handle: str
    created: bool
    aspects: dict[str, int]


@dataclass(slots=True)
class ImportReport:
    """Products created, updated, unchanged and failed, and the errors that explain the failures."""

    dry_run: bool
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    rows: int = 0
    variants: int = 0
    without_category: int = 0
    seconds: float = 0.0
    error_count: int = 0
    errors: list[RowError] = field(default_factory=list)
    changes: list[ImportChange] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)

    def add_errors(self, errors: list[RowError]) -> None:
        """Count ``errors`` and keep them while there is room."""
        self.error_count += len(errors)
        self.errors.extend(errors[: max(0, KEPT - len(self.errors))])

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return asdict(self)
