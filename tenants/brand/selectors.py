"""Reading a shop's look, once a second at most in each process."""

from dataclasses import dataclass

from kernel.caches.process_cache import ProcessCache
from kernel.tenancy import current_schema
from tenants.brand.document import BrandDocument
from tenants.brand.models import Brand
from tenants.brand.themes import THEMES, Theme

_TTL_SECONDS = 1.0
_MAX_SHOPS = 2048
looks: "ProcessCache[str, Look]" = ProcessCache(_MAX_SHOPS, seconds=_TTL_SECONDS)


@dataclass(frozen=True, slots=True)
class Look:
    """A shop's published look. Knows nothing of the shop's goods or people."""

    version: int
    document: BrandDocument

    @property
    def theme(self) -> Theme:
        """The base theme, which names header, hero and card."""
        return THEMES[self.document.theme]


def look() -> Look:
    """Return the published look of the present tenant; at most a second old, and no query while fresh."""
    return looks.answer(current_schema(), read_look)


def read_look(*, draft: bool = False) -> Look:
    """Return the look from the database: the published one, or the draft for an operator's preview."""
    row = Brand.objects.filter(pk=1).values_list("version", "draft" if draft else "published").first()
    version, document = row or (0, {})
    return Look(version, BrandDocument.model_validate(document))


def forget() -> None:
    """Drop this process's memory of the present tenant's look, right after it changed."""
    looks.forget(current_schema())
