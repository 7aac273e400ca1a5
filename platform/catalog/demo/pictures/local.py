"""Things to do in town: what a voucher is good for."""

from catalog.demo.pictures.canvas import FLOOR, Canvas, dark, light, mix, ring


def voucher(canvas: Canvas) -> None:
    """Two tickets, one before the other."""
    palette = canvas.palette
    canvas.shadow(400, 520)
    for x, y, turn, colour in ((430, 380, 12, palette.accent), (380, 470, -8, palette.main)):
        with canvas.moved(x, y, turn):
            canvas.path(
                "M-240 -110H240Q252 -110 252 -98V-28A28 28 0 0 0 252 28V98Q252 110 240 110H-240Q-252 110 -252 98V28A28 28 0 0 0 -252 -28V-98Q-252 -110 -240 -110Z",
                canvas.fade(light(colour, 0.2), colour, dark(colour, 0.12), across=True),
            )
            canvas.path(
                "M112 -94V94", "none", stroke=light(colour, 0.65), stroke_width=5, stroke_dasharray="12 12"
            )
            canvas.circle(-110, 0, 62, light(colour, 0.75))
            for _px, _py, spin in ring(5, 1):
                with canvas.moved(-110, 0, spin):
                    canvas.path("M0 -44L12 -12H-12Z", colour)
            canvas.circle(-110, 0, 16, colour)
            for row, width in ((-40, 90), (-6, 70), (28, 84)):
                canvas.rect(-26, row, width, 13, light(colour, 0.7), r=6)
            for row in range(7):
                canvas.rect(
                    150 + (row % 3) * 8, -66 + row * 20, 64 - (row % 3) * 16, 9, light(colour, 0.8), r=2
                )


def spa(canvas: Canvas) -> None:
    """Warm stones, a candle and a frangipani."""
    canvas.shadow(330, 360)
    for x, y, rx, ry, colour in (
        (330, 622, 190, 50, "#4b5560"),
        (336, 548, 150, 44, "#69747f"),
        (328, 482, 112, 37, "#8a949d"),
    ):
        canvas.ellipse(x, y, rx, ry, canvas.fade(light(colour, 0.3), colour, dark(colour, 0.3), down=True))
    with canvas.moved(322, 432, 10, 1):
        for px, py, turn in ring(5, 44):
            with canvas.moved(px, py * 0.6, turn):
                canvas.ellipse(
                    0, 0, 32, 52, canvas.fade("#ffffff", light(canvas.palette.accent, 0.55), down=True)
                )
        canvas.circle(0, 0, 20, canvas.palette.accent)
    canvas.shadow(600, 130)
    canvas.circle(600, 470, 150, canvas.glow("#ffe2a0", 0.7))
    canvas.path(f"M540 540V{FLOOR - 6}Q600 {FLOOR + 16} 660 {FLOOR - 6}V540Z", canvas.round("#fbf1df"))
    canvas.ellipse(600, 540, 60, 15, "#fffaf0")
    canvas.path(
        "M600 452C626 492 626 520 600 530C574 520 574 492 600 452Z",
        canvas.fade("#fbd56f", "#f08b3a", down=True),
    )
    for turn in (-74, -46, -18):
        canvas.leaf(176, FLOOR + 24, 190, turn + 46, canvas.palette.leaf, 0.2)


def cinema(canvas: Canvas) -> None:
    """Popcorn, a ticket and a clapper."""
    palette = canvas.palette
    canvas.shadow(330, 320)
    canvas.path(f"M196 400H464L430 {FLOOR - 8}Q424 {FLOOR + 10} 330 {FLOOR + 10}T230 {FLOOR - 8}Z", "#fffaf0")
    for place in range(4):
        left, right = 196 + place * 77, 196 + place * 77 + 38
        canvas.path(
            f"M{left} 400H{right}L{330 + (right - 330) * 0.75} {FLOOR + 4}H{330 + (left - 330) * 0.75}Z",
            palette.main,
        )
    corn = "#fbe3a0"
    for number, (x, y) in enumerate(
        (
            (220, 390),
            (270, 370),
            (322, 382),
            (376, 368),
            (428, 388),
            (246, 336),
            (300, 322),
            (352, 326),
            (404, 338),
            (278, 284),
            (330, 274),
            (374, 290),
        )
    ):
        for px, py, _turn in ring(4, 17, x, y, number * 31):
            canvas.circle(px, py, 21, mix("#fffaf0", corn, ((number + int(px)) % 3) / 2.5))
        canvas.circle(x, y, 9, dark(corn, 0.2))
    canvas.shadow(590, 240)
    ink = dark(palette.main, 0.68)
    canvas.rect(486, 486, 220, 164, canvas.fade(light(ink, 0.12), ink, down=True), r=10)
    for y, turn in ((452, -13), (470, 0)):
        with canvas.moved(486, y, turn):
            canvas.rect(0, 0, 222, 34, ink, r=5)
            for x in range(8, 210, 54):
                canvas.path(f"M{x} 0h26l-16 34h-26Z", "#fffaf0")
    for y, width in ((536, 160), (570, 120), (604, 140)):
        canvas.rect(510, y, width, 10, light(ink, 0.55), r=5)


def park(canvas: Canvas) -> None:
    """A Ferris wheel over trees."""
    palette = canvas.palette
    canvas.shadow(400, 420)
    steel = mix(palette.main, "#ffffff", 0.15)
    canvas.stroke(f"M400 350L290 {FLOOR}M400 350L510 {FLOOR}", dark(steel, 0.15), 17)
    for radius, width in ((222, 11), (188, 5)):
        canvas.circle(400, 350, radius, "none", stroke=steel, stroke_width=width)
    for x, y, _turn in ring(12, 205, 400, 350):
        canvas.stroke(f"M400 350L{x:.0f} {y:.0f}", steel, 4)
    for number, (x, y, _turn) in enumerate(ring(12, 222, 400, 350)):
        colour = (palette.main, palette.accent, palette.leaf, light(palette.main, 0.4))[number % 4]
        canvas.path(f"M{x - 27:.0f} {y + 10:.0f}a27 25 0 0 1 54 0Z", light(colour, 0.25))
        canvas.path(f"M{x - 29:.0f} {y + 12:.0f}h58v15q-6 17 -29 17t-29 -17Z", colour)
    canvas.circle(400, 350, 33, palette.accent)
    canvas.circle(400, 350, 15, "#fffaf0")
    for x, r in ((150, 66), (226, 48), (600, 52), (676, 70)):
        canvas.rect(x - 8, FLOOR - 60, 16, 66, "#8c6844", r=5)
        canvas.circle(x, FLOOR - 92, r, canvas.fade(light(palette.leaf, 0.25), palette.leaf, across=True))
        canvas.circle(x - r * 0.4, FLOOR - 70, r * 0.6, light(palette.leaf, 0.12))


def hotel(canvas: Canvas) -> None:
    """A house by the lake, at dusk."""
    palette = canvas.palette
    canvas.shadow(400, 560)
    canvas.circle(620, 190, 62, light(palette.accent, 0.4))
    canvas.path("M60 640L250 320L380 520L470 400L640 640Z", mix(palette.wall, palette.main, 0.3))
    canvas.path(f"M190 440H610V{FLOOR}H190Z", canvas.fade("#fffaf2", mix("#f2e7d8", palette.main, 0.12)))
    canvas.path(
        "M150 446Q200 400 230 350H570Q600 400 650 446Q630 462 610 450H190Q170 462 150 446Z",
        canvas.fade(palette.main, dark(palette.main, 0.25), down=True),
    )
    for x in range(240, 580, 40):
        canvas.stroke(f"M{x} 360L{400 + (x - 400) * 1.14:.0f} 444", light(palette.main, 0.22), 4)
    for x in (226, 330, 500):
        canvas.rect(x, 482, 76, 96, light(palette.accent, 0.45), r=8)
        canvas.stroke(f"M{x + 38} 486V574M{x + 4} 530H{x + 72}", dark(palette.main, 0.2), 5)
        canvas.rect(x - 6, 576, 88, 10, dark(palette.main, 0.2), r=5)
    canvas.rect(428, 500, 60, FLOOR - 500, dark(palette.main, 0.25), r=6)
    for x in (180, 620):
        canvas.circle(x, FLOOR - 40, 52, palette.leaf)
        canvas.circle(x + 40, FLOOR - 24, 36, light(palette.leaf, 0.15))
    for y, x, width in ((704, 200, 260), (728, 380, 240), (756, 160, 180)):
        canvas.rect(x, y, width, 7, "#ffffff", r=3, opacity=0.6)


def fitness(canvas: Canvas) -> None:
    """A dumbbell, a mat and a bottle."""
    palette = canvas.palette
    canvas.shadow(370, 480)
    mat = light(palette.accent, 0.12)
    canvas.rect(120, 560, 420, 100, canvas.fade(light(mat, 0.2), mat, dark(mat, 0.2), down=True), r=50)
    canvas.circle(540, 610, 50, light(mat, 0.25))
    for r in (36, 22, 9):
        canvas.circle(540, 610, r, "none", stroke=dark(mat, 0.2), stroke_width=5)
    with canvas.moved(0, 0, -14, 1, (340, 440)):
        canvas.rect(200, 426, 280, 30, canvas.fade("#eef2f5", "#9aa5ae", down=True), r=15)
        for x, height in ((176, 190), (140, 140), (452, 190), (500, 140)):
            canvas.rect(
                x,
                441 - height / 2,
                46,
                height,
                canvas.fade(light(palette.main, 0.25), palette.main, dark(palette.main, 0.3), down=True),
                r=14,
            )
    canvas.shadow(660, 120)
    canvas.rect(634, 330, 52, 50, dark(palette.main, 0.3), r=9)
    canvas.path(
        f"M606 410Q606 378 640 374H680Q714 378 714 410V{FLOOR - 18}Q712 {FLOOR + 8} 660 {FLOOR + 8}T606 {FLOOR - 18}Z",
        canvas.fade(light(palette.main, 0.6), light(palette.main, 0.3), palette.main),
        opacity=0.92,
    )
    canvas.rect(622, 430, 11, 180, "#ffffff", r=5, opacity=0.5)


def hair(canvas: Canvas) -> None:
    """Scissors, a comb and a mirror."""
    palette = canvas.palette
    canvas.shadow(400, 440)
    canvas.ellipse(400, 350, 190, 214, canvas.round(palette.accent))
    canvas.ellipse(
        400,
        350,
        164,
        188,
        canvas.fade("#ffffff", mix(palette.wall, palette.main, 0.2), "#f8fbfc", across=True),
    )
    canvas.path("M318 470L470 210L504 232L350 500Z", "#ffffff", opacity=0.55)
    canvas.turned([(20, 560), (26, 610), (120, FLOOR), (0, FLOOR + 12)], canvas.round(palette.accent))
    with canvas.moved(0, 0, 28, 1, (560, 560)):
        for side in (-1, 1):
            with canvas.moved(560, 560, side * 15):
                canvas.path("M-11 0L0 -220L11 0Z", canvas.fade("#f5f8fa", "#a9b4bd"))
                canvas.stroke(f"M0 0L{side * 9} 70", palette.main, 16)
                canvas.circle(side * 20, 110, 38, "none", stroke=palette.main, stroke_width=17)
        canvas.circle(560, 560, 13, "#e9d9a8")
    with canvas.moved(0, 0, -22, 1, (210, 600)):
        canvas.rect(110, 560, 230, 34, dark(palette.main, 0.2), r=8)
        for x in range(114, 330, 15):
            canvas.rect(x, 590, 8, 62, dark(palette.main, 0.2), r=3)


def carwash(canvas: Canvas) -> None:
    """A small car under suds."""
    palette = canvas.palette
    canvas.shadow(400, 600, FLOOR + 6)
    canvas.path("M250 420Q290 320 350 312H480Q540 318 590 420Z", canvas.round(palette.main))
    canvas.path(
        "M282 420Q310 346 354 340H398V420ZM416 340H474Q518 346 552 420H416Z",
        canvas.fade("#eaf5fb", "#b9d6e6", across=True),
    )
    canvas.path(
        "M120 520Q122 440 200 428L250 416H600Q668 430 684 500V580Q684 604 660 604H150Q122 604 120 580Z",
        canvas.round(palette.main),
    )
    canvas.path("M120 520Q400 500 684 514V536Q400 524 120 542Z", light(palette.main, 0.35), opacity=0.7)
    canvas.ellipse(664, 500, 20, 26, "#fdf0bd")
    canvas.ellipse(138, 500, 14, 22, "#f0795e")
    for x in (240, 568):
        canvas.circle(x, 602, 66, "#333c46")
        canvas.circle(x, 602, 36, "#cfd6dc")
        for px, py, _turn in ring(6, 20, x, 602):
            canvas.circle(px, py, 6, "#8d98a2")
    for x, y, r in (
        (210, 420, 44),
        (270, 340, 36),
        (340, 300, 42),
        (420, 290, 50),
        (500, 310, 40),
        (570, 380, 36),
        (640, 440, 30),
        (160, 470, 34),
        (380, 240, 26),
        (470, 220, 20),
        (300, 250, 18),
        (560, 270, 16),
    ):
        canvas.circle(x, y, r, canvas.fade("#ffffff", light(palette.wall, 0.3), across=True), opacity=0.92)
        canvas.ellipse(x - r * 0.3, y - r * 0.3, r * 0.25, r * 0.15, palette.wall)


def photo(canvas: Canvas) -> None:
    """A camera and two prints."""
    palette = canvas.palette
    canvas.shadow(400, 520)
    for x, y, turn in ((240, 330, -12), (560, 316, 10)):
        with canvas.moved(x, y, turn):
            canvas.rect(-110, -130, 220, 260, "#fffdf8", r=6)
            canvas.rect(
                -92,
                -112,
                184,
                176,
                canvas.fade(light(palette.accent, 0.5), light(palette.main, 0.5), down=True),
            )
            canvas.circle(36, -56, 24, "#fff4cf")
            canvas.path("M-92 64V20L-40 -30L10 24L44 -6L92 44V64Z", palette.leaf)
    canvas.rect(180, 420, 440, 236, canvas.round(palette.main), r=36)
    canvas.rect(180, 420, 440, 62, dark(palette.main, 0.25), r=30)
    canvas.rect(330, 382, 140, 52, dark(palette.main, 0.25), r=16)
    canvas.circle(400, 552, 106, "#f4f0e8")
    canvas.circle(400, 552, 86, dark(palette.main, 0.6))
    canvas.circle(400, 552, 58, canvas.fade(light(palette.main, 0.3), dark(palette.main, 0.55), across=True))
    canvas.ellipse(376, 526, 21, 14, "#ffffff", opacity=0.7)
    canvas.rect(524, 506, 62, 38, "#fff6d9", r=8)
    canvas.circle(230, 452, 16, palette.accent)


def museum(canvas: Canvas) -> None:
    """A pavilion with red pillars."""
    palette = canvas.palette
    canvas.shadow(400, 600)
    for y, half, rise in ((236, 190, 76), (390, 270, 84)):
        canvas.path(
            f"M{400 - half - 60} {y + 30}Q{400 - half * 0.7} {y - 4} {400 - half * 0.55} {y - rise}H{400 + half * 0.55}Q{400 + half * 0.7} {y - 4} {400 + half + 60} {y + 30}Q{400 + half} {y + 36} {400 + half} {y + 28}H{400 - half}Q{400 - half} {y + 36} {400 - half - 60} {y + 30}Z",
            canvas.fade(palette.main, dark(palette.main, 0.25), down=True),
        )
        for place in range(-4, 5):
            canvas.stroke(
                f"M{400 + place * half * 0.12:.0f} {y - rise + 8}L{400 + place * half * 0.24:.0f} {y + 22}",
                light(palette.main, 0.25),
                4,
            )
        canvas.rect(400 - half * 0.6, y - rise - 12, half * 1.2, 15, palette.accent, r=7)
    canvas.rect(250, 266, 300, 50, "#f7ead2")
    canvas.rect(160, 420, 480, 190, "#f7ead2")
    for x in (170, 286, 484, 600):
        canvas.rect(x, 420, 30, 190, canvas.round("#b8402f"), r=4)
    canvas.rect(336, 460, 128, 150, dark("#b8402f", 0.35), r=4)
    for x in (352, 404):
        canvas.rect(x, 478, 44, 132, "#b8402f", r=3)
    for step, half in enumerate((280, 310, 340)):
        canvas.rect(400 - half, 608 + step * 20, half * 2, 22, light("#d9cbb5", 0.3 - step * 0.15), r=4)
    for x in (90, 710):
        canvas.circle(x, 580, 60, palette.leaf)
        canvas.rect(x - 7, 600, 14, 60, "#8c6844", r=4)


MOTIFS = {
    motif.__name__: motif
    for motif in (voucher, spa, cinema, park, hotel, fitness, hair, carwash, photo, museum)
}
