"""Things for the home."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring

WOOD, STEEL = "#b98555", "#b9c2cb"


def lamp(canvas: Canvas) -> None:
    """A table lamp that shines."""
    palette = canvas.palette
    canvas.circle(400, 360, 330, canvas.glow(light(palette.accent, 0.5), 0.85))
    canvas.shadow(400, 250)
    canvas.turned(
        [(13, 420), (13, 470), (48, 500), (70, 560), (44, 616), (84, FLOOR), (0, FLOOR + 10)],
        canvas.round(palette.main),
    )
    shade = mix("#fff3d6", palette.accent, 0.16)
    canvas.path(
        "M312 190H488L576 428Q400 462 224 428Z",
        canvas.fade(light(shade, 0.2), light(shade, 0.55), shade, dark(shade, 0.12)),
    )
    canvas.ellipse(400, 190, 88, 15, light(shade, 0.6))
    for x in range(-3, 4):
        canvas.stroke(
            f"M{400 + x * 25} 198L{400 + x * 48} {440 - abs(x) * 2}", dark(shade, 0.1), 2.5, opacity=0.5
        )
    canvas.path("M224 428Q400 462 576 428L574 442Q400 476 226 442Z", palette.main, opacity=0.8)


def cushion(canvas: Canvas) -> None:
    """Two cushions."""
    palette = canvas.palette
    canvas.shadow(400, 500)
    for x, y, turn, colour, scale in ((500, 420, 9, palette.accent, 0.86), (318, 470, -7, palette.main, 1.0)):
        with canvas.moved(x, y, turn, scale):
            canvas.path(
                "M-180 -170Q0 -132 180 -170Q140 0 180 172Q0 138 -180 172Q-140 0 -180 -170Z",
                canvas.fade(light(colour, 0.22), colour, dark(colour, 0.18), across=True),
            )
            for step in range(-3, 4):
                for row in range(-3, 4):
                    if (step + row) % 2 == 0:
                        with canvas.moved(step * 38, row * 36):
                            canvas.path("M0 -13L11 0L0 13L-11 0Z", light(colour, 0.48), opacity=0.85)
            for corner_x, corner_y in ((-180, -170), (180, -170), (180, 172), (-180, 172)):
                canvas.circle(corner_x * 0.99, corner_y * 0.99, 13, light(colour, 0.5))


def pan(canvas: Canvas) -> None:
    """A pan with an egg in it, seen from above the stove."""
    colour = dark(canvas.palette.main, 0.35)
    canvas.shadow(360, 470, FLOOR - 6)
    with canvas.moved(0, 0, -16, 1, (330, 520)):
        canvas.rect(560, 490, 220, 42, canvas.fade(light(WOOD, 0.15), dark(WOOD, 0.15), down=True), r=21)
        canvas.circle(752, 511, 9, dark(WOOD, 0.45))
        canvas.rect(536, 496, 60, 30, STEEL, r=6)
    canvas.path("M94 500C100 600 200 648 330 648S560 600 566 500Z", canvas.round(colour))
    canvas.ellipse(330, 500, 236, 106, light(colour, 0.28))
    canvas.ellipse(330, 504, 216, 92, dark(colour, 0.15))
    canvas.path(
        "M212 500C208 452 280 440 330 450C400 434 466 456 456 506C470 550 380 566 330 556C270 572 206 552 212 500Z",
        "#fffdf6",
    )
    canvas.ellipse(340, 500, 52, 32, "#f5b335")
    canvas.ellipse(326, 490, 17, 8, "#fde3a2")
    for x, y, turn in ((190, 520, 70), (470, 536, -40), (240, 446, -64)):
        canvas.leaf(x, y, 56, turn, canvas.palette.leaf)
    canvas.steam(336, 420, 180, 62)


def knife(canvas: Canvas) -> None:
    """A kitchen knife on a board with a cut radish."""
    canvas.shadow(400, 600, FLOOR + 24)
    canvas.rect(110, 540, 580, 126, canvas.fade(light(WOOD, 0.28), WOOD, down=True), r=24)
    canvas.rect(110, 640, 580, 30, dark(WOOD, 0.18), r=15)
    for y in (568, 596, 622):
        canvas.stroke(f"M150 {y}Q300 {y - 10} 420 {y}T650 {y - 4}", dark(WOOD, 0.12), 3, opacity=0.6)
    with canvas.moved(10, -40, -18, 1, (400, 400)):
        canvas.path(
            "M110 352H500V480H190Q120 440 110 352Z",
            canvas.fade("#f5f8fa", STEEL, dark(STEEL, 0.15), down=True),
        )
        canvas.path("M112 370Q130 446 192 480H500V462H206Q146 436 112 370Z", "#ffffff", opacity=0.75)
        for x in range(250, 480, 46):
            canvas.circle(x, 392, 7, dark(STEEL, 0.14), opacity=0.5)
        canvas.rect(496, 350, 30, 84, dark(STEEL, 0.3), r=6)
        canvas.rect(
            520,
            354,
            190,
            62,
            canvas.fade(light(canvas.palette.main, 0.12), dark(canvas.palette.main, 0.2), down=True),
            r=22,
        )
        for x in (560, 620, 676):
            canvas.circle(x, 385, 8, "#e9d9a8")
    for x in (210, 270, 330):
        canvas.ellipse(x, 574, 36, 44, light(canvas.palette.accent, 0.15))
        canvas.ellipse(x - 7, 574, 31, 39, "#fff7ef")
        canvas.ellipse(x - 7, 574, 16, 21, light(canvas.palette.accent, 0.75))
    canvas.leaf(620, 590, 90, 62, canvas.palette.leaf)
    canvas.leaf(610, 604, 70, 100, canvas.palette.leaf)


def candle(canvas: Canvas) -> None:
    """A candle in a glass, burning."""
    palette = canvas.palette
    canvas.circle(400, 270, 250, canvas.glow(light(palette.accent, 0.4), 0.9))
    canvas.shadow(400, 320)
    wax = mix("#fff6e6", palette.main, 0.1)
    canvas.path(
        f"M258 380V{FLOOR - 40}Q262 {FLOOR + 10} 400 {FLOOR + 10}T542 {FLOOR - 40}V380Z",
        canvas.fade(light(palette.main, 0.5), light(palette.main, 0.28), palette.main),
    )
    canvas.ellipse(400, 380, 142, 35, light(palette.main, 0.62))
    canvas.ellipse(400, 388, 124, 27, wax)
    canvas.stroke("M400 386V330", "#4a3a34", 7)
    canvas.path(
        "M400 216C438 276 440 320 400 338C360 320 362 276 400 216Z",
        canvas.fade("#fbd56f", "#f08b3a", down=True),
    )
    canvas.path("M400 272C418 300 418 322 400 332C382 322 382 300 400 272Z", "#fff6d8")
    canvas.rect(280, 416, 16, 180, "#ffffff", r=8, opacity=0.35)
    canvas.rect(330, 462, 140, 116, "#fffaf1", r=8)
    canvas.leaf(400, 556, 74, -26, palette.leaf)
    canvas.leaf(400, 556, 74, 26, palette.leaf)
    canvas.leaf(400, 556, 84, 0, palette.leaf)


def plant(canvas: Canvas) -> None:
    """A green plant in a pot."""
    palette = canvas.palette
    canvas.shadow(400, 300)
    for turn, length in ((-78, 230), (74, 236), (-52, 300), (50, 296), (-26, 350), (24, 356), (0, 380)):
        canvas.leaf(400, 500, length, turn, mix(palette.leaf, "#2f6b4f", abs(turn) / 160), 0.17)
    for turn, length in ((-64, 190), (60, 188), (-38, 220), (36, 226)):
        canvas.leaf(400, 508, length, turn, light(palette.leaf, 0.14), 0.2)
    canvas.path(
        f"M286 508H514L488 {FLOOR - 14}Q480 {FLOOR + 10} 400 {FLOOR + 10}T312 {FLOOR - 14}Z",
        canvas.round(palette.main),
    )
    canvas.path(
        "M274 472H526Q534 472 534 482V516Q534 526 526 526H274Q266 526 266 516V482Q266 472 274 472Z",
        canvas.round(light(palette.main, 0.12)),
    )
    for x in range(320, 500, 40):
        canvas.path(f"M{x} 568l16 20l-16 20l-16 -20Z", light(palette.main, 0.45), opacity=0.7)


def towel(canvas: Canvas) -> None:
    """A stack of folded towels with a sprig."""
    palette = canvas.palette
    canvas.shadow(400, 480)
    colours = (palette.main, light(palette.main, 0.55), palette.accent, "#fbf6ee")
    for number, colour in enumerate(colours):
        y = FLOOR - 70 - number * 84
        shift = (number % 2) * 14 - 6
        canvas.rect(
            178 + shift,
            y,
            440,
            84,
            canvas.fade(light(colour, 0.2), colour, dark(colour, 0.12), down=True),
            r=38,
        )
        canvas.stroke(f"M{216 + shift} {y + 44}H{580 + shift}", dark(colour, 0.14), 4, opacity=0.7)
        for place in range(2):
            canvas.stroke(
                f"M{206 + shift} {y + 62 + place * 9}H{592 + shift}", light(colour, 0.4), 3, opacity=0.6
            )
    for turn, x in ((-70, 340), (-40, 366), (-8, 396), (26, 430), (62, 452)):
        canvas.leaf(x, 326, 96, turn, palette.leaf, 0.24)
    canvas.stroke("M330 330Q400 312 470 330", dark(palette.leaf, 0.2), 6)


def bedding(canvas: Canvas) -> None:
    """A made bed with two pillows."""
    palette = canvas.palette
    canvas.shadow(400, 620, FLOOR + 20)
    canvas.rect(150, 250, 500, 300, canvas.fade(light(WOOD, 0.25), WOOD, down=True), r=44)
    for x in (218, 424):
        canvas.path(
            f"M{x} 372Q{x + 80} 352 {x + 160} 372Q{x + 172} 430 {x + 160} 470Q{x + 80} 486 {x} 470Q{x - 12} 430 {x} 372Z",
            canvas.fade("#ffffff", dark("#f4efe6", 0.08), down=True),
        )
    canvas.path(
        "M118 470Q400 432 682 470L706 640Q400 690 94 640Z",
        canvas.fade(light(palette.main, 0.3), palette.main, down=True),
    )
    canvas.path("M118 470Q400 432 682 470L688 520Q400 482 112 520Z", light(palette.main, 0.68))
    for row, y in enumerate((552, 594, 632)):
        for place in range(8):
            x = 150 + place * 70 + (row % 2) * 34
            canvas.leaf(
                x, y + 12 - abs(x - 400) * 0.03, 30, 30 if row % 2 else -30, light(palette.main, 0.5), 0.34
            )
    canvas.path("M94 640Q400 690 706 640V668Q400 718 94 668Z", dark(palette.main, 0.12))


def basket(canvas: Canvas) -> None:
    """A woven basket with cloth."""
    palette = canvas.palette
    straw = "#cfa364"
    canvas.shadow(400, 420)
    canvas.stroke("M250 420C250 190 550 190 550 420", dark(straw, 0.1), 24)
    canvas.path(
        "M250 420Q300 340 380 384Q440 330 550 420Z",
        canvas.fade(light(palette.main, 0.35), palette.main, down=True),
    )
    canvas.path(
        f"M196 410H604L560 {FLOOR - 10}Q552 {FLOOR + 12} 400 {FLOOR + 12}T240 {FLOOR - 10}Z",
        canvas.round(straw),
    )
    for row in range(7):
        y = 444 + row * 30
        inset = (y - 410) * 0.17
        canvas.path(
            f"M{200 + inset} {y}H{600 - inset}",
            "none",
            stroke=dark(straw, 0.2),
            stroke_width=9,
            stroke_dasharray="30 16",
            stroke_dashoffset=(row % 2) * 23,
        )
    canvas.rect(184, 392, 432, 34, canvas.round(light(straw, 0.2)), r=17)


def umbrella(canvas: Canvas) -> None:
    """An open umbrella in light rain."""
    palette = canvas.palette
    for x, y in (
        (150, 200),
        (250, 120),
        (610, 130),
        (690, 240),
        (120, 380),
        (700, 420),
        (220, 300),
        (590, 300),
    ):
        canvas.stroke(f"M{x} {y}l-14 40", mix(palette.wall, palette.main, 0.35), 6)
    canvas.shadow(420, 160)
    canvas.stroke(f"M400 210V600Q400 {FLOOR + 6} 448 {FLOOR + 2}Q484 {FLOOR - 8} 480 604", WOOD, 17)
    canvas.path(
        "M130 410C140 250 260 170 400 170S660 250 670 410Q620 370 580 410Q535 368 490 410Q445 366 400 410Q355 366 310 410Q265 368 220 410Q175 370 130 410Z",
        canvas.round(palette.main),
    )
    canvas.path(
        "M400 170C330 210 310 320 310 410Q355 366 400 410Q445 366 490 410C490 320 470 210 400 170Z",
        light(palette.main, 0.28),
    )
    canvas.circle(400, 164, 13, palette.accent)


def chopsticks(canvas: Canvas) -> None:
    """Chopsticks on a rest, and a case."""
    palette = canvas.palette
    canvas.shadow(400, 560, FLOOR + 10)
    canvas.rect(
        120,
        566,
        560,
        92,
        canvas.fade(light(palette.main, 0.15), palette.main, dark(palette.main, 0.18), down=True),
        r=46,
    )
    canvas.leaf(600, 640, 56, -30, light(palette.main, 0.5))
    canvas.leaf(606, 640, 48, 30, light(palette.main, 0.5))
    canvas.path("M280 520Q310 470 340 500Q370 470 400 520Q340 540 280 520Z", canvas.round("#f4efe4"))
    for number in range(3):
        colour = (palette.accent, dark(WOOD, 0.2), palette.main)[number]
        with canvas.moved(0, number * -60, -12, 1, (400, 440)):
            for lift in (0, 24):
                canvas.path(
                    f"M120 {454 + lift}L640 {444 + lift}Q660 {452 + lift} 640 {462 + lift}L120 {460 + lift}Z",
                    canvas.fade(dark(WOOD, 0.1), light(WOOD, 0.1)),
                )
                canvas.path(
                    f"M520 {446 + lift}L640 {444 + lift}Q660 {452 + lift} 640 {462 + lift}L520 {461 + lift}Z",
                    colour,
                )


def vase(canvas: Canvas) -> None:
    """A vase with branches of plum blossom."""
    palette = canvas.palette
    canvas.shadow(400, 260)
    for d in (
        "M400 420C380 320 330 260 240 170",
        "M404 420C430 320 500 260 560 150",
        "M400 420C396 320 410 220 392 110",
        "M330 264Q280 270 220 300",
        "M484 270Q540 270 600 300",
    ):
        canvas.stroke(d, "#6f4f3a", 10)
    petal = mix("#f7a8b6", palette.accent, 0.12)
    for x, y in (
        (240, 170),
        (286, 220),
        (560, 150),
        (516, 226),
        (392, 110),
        (402, 200),
        (220, 300),
        (600, 300),
        (340, 262),
        (456, 300),
        (300, 140),
        (470, 130),
    ):
        for px, py, _turn in ring(5, 17, x, y):
            canvas.circle(px, py, 14, light(petal, 0.25))
        canvas.circle(x, y, 9, "#f3c24c")
    canvas.turned(
        [(44, 398), (38, 440), (92, 500), (124, 566), (100, 630), (72, FLOOR), (0, FLOOR + 8)],
        canvas.round(palette.main),
    )
    canvas.ellipse(400, 398, 45, 12, dark(palette.main, 0.3))
    canvas.ellipse(346, 560, 18, 50, "#ffffff", opacity=0.25, transform="rotate(8 346 560)")


MOTIFS = {
    motif.__name__: motif
    for motif in (
        lamp,
        cushion,
        pan,
        knife,
        candle,
        plant,
        towel,
        bedding,
        basket,
        umbrella,
        chopsticks,
        vase,
    )
}
