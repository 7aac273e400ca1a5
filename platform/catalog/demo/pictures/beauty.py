"""Things for skin, hair and scent."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring

GOLD = "#d8b26a"


def lipstick(canvas: Canvas) -> None:
    """A lipstick, its cap beside it, and a stroke of its colour."""
    red = canvas.palette.main
    canvas.stroke("M110 706Q240 660 360 700T690 690", red, 34, opacity=0.55)
    canvas.shadow(330, 170)
    canvas.path(
        f"M262 430H398V{FLOOR}Q330 {FLOOR + 18} 262 {FLOOR}Z", canvas.round(dark(canvas.palette.main, 0.62))
    )
    canvas.path("M274 330H386V436Q330 450 274 436Z", canvas.round(GOLD))
    canvas.path("M288 336V216Q288 176 330 150Q372 128 372 190V336Z", canvas.round(red))
    canvas.path("M288 216Q288 176 330 150Q372 128 372 190Q330 190 288 216Z", light(red, 0.32))
    canvas.rect(262, 470, 136, 12, GOLD)
    canvas.shadow(530, 170)
    canvas.path(
        f"M462 380Q530 362 598 380V{FLOOR}Q530 {FLOOR + 18} 462 {FLOOR}Z",
        canvas.round(dark(canvas.palette.main, 0.62)),
    )
    canvas.ellipse(530, 380, 68, 15, dark(canvas.palette.main, 0.4))
    canvas.rect(484, 420, 12, 190, "#ffffff", r=6, opacity=0.25)
    canvas.rect(462, 590, 136, 12, GOLD)


def cream(canvas: Canvas) -> None:
    """An open jar of cream, its lid leaning."""
    colour = canvas.palette.main
    canvas.shadow(370, 400)
    with canvas.moved(0, 0, 66, 1, (610, 560)):
        canvas.path("M498 520V576Q610 612 722 576V520Z", canvas.round(GOLD))
        canvas.ellipse(610, 520, 112, 28, light(GOLD, 0.35))
    canvas.path(
        f"M196 440V{FLOOR - 36}Q200 {FLOOR + 12} 370 {FLOOR + 12}T544 {FLOOR - 36}V440Z",
        canvas.fade(light(colour, 0.5), light(colour, 0.15), colour, dark(colour, 0.1)),
    )
    canvas.ellipse(370, 440, 174, 46, light(colour, 0.6))
    canvas.ellipse(370, 442, 154, 37, "#fffaf5")
    canvas.path(
        "M300 444C290 380 350 340 396 318C392 352 450 380 440 444Q370 470 300 444Z",
        canvas.fade("#ffffff", mix("#ffffff", colour, 0.16)),
    )
    canvas.path(
        "M330 430Q400 420 404 372",
        "none",
        stroke=mix("#ffffff", colour, 0.25),
        stroke_width=6,
        stroke_linecap="round",
    )
    canvas.rect(290, 520, 160, 64, "#fffaf5", r=8, opacity=0.9)
    canvas.leaf(370, 574, 46, -20, canvas.palette.leaf)
    canvas.leaf(370, 574, 40, 32, canvas.palette.leaf)
    for x, y, turn in ((130, FLOOR + 20, -40), (146, FLOOR + 26, 4)):
        canvas.leaf(x, y, 96, turn, canvas.palette.leaf)


def serum(canvas: Canvas) -> None:
    """A dropper bottle with a drop."""
    colour = canvas.palette.main
    canvas.shadow(400, 250)
    canvas.path(
        f"M300 390Q300 340 350 334H450Q500 340 500 390V{FLOOR - 30}Q498 {FLOOR + 10} 400 {FLOOR + 10}T300 {FLOOR - 30}Z",
        canvas.fade(light(colour, 0.4), colour, dark(colour, 0.3)),
    )
    canvas.rect(352, 270, 96, 70, canvas.round(GOLD), r=8)
    canvas.path("M366 272V190Q366 128 400 128T434 190V272Z", canvas.round(dark(colour, 0.62)))
    canvas.rect(318, 380, 15, 200, "#ffffff", r=7, opacity=0.4)
    canvas.rect(342, 424, 136, 150, "#fffaf5", r=6, opacity=0.94)
    canvas.circle(410, 480, 26, "none", stroke=colour, stroke_width=5)
    canvas.path("M410 456C424 476 426 490 410 498C394 490 396 476 410 456Z", colour)
    for y, half in ((530, 38), (546, 26)):
        canvas.rect(410 - half, y, half * 2, 6, mix(colour, "#ffffff", 0.4), r=3)
    for x, y, r in ((596, 560, 40), (642, 632, 26), (560, 640, 18)):
        canvas.circle(
            x, y, r, canvas.fade(light(colour, 0.65), light(colour, 0.25), across=True), opacity=0.85
        )
        canvas.ellipse(x - r * 0.34, y - r * 0.36, r * 0.24, r * 0.15, "#ffffff")


def mask(canvas: Canvas) -> None:
    """A sheet mask and its sachet."""
    palette = canvas.palette
    canvas.shadow(400, 480)
    with canvas.moved(0, 0, -8, 1, (300, 420)):
        canvas.rect(
            160,
            180,
            270,
            460,
            canvas.fade(light(palette.main, 0.3), palette.main, dark(palette.main, 0.1), across=True),
            r=14,
        )
        canvas.rect(160, 180, 270, 34, dark(palette.main, 0.12), r=12)
        canvas.circle(295, 370, 76, "#fffaf5")
        for turn in (-50, -25, 0, 25, 50):
            canvas.leaf(295, 428, 104, turn, palette.leaf, 0.2)
        for y, half in ((500, 74), (526, 50)):
            canvas.rect(295 - half, y, half * 2, 10, light(palette.main, 0.7), r=5)
    with canvas.moved(0, 0, 8, 1, (520, 440)):
        canvas.path(
            "M400 330Q400 220 520 220T640 330C650 470 610 620 520 640C430 620 390 470 400 330Z",
            canvas.fade("#ffffff", mix("#f4f0ea", palette.main, 0.1), across=True),
            stroke=mix("#ffffff", palette.main, 0.28),
            stroke_width=4,
        )
        for x in (474, 566):
            canvas.ellipse(x, 380, 34, 17, mix(palette.wall, palette.main, 0.22))
        canvas.path("M478 540Q520 516 562 540Q520 574 478 540Z", mix(palette.wall, palette.main, 0.22))
        canvas.path(
            "M520 410Q500 470 520 476T540 466",
            "none",
            stroke=mix("#ffffff", palette.main, 0.35),
            stroke_width=5,
            stroke_linecap="round",
        )


def perfume(canvas: Canvas) -> None:
    """A bottle of scent with flowers."""
    colour = canvas.palette.main
    canvas.shadow(390, 330)
    canvas.rect(
        240,
        340,
        300,
        FLOOR - 336,
        canvas.fade(light(colour, 0.72), light(colour, 0.45), light(colour, 0.2)),
        r=34,
    )
    canvas.path(
        f"M262 470H518V{FLOOR - 40}Q518 {FLOOR - 16} 494 {FLOOR - 16}H286Q262 {FLOOR - 16} 262 {FLOOR - 40}Z",
        canvas.fade(light(colour, 0.3), colour, dark(colour, 0.08)),
        opacity=0.85,
    )
    canvas.rect(346, 290, 88, 56, canvas.round(GOLD), r=6)
    canvas.circle(390, 236, 62, canvas.fade(light(GOLD, 0.4), GOLD, dark(GOLD, 0.3), across=True))
    canvas.ellipse(368, 214, 18, 12, "#ffffff", opacity=0.6)
    canvas.rect(316, 420, 148, 116, "#fffaf5", r=6, opacity=0.95)
    for px, py, turn in ring(6, 20, 390, 474):
        with canvas.moved(px, py, turn):
            canvas.ellipse(0, 0, 12, 22, light(colour, 0.25))
    canvas.circle(390, 474, 10, GOLD)
    canvas.rect(262, 360, 16, 250, "#ffffff", r=8, opacity=0.5)
    for x, y, r in ((610, 604, 1.0), (672, 660, 0.7), (150, 650, 0.8)):
        _flower(canvas, x, y, r)


def _flower(canvas: Canvas, x: float, y: float, scale: float) -> None:
    with canvas.moved(x, y, 12, scale):
        canvas.leaf(10, 20, 90, 120, canvas.palette.leaf)
        for px, py, turn in ring(7, 34):
            with canvas.moved(px, py, turn):
                canvas.ellipse(
                    0, 0, 19, 36, canvas.fade("#ffffff", light(canvas.palette.main, 0.5), down=True)
                )
        canvas.circle(0, 0, 19, GOLD)


def soap(canvas: Canvas) -> None:
    """Bars of soap with bubbles."""
    palette = canvas.palette
    canvas.shadow(400, 480)
    for y, colour, shift in (
        (560, palette.main, 0),
        (470, light(palette.accent, 0.3), 34),
        (384, light(palette.main, 0.6), -8),
    ):
        canvas.rect(
            190 + shift,
            y,
            400,
            96,
            canvas.fade(light(colour, 0.3), colour, dark(colour, 0.14), down=True),
            r=34,
        )
        canvas.rect(250 + shift, y + 26, 280, 42, "none", r=18, stroke=dark(colour, 0.16), stroke_width=4)
    canvas.stroke("M180 520Q400 560 606 516", "#efe2c8", 8)
    canvas.leaf(400, 386, 120, -58, palette.leaf)
    canvas.leaf(400, 386, 120, 52, palette.leaf)
    canvas.leaf(400, 384, 100, -4, palette.leaf)
    for x, y, r in ((640, 360, 44), (690, 450, 26), (600, 280, 22), (140, 420, 34), (170, 330, 20)):
        canvas.circle(x, y, r, canvas.fade("#ffffff", light(palette.main, 0.55), across=True), opacity=0.75)
        canvas.ellipse(x - r * 0.3, y - r * 0.36, r * 0.26, r * 0.16, "#ffffff")


def tube(canvas: Canvas) -> None:
    """A tube standing on its cap, and a smear."""
    colour = canvas.palette.main
    canvas.shadow(390, 240)
    canvas.path(
        "M262 170H518L486 580H294Z",
        canvas.fade(light(colour, 0.5), light(colour, 0.2), colour, dark(colour, 0.1)),
    )
    canvas.rect(256, 150, 268, 34, light(colour, 0.3), r=6)
    for x in range(272, 516, 17):
        canvas.stroke(f"M{x} 156V178", dark(colour, 0.12), 3)
    canvas.path(f"M300 580H480V{FLOOR}Q390 {FLOOR + 18} 300 {FLOOR}Z", canvas.round(GOLD))
    canvas.circle(390, 360, 82, "#fffaf5", opacity=0.94)
    for turn in (-60, -30, 0, 30, 60):
        canvas.leaf(390, 416, 104, turn, canvas.palette.leaf, 0.2)
    for y, half in ((480, 70), (504, 46)):
        canvas.rect(390 - half, y, half * 2, 10, "#fffaf5", r=5)
    canvas.path(
        "M560 690C540 650 600 640 640 660S720 650 716 684S650 720 620 706S566 716 560 690Z", "#fffaf5"
    )
    canvas.stroke("M590 684Q640 664 690 680", mix("#ffffff", colour, 0.3), 6)


def comb(canvas: Canvas) -> None:
    """A wooden comb and a hairbrush."""
    wood = mix("#9a6a42", canvas.palette.main, 0.12)
    canvas.shadow(400, 520)
    with canvas.moved(0, 0, -24, 1, (310, 430)):
        canvas.path("M120 350Q310 260 500 350V410H120Z", canvas.fade(light(wood, 0.28), wood, down=True))
        for x in range(126, 494, 23):
            canvas.path(
                f"M{x} 404H{x + 13}L{x + 9} 566Q{x + 6} 574 {x + 4} 566Z",
                canvas.fade(wood, dark(wood, 0.15), down=True),
            )
        canvas.leaf(300, 394, 70, -50, light(wood, 0.5))
        canvas.leaf(300, 394, 70, 40, light(wood, 0.5))
    with canvas.moved(0, 0, 28, 1, (560, 470)):
        canvas.ellipse(
            560,
            380,
            92,
            140,
            canvas.fade(light(canvas.palette.main, 0.2), dark(canvas.palette.main, 0.15), across=True),
        )
        canvas.path(
            "M534 500H586L578 700Q560 724 542 700Z",
            canvas.fade(canvas.palette.main, dark(canvas.palette.main, 0.25)),
        )
        canvas.ellipse(560, 380, 68, 112, light(canvas.palette.accent, 0.45))
        for row in range(7):
            for place in range(-2, 3):
                x, y = 560 + place * 23, 300 + row * 27
                if ((x - 560) / 60) ** 2 + ((y - 380) / 100) ** 2 < 1:
                    canvas.circle(x, y, 6, dark(canvas.palette.main, 0.3))


def compact(canvas: Canvas) -> None:
    """An open powder compact."""
    colour = canvas.palette.main
    canvas.shadow(400, 420)
    canvas.ellipse(400, 350, 206, 206, canvas.fade(light(GOLD, 0.3), GOLD, dark(GOLD, 0.2), across=True))
    canvas.ellipse(
        400,
        350,
        178,
        178,
        canvas.fade("#ffffff", mix(canvas.palette.wall, canvas.palette.main, 0.18), "#f7fafb", across=True),
    )
    canvas.path("M300 460L480 240L520 262L340 480Z", "#ffffff", opacity=0.5)
    canvas.rect(330, 540, 140, 30, dark(GOLD, 0.15), r=10)
    canvas.ellipse(400, 612, 216, 66, canvas.fade(light(GOLD, 0.1), dark(GOLD, 0.25), down=True))
    canvas.ellipse(400, 600, 212, 60, light(GOLD, 0.3))
    canvas.ellipse(400, 602, 176, 46, mix("#f3cdb4", colour, 0.3))
    for px, py, turn in ring(8, 1):
        with canvas.moved(400 + px * 70, 602 + py * 18, turn):
            canvas.ellipse(0, 0, 9, 20, mix("#f9e0cf", colour, 0.14), opacity=0.9)
    canvas.ellipse(400, 602, 26, 9, mix("#f3cdb4", colour, 0.5))


def shampoo(canvas: Canvas) -> None:
    """A pump bottle and a smaller one."""
    colour = canvas.palette.main
    canvas.shadow(340, 260)
    canvas.shadow(550, 180)
    canvas.stroke("M340 250V196H262Q246 196 246 216", dark(colour, 0.5), 24)
    canvas.rect(300, 246, 80, 46, dark(colour, 0.5), r=10)
    canvas.path(
        f"M226 350Q226 296 280 290H400Q454 296 454 350V{FLOOR - 24}Q450 {FLOOR + 10} 340 {FLOOR + 10}T226 {FLOOR - 24}Z",
        canvas.round(colour),
    )
    canvas.rect(268, 370, 144, 200, "#fffaf5", r=10, opacity=0.94)
    canvas.leaf(340, 500, 92, -24, canvas.palette.leaf)
    canvas.leaf(340, 500, 76, 36, canvas.palette.leaf)
    for y, half in ((526, 46), (546, 30)):
        canvas.rect(340 - half, y, half * 2, 8, light(colour, 0.35), r=4)
    second = light(canvas.palette.accent, 0.15)
    canvas.rect(512, 402, 76, 50, dark(second, 0.4), r=8)
    canvas.path(
        f"M472 490Q472 456 506 450H594Q628 456 628 490V{FLOOR - 20}Q624 {FLOOR + 8} 550 {FLOOR + 8}T472 {FLOOR - 20}Z",
        canvas.round(second),
    )
    canvas.rect(500, 510, 100, 96, "#fffaf5", r=8, opacity=0.94)
    canvas.circle(550, 556, 24, second)


MOTIFS = {
    motif.__name__: motif
    for motif in (lipstick, cream, serum, mask, perfume, soap, tube, comb, compact, shampoo)
}
