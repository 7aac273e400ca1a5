"""Drawing a picture for each product of the demo: a scene, a thing in it, and a palette."""

from catalog.demo.pictures import beauty, drinks, food, fresh, home, local
from catalog.demo.pictures.canvas import PALETTES, Canvas
from catalog.demo.pictures.scenes import SCENES

MOTIFS = {
    name: motif for room in (food, drinks, fresh, home, beauty, local) for name, motif in room.MOTIFS.items()
}


def draw(motif: str, palette: str, scene: str) -> str:
    """Return the SVG text; the same words always give the same picture. Raises KeyError for unknown ones."""
    canvas = Canvas(PALETTES[palette])
    SCENES[scene](canvas)
    MOTIFS[motif](canvas)
    return canvas.svg()
