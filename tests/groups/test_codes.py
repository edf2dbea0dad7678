"""Codes by standards and by patterns of one's own, and what is told where they cannot be made."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridder.groups.codes import code_faults, coding_faults, pattern_codes, zone_parts
from gridder.model import Coding, Zones

ONE = np.array([1])


def _zones(*codes: str) -> Zones:
    frame = gpd.GeoDataFrame(
        {"zone": [f"z{i}" for i in range(len(codes))], "code": list(codes), "row": np.arange(len(codes)) + 1},
        geometry=[box(i, 0, i + 1, 1) for i in range(len(codes))],
        crs=32650,
    )
    return Zones(frame)


def _kinds(coding: Coding, zones: Zones | None) -> list[str]:
    return [fault.kind for fault in coding_faults(coding, zones)]


@pytest.mark.parametrize(
    ("coding", "zone_code", "number", "code"),
    [
        (Coding("cjt349", kind="010100"), "230881105203", 7, "01010023088110520307"),
        (Coding("cjt349", kind="010100"), "230881105203", 0, "01010023088110520300"),
        (Coding("cjt349", kind="010100", county="230881", street="105"), "601", 12, "01010023088110560112"),
        (Coding("db11"), "110108012003", 45, "110108012003045"),
        (Coding("db11", county="110108"), "012003", 999, "110108012003999"),
        (Coding("db6101"), "610112005007", 1, "610112005007001"),
        (Coding(pattern="{zone_code}-{number:02d}"), "7A", 3, "7A-03"),
        (Coding(pattern="网格{number}"), "", 3, "网格3"),
        (Coding(pattern="{county}/{community}/{number:04d}"), "110108012003", 3, "110108/003/0003"),
    ],
)
def test_codes_follow_the_standard_or_the_pattern(coding, zone_code, number, code):
    """Written out by hand from the parts."""
    assert coding_faults(coding, _zones(zone_code)) == []
    assert pattern_codes([zone_code], np.array([number]), coding) == [code]


@pytest.mark.parametrize(
    "pattern",
    [
        "{zone_code}",
        "{number:x}",
        "{number.__class__}",
        "{number!r}",
        "{nobody}{number}",
        "{number",
        "{zone_code:>9}{number}",
        "{number:12d}",
    ],
)
def test_patterns_that_say_something_else_are_refused(pattern):
    """No attribute, no other format, no unknown name, and a number must be there."""
    (fault,) = coding_faults(Coding(pattern=pattern), _zones("01"))
    assert fault.kind == "bad-code-pattern"
    assert "{number:03d}" in fault.remedy.zh


def test_all_faults_are_told_at_once_with_rows():
    """The kind is missing, the county has five digits, and two zones have codes that do not fit."""
    zones = _zones("230881105203", "", "12")
    faults = coding_faults(Coding("cjt349", county="23088"), zones)
    assert [fault.kind for fault in faults] == ["bad-code-part", "missing-code-part", "bad-zone-code"]
    assert faults[-1].rows == (1, 2, 3)
    assert coding_faults(Coding("cjt349", kind="010100"), zones)[-1].rows == (2, 3)


@pytest.mark.parametrize(
    ("coding", "zones", "kinds"),
    [
        (Coding("gb"), None, ["bad-code-standard"]),
        (Coding("db11", pattern="{number}"), None, ["bad-code-pattern"]),
        (Coding("db11"), None, ["missing-zone-code"]),
        (Coding("db11"), _zones("110108012003", "110108012003"), ["repeated-zone-code"]),
        (Coding("db11"), _zones("003"), ["bad-zone-code"]),
        (Coding("db11", county="110105"), _zones("110108012003"), ["bad-zone-code"]),
        (Coding("db11", county="110108", street="012"), _zones("003", "004"), []),
        (Coding("db11"), _zones("11010801200三"), ["bad-zone-code"]),
        (Coding(), None, []),
    ],
)
def test_what_a_standard_needs(coding, zones, kinds):
    """County, street and community come from the zone's code or the options; they must agree."""
    assert _kinds(coding, zones) == kinds


def test_too_many_grids_and_repeated_codes_are_faults():
    """Two digits are enough for 99; kept codes do not count; a pattern without the zone repeats."""
    coding = Coding("cjt349", kind="010100")
    codes = pattern_codes(["230881105203"] * 2, np.array([99, 100]), coding)
    (fault,) = code_faults(codes, ["社区", "社区"], np.array([99, 100]), [True, True], coding)
    assert fault.kind == "too-many-grids-for-code"
    assert "社区（100）".replace("（", " (").replace("）", ")") in fault.what.zh
    assert code_faults(codes, ["社区", "社区"], np.array([99, 100]), [True, False], coding) == []
    bare = Coding(pattern="{number:02d}")
    (fault,) = code_faults(["01", "01"], ["a", "b"], np.array([1, 1]), [True, True], bare)
    assert fault.kind == "repeated-codes"


@given(st.text(max_size=13), st.sampled_from(["", "110108"]), st.sampled_from(["", "012"]))
def test_parts_are_whole_or_none(code, county, street):
    """Whatever a zone's code: twelve digits that end in it, or none."""
    parts = zone_parts(code, Coding("db11", county=county, street=street))
    if parts is not None:
        whole = parts["county"] + parts["street"] + parts["community"]
        assert len(whole) == 12
        assert whole.isdigit()
        assert whole.endswith(code)
