"""PDFs: every script is drawn, every font lies in the file, and what no font has is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.documents import fonts
from kernel.documents.fonts import MISSING, drawable, undrawable
from kernel.documents.pdf import Document
from tests.support.documents import fonts_of_pdf, ink_of_pdf, text_of_pdf

NAMES = {
    "latin": "Zoë Müller-Ångström",
    "vietnamese": "Nguyễn Văn Ắ Đặng",
    "cyrillic": "Ёлка Щукина",
    "greek": "Ελένη Παπαδοπούλου",
    "chinese": "王小满",
    "rare chinese": "王䶮㛃镕堃喆𠮷𬭎",
    "traditional": "臺灣鬱龜",
    "japanese": "東京都渋谷区 ひらがな カタカナ",
    "korean": "김철수",
    "arabic": "محمد علي",
    "hebrew": "שלום כהן",
    "thai": "สมชาย ใจดี ที่อยู่",
    "hindi": "अमित शर्मा क्षत्रिय",
    "bangla": "রহিম উদ্দিন",
    "tamil": "தமிழ் செல்வி",
    "telugu": "తెలుగు",
    "khmer": "សុខា",
}


def written(*texts: str) -> bytes:
    """A document of these paragraphs."""
    document = Document(title="names")
    document.add_page()
    for text in texts:
        document.paragraph(text)
    return document.written()


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.slow
def test_a_name_of_every_script_is_drawn_with_fonts_that_lie_in_the_file(script: str) -> None:
    name = NAMES[script]
    assert undrawable(name) == ""
    document = written(name)
    named, embedded = fonts_of_pdf(document)
    assert named == embedded > 0
    assert b"/Helvetica" not in document
    text = text_of_pdf(document)
    assert MISSING not in text
    assert ink_of_pdf(document) > ink_of_pdf(written(name[:1])) > 0
    if script not in {"arabic", "hebrew", "thai", "hindi", "bangla", "tamil", "telugu", "khmer"}:
        # Those write letters together, or from right to left: a reader's text has another order.
        assert name.replace(" ", "") in text.replace(" ", "")


def test_what_is_written_together_is_not_only_put_side_by_side() -> None:
    assert ink_of_pdf(written("محمد")) != sum(ink_of_pdf(written(single)) for single in "محمد")


@given(st.lists(st.sampled_from([*NAMES.values(), "13800138000", "+81312345678", "B-1 / 2"]), max_size=8))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_no_line_is_lost_whatever_script_stands_before_it(texts: list[str]) -> None:
    document = Document(title="lines")
    document.add_page()
    for text in texts:
        document.paragraph(text)
    document.grid(["A", "B"], [[text, "13800138000"] for text in texts], (2, 1), size=9)
    text = text_of_pdf(document.written())
    assert text.count("13800138000") == len(texts) + texts.count("13800138000") * 2
    assert text.count("+81312345678") == texts.count("+81312345678") * 2
    assert text.count("王小满") == texts.count("王小满") * 2


def test_what_no_font_has_stands_as_a_mark_and_is_named() -> None:
    assert undrawable("王😀小😀") == "😀"
    assert drawable("王😀小") == f"王{MISSING}小"
    text = text_of_pdf(written("王😀小"))
    assert MISSING in text
    assert "U+1F600" in text


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
@pytest.mark.slow
def test_any_text_is_drawn_or_said(text: str) -> None:
    marks = drawable(text).count(MISSING) - text.count(MISSING)
    assert (marks > 0) == bool(undrawable(text))
    document = written(text, "王")
    named, embedded = fonts_of_pdf(document)
    assert named == embedded
    assert ("U+" in text_of_pdf(document)) >= bool(undrawable(text))


def test_every_font_is_a_file_of_an_installed_package() -> None:
    for font in fonts.FONTS:
        assert font.path.is_file()
        assert "site-packages" in font.path.parts
    assert ord(MISSING) in fonts.characters_of(fonts.FONTS[1])
