"""Tea and coffee."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring
from catalog.demo.pictures.parts import label


def tea_tin(canvas: Canvas) -> None:
    """A round tea tin with a scoop of leaves before it."""
    colour = canvas.palette.main
    canvas.shadow(400, 320)
    canvas.path(
        f"M268 300V{FLOOR - 28}Q268 {FLOOR + 10} 400 {FLOOR + 10}T532 {FLOOR - 28}V300Z", canvas.round(colour)
    )
    canvas.path("M258 208V306Q258 340 400 340T542 306V208Z", canvas.round(dark(colour, 0.22)))
    canvas.ellipse(400, 208, 142, 36, light(colour, 0.2))
    canvas.ellipse(400, 205, 120, 28, light(colour, 0.3))
    canvas.ellipse(400, 198, 26, 10, canvas.palette.accent)
    canvas.path(
        "M258 296Q258 330 400 330T542 296V306Q542 340 400 340T258 306Z", canvas.palette.accent, opacity=0.9
    )
    label(canvas, 400, 474, 164, 200)
    _loose_leaves(canvas, 596, FLOOR + 18)


def teapot(canvas: Canvas) -> None:
    """A teapot with two cups."""
    colour = canvas.palette.main
    canvas.shadow(390, 400)
    canvas.path("M540 420C640 400 650 350 690 318L716 334C690 400 660 480 548 500Z", canvas.round(colour))
    canvas.stroke("M252 402C150 350 120 520 262 540", dark(colour, 0.1), 28)
    canvas.turned(
        [(58, 330), (120, 350), (182, 430), (186, 500), (150, 600), (104, FLOOR), (0, FLOOR + 8)],
        canvas.round(colour),
        396,
    )
    canvas.ellipse(396, 334, 70, 17, dark(colour, 0.25))
    canvas.turned([(12, 282), (40, 300), (74, 326), (76, 338), (0, 352)], canvas.round(colour), 396)
    canvas.circle(396, 272, 21, canvas.round(dark(colour, 0.1)))
    canvas.path("M252 470Q396 540 542 470", "none", stroke=light(colour, 0.45), stroke_width=7, opacity=0.6)
    canvas.ellipse(322, 430, 24, 62, "#ffffff", opacity=0.22, transform="rotate(18 322 430)")
    for x in (560, 668):
        _cup(canvas, x, FLOOR - 62)
    canvas.steam(612, FLOOR - 112, 96, 34)


def tea_cake(canvas: Canvas) -> None:
    """A pressed tea cake in its wrapper, a second one behind."""
    canvas.shadow(410, 420)
    tea = mix("#5a3c28", canvas.palette.main, 0.15)
    with canvas.moved(0, 0, 0):
        canvas.circle(474, 424, 186, canvas.fade(light(tea, 0.12), dark(tea, 0.2), across=True))
        for px, py, turn in [
            *ring(20, 150, 474, 424),
            *ring(14, 106, 474, 424, 8),
            *ring(8, 58, 474, 424, 20),
        ]:
            with canvas.moved(px, py, turn * 1.7):
                canvas.path("M-19 0Q0 -11 19 0Q0 8 -19 0Z", light(tea, 0.25), opacity=0.7)
    paper = "#fbf4e6"
    canvas.circle(316, 462, 192, canvas.fade(paper, dark(paper, 0.12), across=True))
    canvas.circle(316, 462, 150, "none", stroke=canvas.palette.main, stroke_width=7)
    canvas.circle(316, 462, 136, "none", stroke=canvas.palette.main, stroke_width=2)
    canvas.circle(316, 462, 74, canvas.palette.main)
    canvas.leaf(316, 508, 92, -18, light(canvas.palette.main, 0.75))
    canvas.leaf(316, 508, 74, 34, light(canvas.palette.main, 0.75))
    for px, py, turn in ring(24, 112, 316, 462):
        with canvas.moved(px, py, turn):
            canvas.rect(-3, -8, 6, 16, mix(paper, canvas.palette.main, 0.5), r=3)
    _loose_leaves(canvas, 600, FLOOR + 24)


def coffee(canvas: Canvas) -> None:
    """A cup with a leaf in its foam."""
    canvas.shadow(400, 430)
    canvas.ellipse(400, 630, 262, 50, canvas.fade("#ffffff", "#e6dfd3", down=True))
    colour = canvas.palette.main
    canvas.stroke("M576 430C690 410 684 560 548 556", colour, 30)
    canvas.path("M208 400C212 560 290 630 400 632S588 560 592 400Z", canvas.round(colour))
    canvas.ellipse(400, 400, 192, 62, light(colour, 0.4))
    canvas.ellipse(400, 404, 172, 52, "#8a5a34")
    canvas.ellipse(400, 404, 150, 43, "#c58f5b")
    for place, half in enumerate((20, 44, 56, 48, 26)):
        y = 380 + place * 12
        canvas.path(
            f"M{400 - half} {y}Q400 {y + 17} {400 + half} {y}Q400 {y + 4} {400 - half} {y}Z", "#fdf3e3"
        )
    canvas.stroke("M400 372V438", "#fdf3e3", 5)
    canvas.steam(400, 330, 170, 62)
    for x, y, turn in ((640, 640, 30), (690, 660, -20), (130, 650, 10)):
        with canvas.moved(x, y, turn):
            canvas.ellipse(0, 0, 24, 16, "#6b422a")
            canvas.stroke("M-20 2Q0 -8 20 -2", "#3f2517", 4)


def _cup(canvas: Canvas, x: float, rim: float) -> None:
    canvas.shadow(x, 92, FLOOR + 18)
    canvas.path(
        f"M{x - 50} {rim}C{x - 50} {rim + 58} {x - 32} {rim + 82} {x} {rim + 84}S{x + 50} {rim + 58} {x + 50} {rim}Z",
        canvas.round("#f7f2e8"),
    )
    canvas.ellipse(x, rim, 50, 14, "#ffffff")
    canvas.ellipse(x, rim + 3, 42, 10, mix(canvas.palette.accent, "#b0702c", 0.4))


def _loose_leaves(canvas: Canvas, x: float, y: float) -> None:
    canvas.ellipse(x, y, 92, 24, canvas.glow(dark(canvas.palette.table, 0.6), 0.35))
    for number, (px, py, turn) in enumerate(ring(13, 1, start=10)):
        with canvas.moved(
            x + px * 60 + (number % 3) * 7, y - 8 + py * 12 - (number % 4) * 7, turn * 0.4 + 50
        ):
            canvas.path(
                "M-24 0Q0 -15 24 0Q0 9 -24 0Z",
                mix(canvas.palette.leaf, dark(canvas.palette.leaf, 0.5), (number % 4) / 4),
            )


MOTIFS = {motif.__name__: motif for motif in (tea_tin, teapot, tea_cake, coffee)}
