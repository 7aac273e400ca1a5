"""A shop's look as a document: what an operator may write, checked before anything shows it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from kernel.texts.languages import LANGUAGES
from tenants.brand.colour import parse
from tenants.brand.themes import THEMES, ThemeKey

MAX_BLOCKS = 12
_PATH = re.compile(r"/[^\s\\]*")


def _colour(text: str) -> str:
    parse(text)
    return text.strip()


def _own_path(text: str) -> str:
    """A path on this shop: nobody can be sent elsewhere from a shop's own front page."""
    if not _PATH.fullmatch(text) or text.startswith("//"):
        raise ValueError("write a path of this shop that starts with a single /")
    return text


def _languages(texts: dict[str, str]) -> dict[str, str]:
    if set(texts) - set(LANGUAGES):
        raise ValueError(f"write it as {{{LANGUAGES[0]}: …, {LANGUAGES[1]}: …}}, at least one of the two")
    return texts


Colour = Annotated[str, StringConstraints(max_length=60), AfterValidator(_colour)]
OwnPath = Annotated[str, StringConstraints(max_length=200), AfterValidator(_own_path)]
Line = Annotated[str, StringConstraints(max_length=160)]
Paragraph = Annotated[str, StringConstraints(max_length=1200)]
Texts = Annotated[dict[str, Line], AfterValidator(_languages)]
LongTexts = Annotated[dict[str, Paragraph], AfterValidator(_languages)]
ProductSource = Literal["featured", "new", "saving", "price"]
Icon = Literal[
    "truck", "shield-check", "badge-check", "leaf", "zap", "gift", "map-pin", "heart", "refresh-cw", "users"
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Tokens(_Strict):
    """Choices on top of the base theme; whatever is left out is the theme's own."""

    primary: Colour | None = None
    secondary: Colour | None = None
    accent: Colour | None = None
    base: Colour | None = Field(
        default=None, description="hue of the page; kept light or dark enough to read on"
    )
    price: Colour | None = None
    scheme: Literal["light", "dark", "auto"] | None = None
    radius: int | None = Field(default=None, ge=0, le=32, description="corners of cards, pixels")
    scale: float | None = Field(default=None, ge=0.9, le=1.2, description="size of type, 1 is 16 pixels")
    density: Literal["compact", "normal", "airy"] | None = None
    display: Literal["sans", "serif", "round", "heavy"] | None = Field(
        default=None, description="type of headings"
    )


class Hero(_Strict):
    """The first thing a visitor reads."""

    kicker: Texts = {}
    title: Texts
    text: Texts = {}
    label: Texts = {}
    link: OwnPath = "/c/"


class HeroBlock(_Strict):
    """The shop's opening, drawn as the base theme draws it."""

    kind: Literal["hero"]


class CategoriesBlock(_Strict):
    """A strip of the categories that have goods."""

    kind: Literal["categories"]


class Promise(_Strict):
    """One short promise with an icon."""

    icon: Icon
    text: Texts


class PromisesBlock(_Strict):
    """Two to four promises in a row."""

    kind: Literal["promises"]
    items: Annotated[tuple[Promise, ...], Field(min_length=1, max_length=4)]


class ProductsBlock(_Strict):
    """Goods, by a rule: featured, newest, largest saving or lowest price, of one category or all."""

    kind: Literal["products"]
    title: Texts
    text: Texts = {}
    source: ProductSource = "new"
    category: Annotated[str, StringConstraints(pattern=r"^[\w-]{0,60}$")] = ""
    limit: int = Field(default=6, ge=2, le=20)
    layout: Literal["grid", "shelf", "deals"] = "grid"


class StoryBlock(_Strict):
    """A few sentences about the shop, or about why sharing pays."""

    kind: Literal["story"]
    title: Texts
    text: LongTexts
    label: Texts = {}
    link: OwnPath | None = None


Block = Annotated[
    HeroBlock | CategoriesBlock | PromisesBlock | ProductsBlock | StoryBlock, Field(discriminator="kind")
]

DEFAULT_HOME: tuple[Block, ...] = (
    HeroBlock(kind="hero"),
    CategoriesBlock(kind="categories"),
    ProductsBlock(
        kind="products",
        title={"zh-hans": "精选", "en": "Our pick"},
        source="featured",
        layout="shelf",
        limit=8,
    ),
    ProductsBlock(kind="products", title={"zh-hans": "新品上架", "en": "New in"}, source="new", limit=10),
)


class Contacts(_Strict):
    """How a customer reaches the shop."""

    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    email: Annotated[str, StringConstraints(max_length=120)] = ""
    wechat: Annotated[str, StringConstraints(max_length=60)] = ""
    address: Texts = {}
    hours: Texts = {}


class BrandDocument(_Strict):
    """The whole look of one shop: the blueprint's section ``brand``."""

    theme: ThemeKey = "market"
    tokens: Tokens = Tokens()
    logo: Annotated[str, StringConstraints(max_length=8, strip_whitespace=True)] = ""
    tagline: Texts = {}
    announcement: Texts = {}
    hero: Hero = Hero(title={})
    home: Annotated[tuple[Block, ...], Field(max_length=MAX_BLOCKS)] = DEFAULT_HOME
    contacts: Contacts = Contacts()

    @field_validator("logo")
    @classmethod
    def _short_logo(cls, text: str) -> str:
        # Joiners and variation selectors belong to one visible character of an emoji.
        visible = [char for char in text if char not in "\u200d\ufe0f\ufe0e"]
        if len(visible) > 2:
            raise ValueError("one or two characters fit into the logo")
        if any(char in "<>&\"'" for char in visible):
            raise ValueError("letters, digits, Chinese characters or a simple emoji only")
        return text

    @field_validator("theme", mode="before")
    @classmethod
    def _known_theme(cls, key: object) -> object:
        if key not in THEMES:
            raise ValueError(f"known themes are {', '.join(THEMES)}")
        return key
