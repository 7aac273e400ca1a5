"""What an import did, or in a dry run would do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.errors import Text

KEPT = 1000
"""Errors, remarks and changes kept for showing; beyond that they are only counted."""

ASPECTS: Mapping[str, Text] = {
    "texts": _("texts"),
    "variants": _("variants"),
    "variants_added": _("new variants"),
    "variants_removed": _("variants off sale"),
    "prices": _("prices"),
    "stock": _("stock"),
    "pictures": _("pictures"),
    "pictures_removed": _("pictures removed"),
}
"""What may change about a product; see ImportChange."""


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
class RowRemark:
    """What a person should know of a row that was taken: not for sale, looks broken, was mended."""

    line: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class RefusedProduct:
    """A product that was not taken, with everything of it that the file holds.

    ``variants`` names each by its option values, its SKU or its line. ``handle`` is "" for rows of which
    nobody can say whose they are.
    """

    handle: str
    line: int
    variants: Sequence[str]


@dataclass(frozen=True, slots=True)
class ImportChange:
    """What changes about one product: how many rows of each aspect, e.g. {"prices": 2, "stock": 1}."""

    handle: str
    created: bool
    aspects: dict[str, int]


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """What the file does not say and somebody has to: see ``answers.ImportAnswers``.

    ``key``: stock, kind or category. ``count``: how many new variants (stock) or new products it concerns.
    ``handles``: the first of them.
    """

    key: str
    count: int
    handles: Sequence[str]


@dataclass(slots=True)
class ImportReport:
    """Products created, updated, unchanged and failed, and the errors that explain the failures.

    ``created + updated + unchanged + failed`` is how many products the file names. With ``questions``
    nothing was brought in, whatever the counts say: they are what would be.
    """

    dry_run: bool
    format: str = ""
    encoding: str = ""
    currency: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    rows: int = 0
    variants: int = 0
    variants_failed: int = 0
    without_category: int = 0
    without_price: int = 0
    seconds: float = 0.0
    error_count: int = 0
    remark_count: int = 0
    questions: list[ImportQuestion] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    refused: list[RefusedProduct] = field(default_factory=list)
    remarks: list[RowRemark] = field(default_factory=list)
    file_remarks: list[str] = field(default_factory=list)
    changes: list[ImportChange] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)

    def add_errors(self, errors: list[RowError]) -> None:
        """Count ``errors`` and keep them while there is room."""
        self.error_count += len(errors)
        self.errors.extend(errors[: max(0, KEPT - len(self.errors))])

    def add_remarks(self, remarks: list[RowRemark]) -> None:
        """Count ``remarks`` and keep them while there is room."""
        self.remark_count += len(remarks)
        self.remarks.extend(remarks[: max(0, KEPT - len(self.remarks))])

    def add_refused(self, product: RefusedProduct) -> None:
        """Count a product that is not taken, with its variants, and keep it while there is room."""
        self.failed += 1
        self.variants_failed += len(product.variants)
        if len(self.refused) < KEPT:
            self.refused.append(product)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return asdict(self)
