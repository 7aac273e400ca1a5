"""PDFs: text shaped by its script's rules, drawn with fonts that lie in the file as far as it uses them."""

from collections.abc import Sequence
from typing import Any, Literal

from django.utils.translation import gettext as _
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, TextEmphasis

from kernel import clock
from kernel.documents.fonts import BASE, MISSING, Font, drawable, fonts_for, undrawable

BODY, SMALL, TITLE = 10, 8, 15
"""Sizes of letters in points."""
GREY, LINE_GREY, BLACK = 110, 200, 0
LINE = 1.4
"""Distance of lines, in sizes of letters."""
POINT = 25.4 / 72
"""Millimetres in a point."""


class Document(FPDF):
    """A document of paragraphs and tables; measures are millimetres.

    A character that no font has is drawn as ``fonts.MISSING``, and the last line names it.
    """

    def __init__(
        self,
        *,
        title: str,
        author: str = "",
        size: Literal["A4", "A5"] = "A4",
        is_wide: bool = False,
        margin: float = 12,
    ) -> None:
        super().__init__(
            "landscape" if is_wide else "portrait", "mm", "A4" if size == "A4" else (148.0, 210.0)
        )
        self.set_margin(margin)
        self.set_auto_page_break(auto=True, margin=margin)
        self.set_title(title)
        self.set_author(author)
        self.set_creation_date(clock.now())
        self._loaded: list[str] = []
        self._missing: dict[str, None] = {}
        self._load(BASE)
        self.set_font(BASE.name, size=BODY)
        self.set_text_shaping(use_shaping_engine=True)

    def _load(self, font: Font) -> None:
        self.add_font(font.name, "", font.path, collection_font_number=font.number)
        self._loaded.append(font.name)
        self.set_fallback_fonts(self._loaded[1:], exact_match=False)

    def _ready(self, text: str) -> str:
        """Return the text as it can be drawn, with its fonts loaded: most documents need one or two."""
        self._missing |= dict.fromkeys(undrawable(text))
        text = drawable(text)
        for font in fonts_for(text):
            if font.name not in self._loaded:
                self._load(font)
        return text

    def _render_styled_text_line(self, *args: Any, **kwargs: Any) -> Any:
        # fpdf2 names the font inside a saved state and then takes it for set: a line of the same font after
        # one in another would be drawn with none. So each line names its own.
        self.current_font_is_set_on_page = False
        return super()._render_styled_text_line(*args, **kwargs)

    def paragraph(self, text: str, *, size: int = BODY, is_grey: bool = False) -> None:
        """Write a paragraph over the whole width."""
        self.set_font(BASE.name, size=size)
        self.set_text_color(GREY if is_grey else BLACK)
        self.multi_cell(0, size * LINE * POINT, self._ready(text), new_x="LMARGIN", new_y="NEXT", align="L")
        self.set_text_color(BLACK)

    def space(self, height: float) -> None:
        """Leave some millimetres empty."""
        self.ln(height)

    def grid(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], *, size: int
    ) -> None:
        """Write a table whose headings stand on each page; ``widths`` are shares of the whole width."""
        self.set_font(BASE.name, size=size)
        self.set_draw_color(LINE_GREY)
        with self.table(
            col_widths=tuple(widths),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(color=GREY, emphasis=TextEmphasis.NONE),
            line_height=size * LINE * POINT,
            text_align="LEFT",
            v_align="TOP",
            padding=1,
        ) as table:
            for cells in (headings, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(self._ready(cell))

    def written(self) -> bytes:
        """Return the file, which says in the end what could not be drawn."""
        if self._missing:
            names = ", ".join(f"U+{ord(character):04X}" for character in self._missing)
            text = _("%(mark)s stands for a character that no font has: %(names)s")
            self.space(4)
            self.paragraph(text % {"mark": MISSING, "names": names}, size=SMALL, is_grey=True)
        return bytes(self.output())
