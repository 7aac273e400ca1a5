"""Parts that several things have."""

from catalog.demo.pictures.canvas import Canvas, dark, light, ring


def label(canvas: Canvas, x: float, y: float, width: float, height: float, kind: str = "leaf") -> None:
    """A paper label with a small emblem."""
    palette = canvas.palette
    canvas.rect(x - width / 2, y - height / 2, width, height, "#fffaf1", r=10)
    canvas.rect(
        x - width / 2 + 9,
        y - height / 2 + 9,
        width - 18,
        height - 18,
        "none",
        r=6,
        stroke=light(palette.main, 0.3),
        stroke_width=2.5,
    )
    if kind == "leaf":
        canvas.leaf(x, y + height * 0.24, height * 0.5, -24, palette.leaf)
        canvas.leaf(x, y + height * 0.24, height * 0.4, 34, palette.leaf)
    elif kind == "sun":
        for px, py, turn in ring(10, height * 0.24, x, y):
            with canvas.moved(px, py, turn):
                canvas.rect(-3, -8, 6, 16, palette.accent, r=3)
        canvas.circle(x, y, height * 0.14, palette.accent)
    elif kind == "hill":
        h = height
        canvas.circle(x + width * 0.14, y - h * 0.12, h * 0.1, palette.accent)
        canvas.path(
            f"M{x - width * 0.34} {y + h * 0.24}L{x - width * 0.1} {y - h * 0.16}L{x + width * 0.06} {y + h * 0.1}L{x + width * 0.14} {y}L{x + width * 0.34} {y + h * 0.24}Z",
            palette.leaf,
        )
    else:
        canvas.circle(x, y, height * 0.22, palette.main)
        canvas.circle(x - height * 0.05, y - height * 0.06, height * 0.07, light(palette.main, 0.5))


def bowl(canvas: Canvas, x: float, rim: float, half: float, colour: str) -> None:
    """The outside of a bowl whose rim is at ``rim``; fill the inside after."""
    depth = half * 0.86
    canvas.shadow(x, half * 1.5)
    foot = rim + depth
    canvas.path(
        f"M{x - half} {rim}C{x - half} {rim + depth * 0.7} {x - half * 0.55} {foot - 14} {x - half * 0.36} {foot - 12}"
        f"L{x - half * 0.34} {foot + 8}Q{x} {foot + 26} {x + half * 0.34} {foot + 8}L{x + half * 0.36} {foot - 12}"
        f"C{x + half * 0.55} {foot - 14} {x + half} {rim + depth * 0.7} {x + half} {rim}Z",
        canvas.round(colour),
    )
    canvas.path(
        f"M{x - half * 0.93} {rim + depth * 0.3}Q{x} {rim + depth * 0.62} {x + half * 0.93} {rim + depth * 0.3}",
        "none",
        stroke=light(colour, 0.55),
        stroke_width=9,
        opacity=0.75,
    )
    canvas.ellipse(x, rim, half, half * 0.27, light(colour, 0.3))
    canvas.ellipse(x, rim + 3, half * 0.94, half * 0.235, dark(colour, 0.2))
