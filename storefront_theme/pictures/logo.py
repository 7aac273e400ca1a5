"""The logo: one or two characters in the brand's colours, as SVG."""

from html import escape

from tenants.brand import stylesheet
from tenants.brand.document import BrandDocument

_FONT = "PingFang SC, HarmonyOS Sans SC, Microsoft YaHei, Noto Sans CJK SC, system-ui, sans-serif"
_SERIF = "Songti SC, Noto Serif CJK SC, SimSun, serif"


def characters(document: BrandDocument, name: str) -> str:
    """Return what the logo shows: the brand's own characters, else the first of the shop's name."""
    return document.logo or name.strip()[:1].upper() or "·"


def draw(document: BrandDocument, name: str) -> str:
    """Return a square SVG of 512 units that fills its box, so that it can be masked to any shape."""
    colours = stylesheet.colours(document)
    text = characters(document, name)
    size = 300 if len(text) == 1 else 210
    family = _SERIF if document.theme in ("market", "paper") else _FONT
    weight = 400 if document.theme == "gallery" else 800
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" width="512" height="512" role="img">'
        f"<title>{escape(name)}</title>"
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{colours["hero-from"]}"/>'
        f'<stop offset="1" stop-color="{colours["hero-to"]}"/></linearGradient></defs>'
        '<rect width="512" height="512" fill="url(#g)"/>'
        f'<text x="256" y="256" dy=".35em" text-anchor="middle" font-family="{family}" '
        f'font-size="{size}" font-weight="{weight}" fill="{colours["hero-content"]}">{escape(text)}</text>'
        "</svg>"
    )
