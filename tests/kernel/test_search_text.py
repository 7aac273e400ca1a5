"""What searches make of a text: the same of every way to write it."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from kernel.texts.characters import known_characters
from tests.support.build import make_supplier, make_user

SAME = {
    "creme brulee": ("Crème brûlée", "CRÈME  BRÛLÉE", "Cre\u0300me bru\u0302le\u0301e", "crème-brûlée!"),
    "strasse": ("Straße", "STRASSE", "ＳＴＲＡＳＳＥ"),
    "lodz": ("Łódź", "łódź", "LODZ"),
    "nguyen van dung": ("Nguyễn Văn Dũng", "NGUYỄN VĂN DŨNG"),
    "龙井茶": ("龍井茶", "龙井茶", " 龍井茶。"),
    "usb c 线": ("USB-C線", "ＵＳＢ－Ｃ线"),
    "قهوه": ("قهوة", "القهوة", "قَهْوَة", "قهـــوة"),
    "шелк": ("Шёлк", "шелк"),
    "שלום": ("שָׁלוֹם", "שלום"),
    "ラーメン": ("ﾗｰﾒﾝ", "ラーメン"),
    "한글": ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
    "mens": ("men's", "men’s", "mens"),
    "2026": ("٢٠٢٦", "۲۰۲۶", "２０２６"),
}


def plain_form(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.search_text(%s)", [text])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(("plain", "texts"), SAME.items())
def test_every_way_to_write_it_is_the_same(db: None, plain: str, texts: tuple[str, ...]) -> None:
    assert [plain_form(text) for text in texts] == [plain] * len(texts)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60))
def test_any_text_has_a_plain_form_that_is_its_own(db: None, text: str) -> None:
    plain = plain_form(text)
    assert plain_form(plain) == plain
    assert plain == " ".join(plain.split(" ")), "words stand between single blanks"


def test_names_in_lists_are_found_without_their_accents(db: None) -> None:
    make_user("dung@example.test", name="Nguyễn Văn Dũng")
    supplier = make_supplier("tea", name={"zh-hans": "西湖茶厂", "fr": "Maison de thé Élysée"})
    assert User.objects.filter(name__search_text__icontains="van dung").exists()
    assert not User.objects.filter(name__search_text__icontains="van dong").exists()
    for query in ("the elysee", "西湖茶廠"):
        assert type(supplier).objects.filter(name__search_text__icontains=query).exists(), query


def test_the_dictionaries_know_the_characters_of_goods() -> None:
    known = {row.character: row for row in known_characters()}
    assert known["龍"].simplified == "龙"
    assert known["茶"].readings == ["cha"]
    assert {"zhong", "chong"} <= set(known["重"].readings)
    assert {"lv", "lu"} <= set(known["绿"].readings)
    assert not {"n", "ng", "m"} & {reading for row in known.values() for reading in row.readings}
