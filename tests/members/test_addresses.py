"""Addresses: how they are taken apart, and that nothing is matched by a guess."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.members.address import LONGEST, Address, Place, is_region, parse_address
from gridder.members.match import LIST, TAKE, AddressIndex, UnitAddress
from gridder.members.wording import folded_address

CITIES = {"vaduz", "schaan"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("北京市朝阳区芳草地社区十二号楼3单元501室", Place("北京市朝阳区芳草地社区", "", "12", "3")),
        ("芳草地社区12栋3-501", Place("芳草地社区", "", "12", "3")),
        ("芳草地社区 ０１２ 幢", Place("芳草地社区", "", "12")),
        ("12号楼芳草地社区", Place("芳草地社区", "", "12")),
        ("501室3单元12号楼芳草地社区", Place("芳草地社区", "", "12", "3")),
        ("芳草地社区12号楼，北京市朝阳区", Place("芳草地社区", "", "12")),
        ("江海新村12-3-501", Place("江海新村", "", "12", "3")),
        ("江海新村12-501", Place("江海新村", "", "12")),
        ("江海新村甲12号", Place("江海新村", "", "甲12")),
        ("宛平南路485弄12号401室", Place("宛平南路", "485", "12", lane=True)),
        ("东大桥路8号501", Place("东大桥路", "8")),
        ("菜市口大街12号院3楼2门101", Place("菜市口大街", "12", "3", "2")),
        ("万达广场Ａ座", Place("万达广场", "", "a")),
        ("贝港北区4号楼", Place("贝港北区", "", "4")),
        ("二十三号楼", None),
        ("Hauptstraße 2, 95500 Heinersreuth", Place("hauptstr", "2")),
        ("Hauptstr.2 Top 3", Place("hauptstr", "2")),
        ("Städtle 43, FL-9490 Vaduz", Place("staedtle", "43")),
        ("Vaduz Staedtle 43", Place("staedtle", "43")),
        ("43 Städtle", Place("staedtle", "43")),
        ("Main Street, 12a", Place("mainstr", "12a")),
        ("12 A Main St.", Place("mainstr", "12a")),
        ("3 H.P. Prangsmalaan", Place("hpprangsmalaan", "3")),
        ("1600 Pennsylvania Ave, Washington", Place("pennsylvaniaave", "1600")),
        ("Strasse des 17. Juni 135", Place("strdes17juni", "135")),
        ("", None),
    ],
)
def test_an_address_is_taken_apart(text, place):
    """The first place of the address has these parts."""
    places = parse_address(text, CITIES).places
    assert (places[0] if places else None) == place


def test_a_compound_on_a_street_is_two_places():
    """Both the compound and the street with its number find the building."""
    places = parse_address("东大桥路8号芳草地社区12#").places
    assert places == (Place("芳草地社区", "", "12"), Place("东大桥路", "8", "12"))


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("芳草地社区12号楼 北京市朝阳区", {"市": "北京", "区": "朝阳"}),
        ("Städtle 43, FL-9490 Vaduz", {"postcode": "9490", "city": "vaduz"}),
        ("Arnhemseweg 92, 6731 BV Otterlo", {"postcode": "6731bv", "city": "otterlo"}),
    ],
)
def test_regions_are_kept_apart(text, regions):
    """Town, district and postcode are no part of the name."""
    assert parse_address(text, CITIES).regions == regions


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_folding_twice_is_folding_once(text):
    """One form has one form."""
    once = folded_address(text)
    assert folded_address(once) == once


@given(st.text(max_size=60))
def test_any_text_can_be_parsed(text):
    """No text breaks the parser, and no place is without a name."""
    assert all(place.name for place in parse_address(text).places)


def test_a_text_that_could_be_taken_apart_in_endless_ways():
    """A region is read in one way only; what is too long to be an address is none."""
    assert not is_region("甲自治区" * 100 + "丙")
    assert is_region("甲自治区" * 100)
    assert parse_address("a " * LONGEST) == Address()


CHINESE = AddressIndex.of(
    [
        UnitAddress((text,))
        for text in (
            "芳草地社区12号楼", "芳草地社区2号楼", "宛平南路485弄", "京城大厦", "京城大厦A座", "长桥一村", "长桥二村",
            "保利家园（公寓）", "东大桥斜街小区", "长寿新村（闵行）3号楼", "西镇小区5号楼", "江海新村1号楼1单元", "江海新村1号楼2单元",
        )
    ]
)  # fmt: skip
EUROPEAN = AddressIndex.of(
    [
        UnitAddress(("Hauptstrasse 2",), "Vaduz", "9490"),
        UnitAddress(("Hauptstrasse 2",), "Schaan", "9494"),
        UnitAddress(("Neuenreuther Straße 12-14",)),
        UnitAddress(("Alte Landstrasse 7",), "Schaan"),
        UnitAddress(("N Main Street 5",)),
    ]
)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("北京市朝阳区芳草地社区十二号楼3单元501室", 0),
        ("芳草地2幢", 1),
        ("上海宛平南路485弄12号401室", 2),
        ("京城大厦a座1201", 4),
        ("长桥1村3号", 5),
        ("保利家园5号楼", 7),
        ("东大桥斜街", 8),
        ("江海新村1号楼2单元301", 12),
        ("芳草帝社区2号楼", 1),
        ("江海新村一号楼二单元", 12),
        ("西阵小区5号楼", 10),
        ("江海心村1号楼2单元", 12),
    ],
)
def test_chinese_addresses_find_their_building(text, unit):
    """Abbreviations, numerals, prefixes, rooms and a homophone do not matter."""
    match = CHINESE.match(text)
    assert (match.unit, match.score >= TAKE) == (unit, True)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Hauptstr. 2, 9490 Vaduz", 0),
        ("HAUPTSTRASSE 2 SCHAAN", 1),
        ("Neunreuther Str. 14", 2),
        ("Alte Landstr 7", 3),
        ("5 North Main St, Apt 4", 4),
    ],
)
def test_european_addresses_find_their_building(text, unit):
    """Abbreviations, order, town and one slip do not matter."""
    match = EUROPEAN.match(text)
    assert (match.unit, match.score >= TAKE) == (unit, True)


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (CHINESE, "朝外芳草地12栋"),  # something before the name that is no region
        (CHINESE, "京城大厦B座"),  # others of the name have such a letter
        (CHINESE, "长寿新村（普陀）3号楼"),  # another note
        (CHINESE, "江海新村1号楼"),  # no stairwell, and there are two
        (CHINESE, "宛平南路485号"),  # 号 for 弄
        (CHINESE, "冬大桥斜街小区"),  # 东 tells places apart, and 冬 may be right
        (CHINESE, "芳草绿社区2号楼"),  # a character that sounds otherwise
        (EUROPEAN, "Hauptstrasse 2"),  # two towns have it
        (EUROPEAN, "Hauptstr. 2, 9497 Triesenberg"),  # a town that has none
    ],
)
def test_what_is_not_sure_is_listed_and_not_taken(index, text):
    """A person decides."""
    match = index.match(text)
    assert match.is_doubtful
    assert match.score >= LIST
    assert match.candidates


def test_a_homophone_of_two_names_is_listed():
    """A third character that sounds like both may mean either."""
    index = AddressIndex.of([UnitAddress(("金丰蓝庭2号楼",)), UnitAddress(("金峰蓝庭2号楼",))])
    assert index.match("金风蓝庭2号楼").candidates == ((0, 0.88), (1, 0.88))
    assert index.match("金峰蓝庭2号楼").unit == 1


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (CHINESE, "芳草地社区3号楼"),
        (CHINESE, "宛平北路485弄"),
        (CHINESE, "长桥三村"),
        (CHINESE, "金家巷小区5号楼"),
        (EUROPEAN, "Hauptstr. 3, Schaan"),
        (EUROPEAN, "Hauptstr. 2a, Schaan"),
        (EUROPEAN, "Neuenreuther Str. 13"),
        (EUROPEAN, "Neue Landstrasse 7, Schaan"),
        (EUROPEAN, "5 S Main St"),
    ],
)
def test_another_place_is_no_candidate(index, text):
    """Another number, side of the city or generation of a street is another place."""
    assert not index.match(text).candidates


@given(st.integers(1, 99), st.integers(1, 99), st.sampled_from(["号楼", "栋", "幢", "#", "号"]))
def test_a_number_that_differs_never_matches(own, said, counts):
    """In Chinese and European addresses alike, and an equal one always does."""
    index = AddressIndex.of([UnitAddress((f"江海新村{own}号楼",)), UnitAddress((f"Dorfstrasse {own}",))])
    for unit, text in enumerate((f"江海新村{said}{counts}", f"Dorfstr. {said}")):
        assert index.match(text).unit == (unit if own == said else -1)
        assert bool(index.match(text).candidates) == (own == said)


@given(st.text(alphabet="芳草地江海新村路号楼栋1二3 市区", max_size=14))
def test_a_score_is_between_nothing_and_one(text):
    """And what is taken is the best candidate."""
    match = CHINESE.match(text)
    assert 0 <= match.score <= 1
    assert match.unit < 0 or match.candidates[0] == (match.unit, match.score)
    numbers = re.findall(r"\d+", folded_address(text))
    assert match.unit != 0 or "12" in numbers
