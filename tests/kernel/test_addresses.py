"""Addresses: divisions by their codes, text that names them and nothing else, countries, phones."""

from collections.abc import Mapping

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kernel.addresses import countries, divisions
from kernel.addresses.address import is_place, places_of, read_address
from kernel.addresses.divisions import Division
from kernel.addresses.phones import checked_phone
from kernel.addresses.reading import read_division
from kernel.errors import InvalidInput

SMALLEST = [division for code, division in divisions.divisions().items() if not divisions.below(code)]
PERSON = {"name": "王小满", "phone": "13800138000", "address": "漕溪北路 1200 号"}


def spelled(division: Division, *, how: str) -> str:
    """The whole line of a division as people write it: in either script, or in Latin letters."""
    line = divisions.line(division.code)
    if how == "traditional":
        return "".join((row.traditional or (row.name,))[0] for row in line)
    if how == "latin" and all(row.latin for row in line):
        return ", ".join(row.latin[0] for row in reversed(line))
    return {"joined": "", "spaced": " "}.get(how, "").join(row.name for row in line)


@pytest.mark.parametrize("how", ["joined", "spaced", "traditional", "latin"])
def test_every_division_is_read_from_its_whole_line(how: str) -> None:
    """Only Latin names leave some unclear: 井陉县 and 井陉矿区 are both Jingxing."""
    unclear = []
    for division in SMALLEST:
        codes = [row.code for row in read_division(spelled(division, how=how))]
        assert division.code in codes, spelled(division, how=how)
        unclear += [division.code] * (len(codes) > 1)
    assert len(SMALLEST) > 2_900
    assert len(unclear) == (14 if how == "latin" else 0)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("上海市徐汇区", {"310104"}),
        ("上海 徐汇", {"310104"}),
        ("中国上海市市辖区徐汇区", {"310104"}),
        ("Shanghai, Xuhui", {"310104"}),
        ("Xuhui District, Shanghai", {"310104"}),
        ("xuhui district shanghai china", {"310104"}),
        ("廣東省深圳市南山區", {"440305"}),
        ("臺州市椒江區", {"331002"}),
        ("西藏 拉萨 城关", {"540102"}),
        ("重庆 酉阳县", {"500242"}),
        ("湖北省仙桃市", {"429004"}),
        ("东莞市", {"441900"}),
        ("北京市朝阳区", {"110105"}),
        ("朝阳区", {"110105", "220104"}),
        ("朝阳", {"110105", "211300", "211321", "220104"}),
        ("吉林", {"220000", "220200"}),
        ("吉林市", {"220200"}),
        ("河北区", {"120105"}),
        ("Hebei", {"130000", "120105"}),
    ],
)
def test_what_a_text_names(text: str, codes: set[str]) -> None:
    assert {division.code for division in read_division(text)} == codes


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Mars", "x", "南京东路", "上海市黄浦区南京东路 100 号", "西藏中路", "Guilin Road",
        "Tibet Middle Road", "Nanjing East Road, Shanghai", "市", "区", "中国",
    ],
)  # fmt: skip
def test_a_street_or_anything_else_names_no_division(text: str) -> None:
    assert read_division(text) == ()


@given(st.sampled_from(SMALLEST), st.sampled_from(SMALLEST), st.sampled_from("路街道巷"))
def test_no_street_changes_what_freight_is_counted_by(division: Division, other: Division, kind: str) -> None:
    for street in (f"{other.name}{kind} 1 号", f"{spelled(other, how='joined')} 1 号"):
        address = read_address({**PERSON, "division": division.code, "address": street})
        assert not address.faults
        assert address.places == places_of({"country": "CN", "division": division.code})
        assert address.places[0] == division.code
        assert address.places[-1] == "CN"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region": "Mars"}, "region"),
        ({"region": "朝阳区"}, "region"),  # of Beijing or of Changchun: it is asked
        ({"region": "浙江省杭州市"}, "region"),  # no courier finds a city
        ({"region": ""}, "division"),
        ({"division": "999999"}, "division"),
        ({"division": "330100"}, "division"),
        ({"name": "123"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"phone": "abc"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"address": "x"}, "address"),
        ({"address": "12 34"}, "address"),
        ({"country": "XX"}, "country"),
        ({"country": "US"}, "area"),
        ({"country": "US", "area": "CA", "city": "San Francisco", "postcode": "941"}, "postcode"),
        ({"country": "US", "area": "XX", "city": "San Francisco", "postcode": "94103"}, "area"),
        ({"country": "JP", "area": "東京都"}, "postcode"),
        ({"country": "DE", "postcode": "10115"}, "city"),
    ],
)
def test_a_fault_names_the_field(changes: Mapping[str, str], field: str) -> None:
    base = (
        {**PERSON, "phone": "+1 415 555 2671"}
        if "country" in changes
        else {**PERSON, "region": "上海市徐汇区"}
    )
    address = read_address({**base, **changes})
    assert [fault.field for fault in address.faults][:1] == [f"ship_to.{field}"]
    with pytest.raises(InvalidInput):
        address.checked()


def test_what_is_ambiguous_is_named_with_its_codes() -> None:
    with translation.override("zh-hans"):
        (fault,) = read_address({**PERSON, "region": "朝阳区"}).faults
        assert "110105 北京市 朝阳区" in str(fault.remedy)
        assert "220104 吉林省 长春市 朝阳区" in str(fault.remedy)


@pytest.mark.parametrize(
    ("address", "region", "places"),
    [
        ({"region": "上海 徐汇"}, "上海市 徐汇区", ("310104", "310000", "CN")),
        (
            {"country": "us", "area": "CA", "city": "San Francisco", "postcode": "94103"},
            "San Francisco, CA, 94103, United States",
            ("US-CA", "US"),
        ),
        (
            {"country": "DE", "city": "Berlin", "postcode": "10115", "area": "Berlin"},
            "Berlin, 10115, Germany",
            ("DE",),
        ),
        ({"country": "HK", "area": "Kowloon", "city": "Mong Kok"}, "", ("HK-Kowloon", "HK")),
        ({"country": "SG", "postcode": "018956"}, "018956, Singapore", ("SG",)),
    ],
)
def test_an_address_says_where_it_lies(
    address: Mapping[str, str], region: str, places: tuple[str, ...]
) -> None:
    read = read_address({**PERSON, "phone": "+1 415 555 2671", **address})
    assert read.faults == ()
    assert read.places == places
    assert not region or read.values["region"] == region
    assert all(is_place(place) for place in places)


def test_every_country_has_a_form_and_a_name() -> None:
    for country in countries.countries():
        fields = countries.fields_of(country)
        assert len({field.name for field in fields}) == len(fields)
        assert is_place(country)
        for language in ("zh-hans", "en"):
            assert countries.country_name(country, language)
    assert len(countries.countries()) > 200
    assert not is_place("US-XX")
    assert not is_place("zhejiang")
    assert not is_place("XX")


@pytest.mark.parametrize(
    ("text", "country", "dialled"),
    [
        ("13800138000", "CN", "13800138000"),
        ("+86 138 0013 8000", "CN", "13800138000"),
        ("0086-138-0013-8000", "CN", "13800138000"),
        ("１３８００１３８０００", "CN", "13800138000"),
        ("021-6425 1234", "CN", "02164251234"),
        ("021-64251234-802", "CN", "02164251234-802"),
        ("021-64251234 转 802", "CN", "02164251234-802"),
        ("+81 3 1234 5678", "CN", "+81312345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("06 12 34 56 78", "FR", "+33612345678"),
    ],
)
def test_a_phone_number_as_it_is_dialled(text: str, country: str, dialled: str) -> None:
    assert checked_phone(text, country=country) == dialled
    assert checked_phone(dialled, country=country) == dialled


@given(st.text(max_size=40), st.sampled_from(["CN", "US", "DE", "JP"]))
def test_what_is_no_phone_number_is_refused_and_nothing_else_comes_out(text: str, country: str) -> None:
    try:
        dialled = checked_phone(text, country=country)
    except InvalidInput:
        return
    assert dialled.lstrip("+").replace("-", "").isdigit()
