"""No text of the storefront is left untranslated, and what is compiled is what is written."""

import gettext
import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.utils import translation

import storefront_theme

THEME = Path(storefront_theme.__file__).parent
PO = THEME / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
ROOT_FILES = [path for path in THEME.rglob("*.py") if "migrations" not in path.parts]
_WORDS = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[0\])?) "(.*)"$', re.MULTILINE)
_USED = re.compile(
    r"""\{%\s*translate\s+(?:"([^"]+)"|'([^']+)')|\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*(?:plural|endblock)""",
    re.DOTALL,
)


def entries() -> dict[str, str]:
    """Return msgid -> translation of the catalogue as it is written."""
    texts = {}
    for block in PO.read_text().split("\n\n"):
        joined = re.sub(r'"\n"', "", block)
        parts = dict(_WORDS.findall(joined))
        if parts.get("msgid"):
            texts[parts["msgid"].replace('\\"', '"')] = parts.get("msgstr") or parts.get("msgstr[0]", "")
    return texts


def test_every_text_is_translated():
    assert [text for text, translation in entries().items() if not translation] == []
    assert "#, fuzzy" not in PO.read_text()


def test_every_text_of_a_template_is_in_the_catalogue():
    known = entries()
    missing = []
    for path in THEME.glob("templates/**/*"):
        if path.is_file():
            for double, single, block in _USED.findall(path.read_text()):
                text = double or single or re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", block)
                if text not in known:
                    missing.append((path.name, text))
    assert missing == []


def test_every_text_of_the_code_is_in_the_catalogue():
    known = entries()
    texts = [
        (path.name, text)
        for path in ROOT_FILES
        for text in re.findall(r"""\b(?:_|gettext_lazy)\(\s*"((?:[^"\\]|\\.)+)"\s*\)""", path.read_text())
    ]
    assert len(texts) > 20
    assert [item for item in texts if item[1] not in known] == []


def test_the_compiled_catalogue_is_the_written_one():
    with PO.with_suffix(".mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    # The compiler of Python's standard library and GNU's agree on singular texts.
    for text, ours in entries().items():
        assert catalogue.gettext(text) == ours.replace('\\"', '"') or catalogue.ngettext(
            text, text, 1
        ) == ours.replace('\\"', '"'), text


def test_no_other_rooms_words_take_the_place_of_ours():
    """Django keeps one catalogue for all apps, and the first app wins."""
    with translation.override("zh-hans"):
        shadowed = {
            text: translation.gettext(text)
            for text, ours in entries().items()
            if translation.gettext(text) not in {ours, text}
        }
    assert shadowed == {}


@pytest.mark.parametrize(
    "name", [str(path.relative_to(THEME / "templates")) for path in THEME.glob("templates/**/*.html")]
)
def test_every_template_compiles(name):
    assert get_template(name)
