"""Where the money went, as a picture: a Sankey diagram in SVG that scales to any width.

Only presentation attributes are used, for a strict Content-Security-Policy forbids inline styles; texts take
the colour of the page around, so it works on light and dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString

from kernel.money.money import MoneyFlow, format_money

WIDTH, NODE, GAP, TOP = 660, 10, 16, 8
LABEL_AREA, LABEL_HEIGHT = 250, 38
FLOW_HEIGHT, THINNEST = 240, 2.5
TONES = {
    "supply": "#0d9488",
    "fee": "#64748b",
    "people": "#d97706",
    "shop": "#db2777",
    "source": "#475569",
}


@dataclass(slots=True)
class _Node:
    name: str
    tone: str
    column: int = 0
    incoming: int = 0
    outgoing: int = 0
    x: float = 0
    y: float = 0
    height: float = 0
    left: float = 0
    """How far down its left side the next ribbon enters."""
    right: float = 0
    labels: list[str] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return max(self.incoming, self.outgoing)


def draw(flows: Sequence[MoneyFlow], currency: str, *, title: str = "") -> str:
    """Return the picture as SVG, safe to put into a template; an empty text if nothing flows.

    Parties that only give stand left, those that only receive right, in at most as many columns as the money
    takes steps. Amounts are written in the reader's language. Raises ValueError for money in a circle.
    """
    ribbons = [ribbon for ribbon in flows if ribbon.amount > 0]
    if not ribbons:
        return ""
    nodes = _nodes(ribbons)
    last = max(node.column for node in nodes.values())
    height = _place(nodes, last)
    summary = title or "; ".join(
        f"{ribbon.source} → {ribbon.target}: {format_money(ribbon.amount, currency)}" for ribbon in ribbons
    )
    parts = [_ribbon(ribbon, nodes, currency) for ribbon in ribbons]
    parts += [_node(node, currency, is_last=node.column == last) for node in nodes.values()]
    return SafeString(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="100%" role="img"'
        f' font-family="inherit" font-size="14" fill="currentColor"><title>{escape(summary)}</title>'
        f"{''.join(parts)}</svg>"
    )


def _nodes(ribbons: Sequence[MoneyFlow]) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    for ribbon in ribbons:
        nodes.setdefault(ribbon.source, _Node(ribbon.source, "source")).outgoing += ribbon.amount
        target = nodes.setdefault(ribbon.target, _Node(ribbon.target, ribbon.tone))
        target.incoming += ribbon.amount
        target.tone = ribbon.tone
        if ribbon.label and ribbon.label not in target.labels and ribbon.label != ribbon.target:
            target.labels.append(ribbon.label)
    for _step in nodes:
        moved = False
        for ribbon in ribbons:
            behind = nodes[ribbon.source].column + 1
            if nodes[ribbon.target].column < behind:
                nodes[ribbon.target].column, moved = behind, True
        if not moved:
            return nodes
    raise ValueError("money flows in a circle: nothing to be drawn from left to right")


def _place(nodes: dict[str, _Node], last: int) -> float:
    """Give every node its place and size; return the height of the picture."""
    columns = [[node for node in nodes.values() if node.column == column] for column in range(last + 1)]
    scale = FLOW_HEIGHT / max(sum(node.amount for node in column) for column in columns)
    heights = []
    for number, column in enumerate(columns):
        y = float(TOP)
        for node in column:
            node.x = number * (WIDTH - LABEL_AREA - NODE) / last
            node.height = max(node.amount * scale, THINNEST)
            # Labels of the first column stand above its node, the others' beside it.
            slot = node.height + LABEL_HEIGHT if number == 0 else max(node.height, LABEL_HEIGHT)
            node.y = y + (LABEL_HEIGHT if number == 0 else (slot - node.height) / 2)
            y += slot + GAP
        heights.append(y - GAP + TOP)
    tallest = max(heights)
    for column, height in zip(columns, heights, strict=True):
        for node in column:
            node.y += (tallest - height) / 2
    return tallest


def _ribbon(ribbon: MoneyFlow, nodes: dict[str, _Node], currency: str) -> str:
    source, target = nodes[ribbon.source], nodes[ribbon.target]
    leaving = source.height * ribbon.amount / source.amount
    arriving = target.height * ribbon.amount / target.amount
    x1, x2 = source.x + NODE, target.x
    y1, y2 = source.y + source.right, target.y + target.left
    source.right += leaving
    target.left += arriving
    middle = (x1 + x2) / 2
    path = (
        f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        f"V{y2 + arriving:.1f}C{middle:.1f} {y2 + arriving:.1f} {middle:.1f} {y1 + leaving:.1f}"
        f" {x1:.1f} {y1 + leaving:.1f}Z"
    )
    words = f"{ribbon.source} → {ribbon.target}: {ribbon.label} {format_money(ribbon.amount, currency)}"
    return (
        f'<path d="{path}" fill="{_colour(target)}" fill-opacity="0.32"><title>{escape(words)}</title></path>'
    )


def _node(node: _Node, currency: str, *, is_last: bool) -> str:
    box = (
        f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{NODE}" height="{node.height:.1f}" rx="2"'
        f' fill="{_colour(node)}"/>'
    )
    amount = format_money(node.amount, currency)
    about = "，".join(node.labels) if _is_wide(node.name) else ", ".join(node.labels)
    if is_last:
        x, y = node.x + NODE + 10, node.y + node.height / 2
        below = _text(x, y + 14, _fit(f"{amount}  {about}".strip(), LABEL_AREA - 20), faint=True)
        return box + _text(x, y - 4, _fit(node.name, LABEL_AREA - 20), bold=True) + below
    # Between columns there is room above the node only.
    x, y = node.x + (0 if node.column == 0 else -4), node.y - 8
    return box + _text(x, y - 18, _fit(node.name, 240), bold=True) + _text(x, y, amount, faint=True)


def _text(x: float, y: float, words: str, *, bold: bool = False, faint: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    tone = ' fill-opacity="0.72" font-size="13"' if faint else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{weight}{tone}>{escape(words)}</text>'


def _fit(words: str, room: float) -> str:
    """Shorten a text to ``room`` pixels; Chinese characters are as wide as they are high."""
    used = 0.0
    for place, character in enumerate(words):
        used += 14 if _is_wide(character) else 8.6
        if used > room:
            return words[: max(place - 1, 1)] + "…"
    return words


def _is_wide(words: str) -> bool:
    return any(ord(character) > 0x2E80 for character in words)


def _colour(node: _Node) -> str:
    return TONES.get(node.tone, TONES["fee"])
