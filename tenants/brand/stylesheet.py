"""The one file of CSS that differs between shops: a list of variables."""

from functools import lru_cache

from tenants.brand.document import BrandDocument, Tokens
from tenants.brand.palette import Scheme, build
from tenants.brand.themes import THEMES, Display, Theme

_SANS = '"PingFang SC", "HarmonyOS Sans SC", "MiSans", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC"'
_FONTS: dict[Display, str] = {
    "sans": f"ui-sans-serif, system-ui, -apple-system, {_SANS}, sans-serif",
    "heavy": f'"Helvetica Neue", "Arial Black", Arial, {_SANS}, sans-serif',
    "round": f'ui-rounded, "SF Pro Rounded", "Yuanti SC", "YouYuan", {_SANS}, sans-serif',
    "serif": (
        '"Songti SC", "Source Han Serif SC", "Noto Serif CJK SC", "Noto Serif SC", "SimSun", Georgia, serif'
    ),
}
_GAPS = {"compact": ("0.5rem", "0.75rem"), "normal": ("0.75rem", "1.25rem"), "airy": ("1.25rem", "2.25rem")}


@lru_cache(maxsize=512)
def render(document_json: str) -> str:
    """Return a shop's theme.css for a BrandDocument given as JSON (hashable, hence cacheable)."""
    document = BrandDocument.model_validate_json(document_json)
    theme, tokens = THEMES[document.theme], document.tokens
    scheme = tokens.scheme or theme.scheme
    first: Scheme = "dark" if scheme == "dark" else "light"
    rules = [f":root{{{_colours(theme, tokens, first)}{_shape(theme, tokens)}}}"]
    if scheme == "auto":
        rules.append(f"@media (prefers-color-scheme: dark){{:root{{{_colours(theme, tokens, 'dark')}}}}}")
    return "\n".join(rules) + "\n"


def colours(document: BrandDocument, scheme: Scheme | None = None) -> dict[str, str]:
    """Return name -> #rrggbb in the given scheme, or in the one shown where no preference is known."""
    theme, tokens = THEMES[document.theme], document.tokens
    if scheme is None:
        scheme = "dark" if (tokens.scheme or theme.scheme) == "dark" else "light"
    return _palette(theme, tokens, scheme)


def _palette(theme: Theme, tokens: Tokens, scheme: Scheme) -> dict[str, str]:
    return build(
        primary=tokens.primary or theme.primary,
        secondary=tokens.secondary or theme.secondary,
        accent=tokens.accent or theme.accent,
        base=tokens.base or theme.base,
        # A brand that changes its colour does not want the theme's old one on its prices.
        price=tokens.price or ("" if tokens.primary else theme.price),
        scheme=scheme,
    )


def _colours(theme: Theme, tokens: Tokens, scheme: Scheme) -> str:
    variables = "".join(f"--color-{name}:{value};" for name, value in _palette(theme, tokens, scheme).items())
    return f"color-scheme:{scheme};{variables}"


def _shape(theme: Theme, tokens: Tokens) -> str:
    radius = theme.radius if tokens.radius is None else tokens.radius
    gap, section = _GAPS[tokens.density or theme.density]
    flat = theme.card in ("bare", "ruled")
    return (
        f"--radius-box:{radius}px;--radius-field:{min(round(radius * 0.6), 14)}px;"
        f"--radius-selector:{min(radius, 16)}px;--radius-picture:{round(radius * 0.7)}px;"
        f"--scale:{tokens.scale or theme.scale};--gap:{gap};--section:{section};"
        f"--font-display:{_FONTS[tokens.display or theme.display]};--font-body:{_FONTS['sans']};"
        f"--depth:{0 if flat else 1};--noise:0;--border:1px;--size-field:0.25rem;--size-selector:0.25rem;"
    )
