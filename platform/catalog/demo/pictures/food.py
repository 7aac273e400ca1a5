"""Dishes, and what stands in the larder."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring
from catalog.demo.pictures.parts import bowl, label

CREAM, BROTH, MEAT, EGG, YOLK = "#f8ecd2", "#d98a3d", "#b5563f", "#fffaf0", "#f5b335"


def noodles(canvas: Canvas) -> None:
    """A bowl of noodles with egg, greens and chopsticks."""
    rim, half = 442, 236
    bowl(canvas, 400, rim, half, canvas.palette.main)
    canvas.ellipse(400, rim + 8, 214, 50, BROTH)
    for row in range(5):
        for place in range(7):
            x = 222 + place * 56 + (row % 2) * 22
            y = rim - 12 + row * 11
            if ((x - 400) / 205) ** 2 + ((y - rim - 8) / 44) ** 2 < 1:
                canvas.stroke(
                    f"M{x - 40} {y}Q{x - 15} {y - 24} {x + 6} {y}T{x + 46} {y}",
                    CREAM if (row + place) % 3 else "#eed9a8",
                    9,
                )
    for x, y, turn in ((300, rim - 2, -16), (352, rim + 12, 8)):
        with canvas.moved(x, y, turn):
            canvas.ellipse(0, 0, 46, 22, MEAT)
            canvas.ellipse(-2, -3, 34, 13, light(MEAT, 0.35))
    canvas.ellipse(478, rim - 6, 54, 33, EGG)
    canvas.ellipse(480, rim - 8, 27, 18, YOLK)
    canvas.ellipse(473, rim - 13, 9, 5, light(YOLK, 0.6))
    for x, y, turn in ((408, rim - 18, -30), (424, rim - 10, 12), (392, rim - 6, -70)):
        canvas.leaf(x, y, 62, turn, canvas.palette.leaf)
    for x, y in ((340, rim - 24), (440, rim + 30), (372, rim + 36), (520, rim + 20), (300, rim + 26)):
        canvas.circle(x, y, 7, "none", stroke=light(canvas.palette.leaf, 0.2), stroke_width=5)
    canvas.steam(400, rim - 60, 190, 74)
    for lift in (0, 26):
        canvas.stroke(
            f"M{470 + lift} {rim + 4}L{700 + lift * 0.4} {rim - 190 - lift}", dark("#9c6a3c", lift / 120), 13
        )


def hotpot(canvas: Canvas) -> None:
    """A divided hotpot on its stove, things to cook around it."""
    canvas.shadow(400, 520)
    metal = "#c9a15a"
    canvas.path(f"M270 560L240 {FLOOR + 8}H560L530 560Z", canvas.round(dark(metal, 0.35)))
    canvas.path(
        f"M330 {FLOOR}Q350 600 372 {FLOOR}Q394 596 414 {FLOOR}Q436 604 456 {FLOOR}Z", canvas.palette.accent
    )
    for x in (118, 682):
        canvas.circle(x, 440, 34, "none", stroke=dark(metal, 0.15), stroke_width=15)
    canvas.path("M130 420C136 560 250 590 400 590S664 560 670 420Z", canvas.round(metal))
    canvas.ellipse(400, 420, 272, 92, light(metal, 0.3))
    canvas.ellipse(400, 422, 252, 80, dark("#8f2d1c", 0.1))
    canvas.path(
        "M400 342C280 342 148 376 148 422S270 502 400 502C470 470 470 448 400 422S330 372 400 342Z", "#f3dfae"
    )
    for x, y in ((520, 390), (570, 430), (500, 452), (600, 404), (540, 470), (470, 376)):
        canvas.path(f"M{x - 18} {y}q18 -14 36 2q-20 10 -36 -2Z", "#e2442f")
        canvas.circle(x + 20, y + 12, 5, "#f0a63f")
    for x, y in ((230, 410), (300, 446), (270, 384)):
        canvas.path(f"M{x - 30} {y}a30 22 0 0 1 60 0q-30 14 -60 0Z", "#a8764a")
        canvas.rect(x - 9, y, 18, 22, "#f0e2c4", r=6)
    for x, turn in ((330, -40), (352, 10)):
        canvas.leaf(x, 424, 70, turn, canvas.palette.leaf)
    canvas.steam(400, 318, 190, 90)
    for lift in (0, 28):
        canvas.stroke(f"M{520 + lift} 410L{690 + lift * 0.6} {196 - lift}", dark("#7a4a2a", lift / 150), 13)


def dumplings(canvas: Canvas) -> None:
    """Dumplings in a steamer."""
    canvas.shadow(400, 520)
    wood = "#d6a868"
    canvas.path(
        f"M140 470V{FLOOR - 30}Q150 {FLOOR + 16} 400 {FLOOR + 16}T660 {FLOOR - 30}V470Z", canvas.round(wood)
    )
    for y in (540, 600):
        canvas.path(
            f"M140 {y}Q150 {y + 46} 400 {y + 46}T660 {y}", "none", stroke=dark(wood, 0.25), stroke_width=6
        )
    canvas.ellipse(400, 470, 260, 86, light(wood, 0.3))
    canvas.ellipse(400, 474, 236, 72, dark(wood, 0.25))
    canvas.ellipse(400, 482, 222, 62, light(canvas.palette.leaf, 0.35))
    for x, y in ((300, 430), (420, 414), (520, 442), (248, 486), (366, 480), (482, 500)):
        dough = "#fffaf0"
        canvas.path(
            f"M{x - 66} {y + 20}C{x - 70} {y - 40} {x - 24} {y - 58} {x} {y - 56}S{x + 70} {y - 40} {x + 66} {y + 20}Q{x} {y + 44} {x - 66} {y + 20}Z",
            canvas.fade(dough, dark(dough, 0.14), down=True),
        )
        for turn in (-44, -22, 0, 22, 44):
            canvas.stroke(
                f"M{x} {y - 50}Q{x + turn * 0.6} {y - 30} {x + turn} {y - 8}", dark(dough, 0.2), 3.5
            )
        canvas.circle(x, y - 52, 7, dark(dough, 0.12))
    canvas.steam(400, 350, 180, 96)


def jar(canvas: Canvas, filling: str = YOLK, emblem: str = "sun") -> None:
    """A glass jar with a cloth on its lid."""
    canvas.shadow(400, 320)
    canvas.path(
        f"M262 330Q262 296 300 286H500Q538 296 538 330V{FLOOR - 34}Q538 {FLOOR + 6} 490 {FLOOR + 8}H310Q262 {FLOOR + 6} 262 {FLOOR - 34}Z",
        canvas.fade(light(filling, 0.3), filling, dark(filling, 0.22)),
    )
    canvas.path("M262 330Q262 296 300 286H500Q538 296 538 330V352Q400 376 262 352Z", "#ffffff", opacity=0.5)
    canvas.rect(286, 360, 22, 220, "#ffffff", r=11, opacity=0.4)
    cloth = canvas.palette.main
    canvas.path(
        "M276 190Q400 150 524 190L560 286Q540 300 520 284Q500 306 478 288Q456 310 432 290Q410 312 388 290Q366 310 342 290Q320 308 298 286Q270 302 240 286Z",
        canvas.round(cloth),
    )
    for x in range(300, 520, 44):
        for y in (206, 250):
            canvas.circle(x + (y - 206) * 0.4, y + abs(x - 400) * 0.06, 7, light(cloth, 0.6))
    canvas.rect(280, 236, 240, 15, dark("#c9a26a", 0.1), r=7)
    canvas.circle(400, 243, 15, "#c9a26a")
    label(canvas, 410, 478, 170, 168, emblem)


def honey(canvas: Canvas) -> None:
    """A jar of honey."""
    jar(canvas, "#eaa21f", "sun")
    with canvas.moved(612, 470, 24):
        canvas.rect(-7, -190, 14, 250, "#b98245", r=7)
        for number, width in enumerate((30, 40, 44, 40, 30)):
            canvas.rect(-width, 50 + number * 24, width * 2, 16, dark("#c8924f", number / 20), r=8)


def sauce(canvas: Canvas) -> None:
    """A jar of chilli sauce with two chillies."""
    jar(canvas, "#a8321f", "dot")
    for x, turn in ((590, 12), (640, -20)):
        with canvas.moved(x, FLOOR + 8, turn):
            canvas.path("M-20 -120C-34 -60 -14 -10 26 6C14 -30 22 -80 16 -120Z", canvas.round("#d43c2a"))
            canvas.stroke("M-2 -120Q4 -150 22 -160", "#5d8a47", 11)


def rice_bag(canvas: Canvas) -> None:
    """A linen bag of rice, open, with a scoop."""
    cloth = mix("#efe2c8", canvas.palette.main, 0.08)
    canvas.shadow(390, 420)
    canvas.path(
        f"M226 330C190 420 184 560 214 {FLOOR - 14}Q220 {FLOOR + 12} 260 {FLOOR + 12}H520Q560 {FLOOR + 12} 566 {FLOOR - 14}C598 560 590 420 554 330Z",
        canvas.round(cloth),
    )
    canvas.ellipse(390, 326, 168, 50, dark(cloth, 0.2))
    canvas.path("M236 322C290 236 480 226 544 322C480 366 300 366 236 322Z", "#fffdf7")
    for number, (px, py, turn) in enumerate([*ring(16, 1), *ring(9, 0.5)]):
        with canvas.moved(390 + px * 128, 304 + py * 26 - (number % 3) * 6, turn * 2.3):
            canvas.ellipse(0, 0, 11, 5, "#e7dcc4")
    canvas.path(
        "M222 326Q240 286 268 320Q300 296 330 330Q372 306 410 334Q448 308 482 328Q516 296 556 326Q566 352 544 360Q390 402 238 360Q214 352 222 326Z",
        canvas.round(light(cloth, 0.25)),
        opacity=0.95,
    )
    label(canvas, 390, 498, 196, 188, "hill")
    with canvas.moved(640, 598, 12):
        canvas.rect(-12, -150, 24, 130, "#b98245", r=12)
        canvas.path("M-46 -30H46V20Q40 66 0 66T-46 20Z", canvas.round("#c8924f"))
        canvas.ellipse(0, -30, 46, 13, "#fffdf7")


def mooncakes(canvas: Canvas) -> None:
    """Mooncakes, one cut, with osmanthus."""
    canvas.shadow(400, 520)
    canvas.ellipse(400, 622, 300, 66, canvas.fade("#ffffff", "#e9e2d6", down=True))
    crust = "#cf8a3c"
    for x, y in ((500, 500), (288, 508)):
        canvas.path(f"M{x - 138} {y}V{y + 74}Q{x} {y + 132} {x + 138} {y + 74}V{y}Z", canvas.round(crust))
        for px in range(-110, 120, 36):
            canvas.stroke(f"M{x + px} {y + 26}V{y + 88 - abs(px) * 0.14}", dark(crust, 0.2), 5)
        canvas.ellipse(x, y, 140, 58, canvas.fade(light(crust, 0.3), crust, down=True))
        canvas.ellipse(x, y, 112, 44, "none", stroke=dark(crust, 0.18), stroke_width=6)
        for _px, _py, turn in ring(6, 1):
            with canvas.moved(x, y, 0):
                canvas.add(
                    "ellipse",
                    cx=0,
                    cy=-24,
                    rx=14,
                    ry=18,
                    fill="none",
                    stroke=dark(crust, 0.25),
                    stroke_width=5,
                    transform=f"scale(1 .42) rotate({turn:.0f})",
                )
        canvas.ellipse(x, y, 15, 7, dark(crust, 0.25))
    canvas.path("M398 640L330 560Q440 520 510 596Z", "#5b2a1c")
    canvas.path("M398 640L330 560V586L398 668L510 622V596Z", canvas.round(crust))
    canvas.ellipse(418, 592, 38, 18, YOLK)
    for x, y, turn in ((150, 630, -40), (166, 644, 10), (650, 640, 40)):
        canvas.leaf(x, y, 84, turn, canvas.palette.leaf)
    for left, top, _turn in [*ring(7, 34, 158, 622), *ring(5, 16, 158, 622)]:
        canvas.circle(left, top, 8, canvas.palette.accent)


def cake(canvas: Canvas) -> None:
    """A tiered stand with small cakes."""
    stand = canvas.palette.accent
    canvas.shadow(400, 400)
    canvas.turned([(9, 190), (9, 600), (60, 632), (120, FLOOR + 6), (0, FLOOR + 14)], canvas.round(stand))
    canvas.circle(400, 176, 24, "none", stroke=stand, stroke_width=10)
    for y, half in ((356, 172), (560, 254)):
        canvas.ellipse(400, y + 10, half, half * 0.17, dark(stand, 0.15))
        canvas.ellipse(400, y, half, half * 0.17, canvas.fade("#ffffff", "#efe6da"))
    for x in (290, 400, 510):
        _cupcake(canvas, x, 348, 0.8)
    for x in (214, 338, 462, 586):
        _cupcake(canvas, x, 552, 0.95)


def _cupcake(canvas: Canvas, x: float, y: float, scale: float) -> None:
    main = canvas.palette.main
    with canvas.moved(x, y, 0, scale):
        canvas.path("M-50 -66H50L38 4H-38Z", canvas.round(light(main, 0.15)))
        for px in (-28, -9, 10, 29):
            canvas.stroke(f"M{px} -60L{px * 0.8} 0", dark(main, 0.12), 4)
        for half, top in ((60, -84), (46, -108), (28, -130)):
            canvas.ellipse(0, top, half, 23, canvas.fade("#fffdf8", mix("#fbe6dc", main, 0.14)))
        canvas.circle(0, -152, 15, mix(main, "#d6283c", 0.5))


MOTIFS = {
    motif.__name__: motif
    for motif in (noodles, hotpot, dumplings, jar, honey, sauce, rice_bag, mooncakes, cake)
}
