"""What stands behind the thing: a wall with a window of light, and the table."""

from catalog.demo.pictures.canvas import FLOOR, SIZE, Canvas, dark, light, mix


def arch(canvas: Canvas) -> None:
    """A wall with an arched niche."""
    _wall(canvas)
    niche = mix(canvas.palette.wall, canvas.palette.main, 0.16)
    canvas.path(
        "M150 600V390C150 250 262 150 400 150C538 150 650 250 650 390V600Z",
        canvas.fade(niche, light(niche, 0.35), down=True),
    )
    _table(canvas)


def sun(canvas: Canvas) -> None:
    """A wall with a large disc."""
    _wall(canvas)
    disc = mix(canvas.palette.glow, canvas.palette.accent, 0.3)
    canvas.circle(400, 380, 268, canvas.fade(light(disc, 0.2), disc, down=True))
    _table(canvas)


def window(canvas: Canvas) -> None:
    """A wall on which the light of a window falls."""
    _wall(canvas)
    shine = light(canvas.palette.glow, 0.5)
    for left in (330, 480):
        for top in (60, 250):
            canvas.path(
                f"M{left} {top + 40}L{left + 130} {top}V{top + 165}L{left} {top + 205}Z", shine, opacity=0.7
            )
    _table(canvas)


def hills(canvas: Canvas) -> None:
    """Hills one behind the other, with a low sun."""
    canvas.rect(0, 0, SIZE, SIZE, canvas.fade(canvas.palette.glow, canvas.palette.wall, down=True))
    canvas.circle(570, 210, 88, mix(canvas.palette.glow, canvas.palette.accent, 0.55))
    far = mix(canvas.palette.wall, canvas.palette.leaf, 0.22)
    near = mix(canvas.palette.wall, canvas.palette.leaf, 0.42)
    canvas.path("M0 470C120 340 200 350 300 430C400 330 520 300 640 420C700 380 760 370 800 400V800H0Z", far)
    canvas.path("M0 560C150 450 260 470 390 545C520 470 660 450 800 540V800H0Z", near, opacity=0.8)
    _table(canvas)


def podium(canvas: Canvas) -> None:
    """A round podium before a wall of two tones."""
    _wall(canvas)
    canvas.path("M0 0H330C300 220 360 400 300 600H0Z", mix(canvas.palette.wall, canvas.palette.main, 0.1))
    _table(canvas)
    top = mix(canvas.palette.table, "#ffffff", 0.45)
    canvas.path(
        "M150 652V716C150 746 262 770 400 770C538 770 650 746 650 716V652Z",
        canvas.fade(light(canvas.palette.table, 0.2), dark(canvas.palette.table, 0.1)),
    )
    canvas.ellipse(400, 652, 250, 54, top)


def _wall(canvas: Canvas) -> None:
    palette = canvas.palette
    canvas.rect(0, 0, SIZE, SIZE, canvas.fade(palette.glow, palette.wall, down=True))
    canvas.circle(180, 150, 420, canvas.glow("#ffffff", 0.75))


def _table(canvas: Canvas) -> None:
    palette = canvas.palette
    canvas.rect(
        0,
        FLOOR - 62,
        SIZE,
        SIZE - FLOOR + 62,
        canvas.fade(light(palette.table, 0.28), palette.table, down=True),
    )
    canvas.rect(0, FLOOR - 62, SIZE, 3, light(palette.table, 0.6), opacity=0.8)


SCENES = {scene.__name__: scene for scene in (arch, sun, window, hills, podium)}
