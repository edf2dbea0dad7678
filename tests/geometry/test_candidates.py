"""Which coordinate systems numbers may be in: every zone of China comes back, and the region decides."""

import numpy as np
import pytest
from pyproj import CRS, Transformer

from gridder.geometry.candidates import crs_candidates, crs_name
from gridder.geometry.places import CITIES, PROVINCES, in_china, near_text, region_box
from gridder.model import Text

HEILONGJIANG, ZHEJIANG = region_box("黑龙江"), region_box("Zhejiang")
HANGZHOU = (120.2, 30.3)


def _numbers(code, place, *, turned=False):
    x, y = Transformer.from_crs("EPSG:4326", f"EPSG:{code}", always_xy=True).transform(*place)
    x, y = (y, x) if turned else (x, y)
    return x, y, x + 100, y + 100


def _options(*args, **options):
    return [candidate.option for candidate in crs_candidates(*args, **options)]


@pytest.mark.parametrize(
    "code", [4513, 4533, 4491, 4501, 2349, 2369, 2327, 2337, 2401, 2421, 21413, 21423, 4528, 2364, 2416]
)
def test_a_zone_with_its_number_is_told_by_its_numbers(code):
    """3° and 6° zones of all three datums; the number before the easting is enough without any region."""
    zone = int(CRS.from_epsg(code).name.rsplit(" ", 1)[1])
    meridian = zone * 3 if zone >= 25 else zone * 6 - 3
    assert f"|crs=EPSG:{code}" in _options(_numbers(code, (meridian + 0.3, 48.0 if meridian > 100 else 40.0)))


@pytest.mark.parametrize("code", [4549, 2385, 2437, 32650, 32651])
def test_a_zone_without_number_is_found_in_the_region(code):
    """Zhejiang lies around 120° E; each datum that has a zone there is a candidate, CGCS2000 the first."""
    place = HANGZHOU if code != 32650 else (118.6, 29.0)
    found = _options(_numbers(code, place), region=ZHEJIANG)
    assert f"|crs=EPSG:{code}" in found
    assert found[0].startswith("|crs=EPSG:45")


def test_a_six_degree_zone_only_beyond_the_three_degree_one():
    """Within 1.5° of the meridian both are the same projection, and the narrower is named."""
    near, far = _numbers(4509, (117.5, 30.0)), _numbers(4509, (119.6, 30.0))
    assert "|crs=EPSG:4548" in _options(near)
    assert "|crs=EPSG:4509" not in _options(near)
    assert "|crs=EPSG:4509" in _options(far, region=ZHEJIANG)


def test_candidates_outside_the_region_are_left_out():
    """The same numbers are many places, but few of them in the region; the nearest to its middle comes first."""
    numbers = _numbers(4551, (126.3, 46.0))
    assert len(_options(numbers)) > 3
    assert _options(numbers, region=HEILONGJIANG)[:2] == ["|crs=EPSG:4552", "|crs=EPSG:4551"]
    assert all(c.near.zh for c in crs_candidates(numbers))


def test_numbers_the_other_way_round():
    """Northing before easting, latitude before longitude: found where nothing fits straight."""
    assert _options(_numbers(4528, HANGZHOU, turned=True))[0] == "|crs=EPSG:4528|axes=yx"
    assert _options((30.0, 120.0, 30.1, 120.1), declared=CRS.from_epsg(4326))[0] == "|crs=EPSG:4326|axes=yx"
    xinjiang = region_box("新疆")
    assert _options((43.0, 87.0, 43.1, 87.1), region=xinjiang)[0] == "|crs=EPSG:4490|axes=yx"


def test_the_meridian_of_a_wrong_declaration_is_the_likeliest():
    """Eastings without number under zone 40: the zone of 120° E comes first."""
    assert _options(_numbers(4549, HANGZHOU), declared=CRS.from_epsg(4528))[0] == "|crs=EPSG:4549"


def test_abroad_the_registry_is_asked():
    """US survey feet in California, and a farm of South Africa beyond its zone."""
    feet = (6048000, 2110000, 6049000, 2112000)
    assert "|crs=EPSG:2227" in _options(feet, region=region_box("-122.2,37.8"))
    farms = (969680.0, 6196092.0, 1038104.0, 6250060.0)
    assert _options(farms, region=(20.1, -34.3, 20.9, -33.8))[0] == "|crs=EPSG:32733"


@pytest.mark.parametrize("bounds", [(np.nan,) * 4, (1e12, 1e12, 1e13, 1e13), (np.inf, 0, np.inf, 1)])
def test_nothing_fits(bounds):
    """No candidate rather than a wrong one."""
    assert crs_candidates(bounds) == []


def test_names_in_chinese_say_whether_the_zone_is_in_the_number():
    """Clerks know the zones by that."""
    assert crs_name(CRS.from_epsg(4528)).zh == "2000 国家大地坐标系 3 度带 第 40 带（坐标含带号）"
    assert "不含带号" in crs_name(CRS.from_epsg(2385)).zh


def test_places_and_regions():
    """The capital of every province lies in its box; words that mean no region are none."""
    assert len(PROVINCES) == 34
    assert all(in_china(city.longitude, city.latitude) for city in CITIES[:119])
    assert near_text(*HANGZHOU).zh == "杭州一带"
    assert near_text(120.2, 30.0) == Text("33 km south of Hangzhou", "杭州以南约 33 公里")
    assert region_box("黑龙江省") == HEILONGJIANG
    assert region_box("126,45") == (125.5, 44.5, 126.5, 45.5)
    assert [region_box(words) for words in ("Atlantis", "1,2,3", "500,40", "")] == [None] * 4
