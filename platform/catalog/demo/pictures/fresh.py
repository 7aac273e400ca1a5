"""Fruit, fish, eggs, nuts and cured meat."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring
from catalog.demo.pictures.parts import bowl

YOLK = "#f5b335"


def fruit(canvas: Canvas, colour: str = "#f0862f", blush: str = "#f7b04a") -> None:
    """Three round fruits with leaves, one cut open."""
    canvas.shadow(400, 480)
    for x, y, r in ((290, 492, 146), (524, 508, 132)):
        canvas.circle(x, y, r, canvas.fade(light(blush, 0.25), colour, dark(colour, 0.2), across=True))
        canvas.ellipse(
            x - r * 0.36,
            y - r * 0.44,
            r * 0.2,
            r * 0.12,
            "#ffffff",
            opacity=0.5,
            transform=f"rotate(-35 {x - r * 0.36:.0f} {y - r * 0.44:.0f})",
        )
        canvas.stroke(f"M{x} {y - r + 14}Q{x + 4} {y - r - 12} {x + 18} {y - r - 22}", "#7a5b36", 11)
        canvas.leaf(x + 10, y - r - 6, r * 0.72, 62, canvas.palette.leaf)
    canvas.leaf(272, 352, 90, -58, canvas.palette.leaf)
    canvas.circle(410, 574, 96, dark(colour, 0.06))
    canvas.circle(410, 574, 86, light(blush, 0.62))
    for _px, _py, turn in ring(9, 1):
        with canvas.moved(410, 574, turn):
            canvas.path(
                "M0 -12C-26 -34 -24 -66 0 -78C24 -66 26 -34 0 -12Z",
                canvas.fade(blush, light(colour, 0.12), down=True),
            )


def apple(canvas: Canvas) -> None:
    """Red apples."""
    canvas.shadow(400, 470)
    for x, y, r in ((520, 508, 128), (292, 488, 150)):
        red = canvas.palette.main
        canvas.path(
            f"M{x} {y - r * 0.72}C{x - r * 0.5} {y - r * 1.16} {x - r * 1.1} {y - r * 0.7} {x - r} {y}C{x - r * 0.92} {y + r * 0.7} {x - r * 0.4} {y + r * 1.12} {x} {y + r * 0.94}"
            f"C{x + r * 0.4} {y + r * 1.12} {x + r * 0.92} {y + r * 0.7} {x + r} {y}C{x + r * 1.1} {y - r * 0.7} {x + r * 0.5} {y - r * 1.16} {x} {y - r * 0.72}Z",
            canvas.fade(light(red, 0.3), red, dark(red, 0.25), across=True),
        )
        canvas.ellipse(x, y - r * 0.7, r * 0.26, r * 0.09, dark(red, 0.4))
        canvas.stroke(f"M{x} {y - r * 0.7}Q{x + 2} {y - r} {x + r * 0.2} {y - r * 1.14}", "#6b4b2c", 11)
        canvas.leaf(x + r * 0.08, y - r * 0.94, r * 0.62, 66, canvas.palette.leaf)
        canvas.ellipse(
            x - r * 0.5,
            y - r * 0.3,
            r * 0.13,
            r * 0.3,
            "#ffffff",
            opacity=0.38,
            transform=f"rotate(18 {x - r * 0.5:.0f} {y - r * 0.3:.0f})",
        )
    canvas.path(
        "M396 668C350 660 334 600 360 560C384 590 440 640 470 652C450 668 420 674 396 668Z",
        light(YOLK, 0.66),
        stroke=canvas.palette.main,
        stroke_width=9,
    )


def lychee(canvas: Canvas) -> None:
    """A bunch of lychees, one peeled."""
    canvas.shadow(400, 440)
    canvas.stroke("M400 200C396 260 404 300 398 360M398 300L300 384M400 280L510 380", "#7a5b36", 12)
    for x, turn in ((330, -70), (470, 64), (410, -8)):
        canvas.leaf(x, 286, 150, turn, canvas.palette.leaf, 0.22)
    for x, y in ((300, 430), (404, 410), (512, 434), (346, 530), (466, 536), (560, 560), (258, 566)):
        red = mix(canvas.palette.main, "#c93a4b", 0.5)
        canvas.circle(x, y, 72, canvas.fade(light(red, 0.28), red, dark(red, 0.25), across=True))
        for px, py, _turn in [*ring(9, 48, x, y, 12), *ring(5, 22, x, y)]:
            canvas.circle(px, py, 6, light(red, 0.22), opacity=0.7)
    canvas.circle(404, 612, 66, canvas.fade("#ffffff", "#f3e6df", across=True))
    canvas.path(
        "M338 612Q350 672 404 678Q458 672 470 612Q452 640 430 626Q406 646 384 626Q356 640 338 612Z",
        mix(canvas.palette.main, "#c93a4b", 0.5),
    )


def fish(canvas: Canvas) -> None:
    """A fish on a plate with lemon and herbs."""
    canvas.shadow(400, 560, FLOOR - 4)
    canvas.ellipse(400, 574, 306, 96, canvas.fade("#ffffff", dark("#f1ece2", 0.1), down=True))
    canvas.ellipse(400, 566, 252, 72, "#f4efe6")
    skin = canvas.palette.main
    canvas.path("M596 500L700 420Q682 500 706 590L592 540Z", canvas.fade(dark(skin, 0.05), dark(skin, 0.28)))
    canvas.path("M330 424Q410 350 500 436Z", dark(skin, 0.15))
    canvas.path(
        "M116 512C190 390 430 380 612 516C430 634 190 624 116 512Z",
        canvas.fade(skin, light(skin, 0.42), "#f6f1ea", down=True),
    )
    for x in range(290, 560, 46):
        for y in (478, 512, 546):
            canvas.path(
                f"M{x + (y - 478) * 0.6} {y - 15}a20 18 0 0 1 0 32",
                "none",
                stroke=dark(skin, 0.12),
                stroke_width=4,
                opacity=0.55,
            )
    canvas.path("M258 436Q222 510 258 586", "none", stroke=dark(skin, 0.25), stroke_width=7, opacity=0.7)
    canvas.circle(188, 494, 21, "#fffdf6")
    canvas.circle(186, 494, 11, "#27303a")
    canvas.path("M300 530Q340 512 372 548Q330 572 300 530Z", dark(skin, 0.12))
    for x, y in ((470, 618), (530, 606)):
        canvas.circle(x, y, 34, YOLK)
        canvas.circle(x, y, 27, "#fdeeb5")
        for _px, _py, turn in ring(7, 1):
            with canvas.moved(x, y, turn):
                canvas.path("M0 -3L-6 -22Q0 -26 6 -22Z", "#f7cf55")
    for x, turn in ((290, -60), (316, -24), (346, 20)):
        canvas.leaf(x, 634, 78, turn, canvas.palette.leaf)


def sausages(canvas: Canvas) -> None:
    """Cured sausages tied in pairs."""
    canvas.shadow(400, 330, FLOOR + 20)
    canvas.rect(150, 150, 500, 20, "#a9743f", r=10)
    for number, x in enumerate((250, 350, 450, 550)):
        red = mix(canvas.palette.main, "#8e2f24", 0.35 + 0.1 * (number % 2))
        canvas.stroke(f"M{x} 160V230", "#efe2c8", 8)
        length = 350 - (number % 2) * 46
        canvas.rect(x - 36, 220, 72, length, canvas.fade(light(red, 0.2), red, dark(red, 0.3)), r=36)
        for place in range(9):
            px, py = x - 18 + (place * 29) % 40, 260 + place * (length - 70) / 9
            canvas.circle(px, py, 6 + place % 3, "#f3d9c4", opacity=0.75)
        canvas.stroke(
            f"M{x - 12} {224 + length}L{x + 12} {240 + length}M{x + 12} {224 + length}L{x - 12} {240 + length}",
            "#efe2c8",
            6,
        )
    canvas.leaf(630, FLOOR + 30, 110, -52, canvas.palette.leaf)
    canvas.leaf(640, FLOOR + 34, 90, -14, canvas.palette.leaf)


def nuts(canvas: Canvas) -> None:
    """A bowl of walnuts, some beside it."""
    rim, half = 470, 214
    bowl(canvas, 400, rim, half, canvas.palette.main)
    spots = [
        (270, 470),
        (340, 452),
        (420, 446),
        (500, 460),
        (548, 478),
        (310, 486),
        (390, 484),
        (470, 490),
        (360, 412),
        (446, 410),
        (402, 376),
    ]
    for x, y in sorted(spots, key=lambda spot: spot[1]):
        _walnut(canvas, x, y, 54)
    _walnut(canvas, 178, FLOOR + 2, 52)
    _walnut(canvas, 640, FLOOR + 12, 56)


def _walnut(canvas: Canvas, x: float, y: float, r: float) -> None:
    shell = "#c08a51"
    canvas.ellipse(x, y + r * 0.84, r * 0.9, r * 0.2, canvas.glow("#3a2a1c", 0.4))
    canvas.circle(x, y, r, canvas.fade(light(shell, 0.25), shell, dark(shell, 0.3), across=True))
    canvas.stroke(f"M{x} {y - r * 0.94}Q{x + r * 0.2} {y} {x} {y + r * 0.94}", dark(shell, 0.3), 5)
    for side in (-1, 1):
        canvas.stroke(
            f"M{x + side * r * 0.3} {y - r * 0.7}q{side * 18} {r * 0.3} 0 {r * 0.6}t{side * 8} {r * 0.6}M{x + side * r * 0.66} {y - r * 0.4}q{side * 8} {r * 0.3} 0 {r * 0.7}",
            dark(shell, 0.18),
            4,
        )


def eggs(canvas: Canvas) -> None:
    """Eggs in a basket of straw."""
    canvas.shadow(400, 480)
    straw = "#d0a35c"
    for x, y, turn, colour in (
        (300, 420, -14, "#f3d3b0"),
        (400, 392, 4, "#fbe9d4"),
        (500, 424, 16, "#e9be94"),
        (350, 470, -6, "#fff4e4"),
        (456, 474, 10, "#f3d3b0"),
    ):
        with canvas.moved(x, y, turn):
            canvas.path(
                "M0 -92C52 -92 72 -10 66 24C60 66 30 84 0 84S-60 66 -66 24C-72 -10 -52 -92 0 -92Z",
                canvas.fade(light(colour, 0.45), colour, dark(colour, 0.16), across=True),
            )
    canvas.path(
        f"M170 490Q400 560 630 490L596 {FLOOR - 12}Q580 {FLOOR + 14} 400 {FLOOR + 14}T204 {FLOOR - 12}Z",
        canvas.round(straw),
    )
    for row in range(4):
        y = 530 + row * 34
        canvas.path(
            f"M{176 + row * 9} {y - 14}Q400 {y + 62} {624 - row * 9} {y - 14}",
            "none",
            stroke=dark(straw, 0.22),
            stroke_width=5,
            stroke_dasharray="26 12",
            stroke_dashoffset=row * 18,
        )
    canvas.path("M160 478Q400 556 640 478L636 508Q400 586 164 508Z", canvas.round(light(straw, 0.2)))
    for x, y, turn in ((190, 486, -60), (214, 496, -30), (606, 490, 52)):
        canvas.stroke(f"M{x} {y}q{turn} -40 {turn * 1.2} -66", light(straw, 0.3), 5)


MOTIFS = {motif.__name__: motif for motif in (fruit, apple, lychee, fish, sausages, nuts, eggs)}
