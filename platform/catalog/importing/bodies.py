"""Descriptions: made harmless HTML, the same from then on however often it is exported and imported."""

import html
import re

import nh3

MARKUP = re.compile(r"<[a-z/!?]|&(?:#\d+|#x[0-9a-f]+|[a-z]\w*);", re.IGNORECASE)
"""A tag or a named sign; "5 < 6 & 7" is plain text."""
TAGS = {
    "a", "b", "bdi", "bdo", "blockquote", "br", "caption", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "img", "li", "ol", "p", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
ENDS = re.compile(r"\r\n?")
ENOUGH = 5


def clean_html(text: str) -> str:
    """Return harmless HTML: no scripts, styles, frames or forms; plain text becomes paragraphs.

    What it returns it returns again unchanged.
    """
    text = ENDS.sub("\n", text).replace("\0", "").strip()
    # What one pass leaves may be cleaned again: a blank behind a tag that is gone stands at the edge then,
    # and what was markup may be plain text.
    for _pass in range(ENOUGH):
        clean = _once(text if MARKUP.search(text) else _paragraphs(text))
        if clean == text:
            break
        text = clean
    return text


def _paragraphs(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _once(text: str) -> str:
    return nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    ).strip()
