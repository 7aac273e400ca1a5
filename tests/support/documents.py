"""Reading the PDFs that were written."""

import re

import pypdfium2


def text_of_pdf(document: bytes) -> str:
    """Return the text of all pages, as a reader's search finds it."""
    with pypdfium2.PdfDocument(document) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def ink_of_pdf(document: bytes) -> int:
    """Return how many points of the first page are not white."""
    with pypdfium2.PdfDocument(document) as pdf:
        picture = pdf[0].render(scale=2, grayscale=True).to_pil()
    return sum(picture.histogram()[:128])


def fonts_of_pdf(document: bytes) -> tuple[int, int]:
    """Return how many fonts a PDF names, and how many lie in it."""
    return len(re.findall(rb"/FontDescriptor\b\s+\d+ 0 R", document)), len(
        re.findall(rb"/FontFile[23]?\s", document)
    )
