"""The picture of an order's money: true to the cent, safe to put into a page."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from backoffice.sankey import FLOW_HEIGHT, draw
from kernel.money.money import MoneyFlow

SVG = "{http://www.w3.org/2000/svg}"
ORDER = [
    MoneyFlow("Member", "Farm", 18_000, "Supply cost", "supply"),
    MoneyFlow("Member", "Platform", 300, "Service fee", "fee"),
    MoneyFlow("Member", "Bob", 2_000, "Commission", "people"),
    MoneyFlow("Member", "Shop", 9_700, "Margin", "shop"),
]


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}text")]


def test_every_party_is_named_with_its_amount() -> None:
    with override("zh-hans"):
        words = texts(draw(ORDER, "CNY"))
    assert words[:2] == ["Member", "¥300.00"]
    assert "Farm" in words
    assert "¥180.00  Supply cost" in words
    assert "¥97.00  Margin" in words


def test_it_says_in_words_what_it_shows() -> None:
    with override("en"):
        root = ET.fromstring(draw(ORDER, "CNY"))
    title = root.find(f"{SVG}title")
    assert root.get("role") == "img"
    assert title is not None
    assert "Member → Bob: CN¥20.00" in (title.text or "")


def test_names_cannot_break_out_of_the_picture() -> None:
    picture = draw([MoneyFlow('"><script>', "<b>&", 5, "'x'", "shop")], "CNY")
    assert "<script" not in picture
    assert texts(picture)[0] == '"><script>'


def test_a_strict_content_security_policy_forbids_nothing_in_it() -> None:
    picture = draw(ORDER, "CNY")
    assert not re.search(r"style=|<style|<script|\son\w+=|href=", picture)


def test_nothing_flows_and_a_circle_cannot_be_drawn() -> None:
    assert draw([], "CNY") == draw([MoneyFlow("a", "b", 0, "", "shop")], "CNY") == ""
    with pytest.raises(ValueError, match="circle"):
        draw([MoneyFlow("a", "b", 1, "", "shop"), MoneyFlow("b", "a", 1, "", "shop")], "CNY")


def test_long_names_are_shortened_chinese_ones_sooner() -> None:
    long = [MoneyFlow("Member", "A farm far away in the northern valleys", 5, "", "shop")]
    assert texts(draw(long, "CNY"))[2] == "A farm far away in the no…"
    chinese = [MoneyFlow("Member", "遥远的北方山谷里的一个历史悠久的农场合作社", 5, "", "shop")]
    assert texts(draw(chinese, "CNY"))[2].endswith("…")


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_ribbons_leave_as_wide_as_the_money(amounts: list[int]) -> None:
    ribbons = [
        MoneyFlow("Member", f"party {number}", amount, "", "people") for number, amount in enumerate(amounts)
    ]
    root = ET.fromstring(draw(ribbons, "CNY"))
    boxes = [
        (float(box.get("y", 0)), float(box.get("height", 0)))
        for box in root.iter(f"{SVG}rect")
        if box.get("x") != "0.0"
    ]
    height = float((root.get("viewBox") or "").split()[3])
    for (top, size), (below, _size) in itertools.pairwise(boxes):
        assert top + size <= below, "no two parties overlap"
    assert boxes[-1][0] + boxes[-1][1] <= height
    scale = FLOW_HEIGHT / sum(amounts)
    for (_top, size), amount in zip(boxes, amounts, strict=True):
        assert size == pytest.approx(max(amount * scale, 2.5), abs=0.06)
