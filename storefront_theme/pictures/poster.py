"""A poster that a member sends to friends: the shop's colours, its opening words, the member's QR code."""

import re
from html import escape

import segno
from django.utils.translation import gettext as _

from kernel.texts.translated import pick
from tenants.brand import stylesheet
from tenants.brand.document import BrandDocument

WIDTH, HEIGHT = 720, 1080
_LINE = 9.6
"""Chinese characters that fit into a line of the headline."""
_FONT = "PingFang SC, HarmonyOS Sans SC, Microsoft YaHei, Noto Sans CJK SC, system-ui, sans-serif"


def draw(document: BrandDocument, *, name: str, mark: str, address: str, person: str) -> str:
    """Return the poster as SVG; ``address`` is what the QR code opens."""
    colours = stylesheet.colours(document)
    title = pick(document.hero.title) or name
    lines = _wrap(title, _LINE)[:3]
    invites, scan = _("invites you"), _("Scan to open the shop")
    words = "".join(
        f'<text x="60" y="{330 + index * 84}" font-size="62" font-weight="800">{escape(line)}</text>'
        for index, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="{_FONT}"><defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{colours["hero-from"]}"/>'
        f'<stop offset="1" stop-color="{colours["hero-to"]}"/></linearGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#g)"/>'
        f'<g fill="{colours["hero-content"]}">'
        f'<text x="700" y="660" font-size="{460 if len(mark) == 1 else 300}" font-weight="800" '
        f'text-anchor="end" opacity=".1">{escape(mark)}</text>'
        '<rect x="60" y="70" width="96" height="96" rx="24" opacity=".16"/>'
        f'<text x="108" y="136" font-size="{56 if len(mark) == 1 else 40}" font-weight="800" '
        f'text-anchor="middle">{escape(mark)}</text>'
        f'<text x="180" y="134" font-size="40" font-weight="800">{escape(name)}</text>{words}'
        f'<text x="60" y="{346 + len(lines) * 84}" font-size="30">{escape(pick(document.tagline))}</text></g>'
        f'<rect x="40" y="700" width="640" height="340" rx="36" fill="{colours["base-100"]}"/>'
        f'<g transform="translate(76 740)">{_code(address, 260)}</g>'
        f'<g fill="{colours["base-content"]}"><text x="376" y="830" font-size="34" font-weight="800">'
        f"{escape(person[:14])}</text>"
        f'<text x="376" y="884" font-size="28">{escape(invites)}</text>'
        f'<text x="376" y="944" font-size="24" fill="{colours["muted"]}">'
        f"{escape(scan)}</text></g>"
        "</svg>"
    )


def _code(address: str, size: int) -> str:
    code = segno.make(address, error="m")
    width, _height = code.symbol_size(border=2)
    cells = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, cells in enumerate(code.matrix_iter(border=2))
        for column, dark in enumerate(cells)
        if dark
    )
    return (
        f'<g transform="scale({size / width:.4f})"><rect width="{width}" height="{width}" fill="#ffffff"/>'
        f'<path d="{cells}" fill="#111111"/></g>'
    )


def _wrap(text: str, width: float) -> list[str]:
    """Break Latin text at spaces and Chinese after its marks, inside a long clause anywhere.

    ``width`` in Chinese characters.
    """
    lines, line, used = [], "", 0.0
    latin = text.isascii()
    for word in text.split(" ") if latin else _clauses(text, width):
        size = _size(word)
        if line and used + size > width:
            lines.append(line)
            line, used = "", 0.0
        joint = " " if line and latin else ""
        line, used = line + joint + word, used + size + (0.3 if joint else 0)
    return [*lines, line]


def _size(text: str) -> float:
    return sum(1.0 if ord(char) > 0x2E7F else 0.56 for char in text)


def _clauses(text: str, width: float) -> list[str]:
    """Split after marks; a clause that is longer than a line, into its characters."""
    clauses = [clause for clause in re.split(r"(?<=[，。！？、：；])", text) if clause]
    return [part for clause in clauses for part in ([clause] if _size(clause) <= width else list(clause))]
