"""Barriers that run through units."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridder.geometry.lines import crossed, segments

FIELDS = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], dtype=object)


def lines(*points: list[tuple[float, float]]) -> np.ndarray:
    return np.array([shapely.LineString(line) for line in points], dtype=object)


@pytest.mark.parametrize(
    ("barrier", "expected"),
    [
        ([(-50, 50), (250, 50)], [True, True]),
        ([(-50, 50), (60, 50)], [True, False]),
        ([(100, -50), (100, 150)], [False, False]),
        ([(99.5, -50), (99.5, 150)], [False, False]),
        ([(98.5, -50), (98.5, 150)], [True, False]),
        ([(-50, 0), (250, 0)], [False, False]),
        ([(300, 0), (300, 100)], [False, False]),
        ([(40, 40), (60, 60)], [True, False]),
    ],
)
def test_only_barriers_deeper_than_a_metre_cross(
    barrier: list[tuple[float, float]], expected: list[bool]
) -> None:
    """Through, half way in, along the edge, within 1 m of it, 1.5 m from it, along, beside and inside."""
    assert crossed(FIELDS, lines(barrier)).tolist() == expected


def test_the_depth_is_free() -> None:
    """A barrier 1.5 m inside the edge follows it when edges are 2 m wide."""
    barrier = lines([(98.5, -50), (98.5, 150)])
    assert crossed(FIELDS, barrier, depth_m=2.0).tolist() == [False, False]


def test_without_barriers_or_units_nothing_is_crossed() -> None:
    """Empty in, empty or False out."""
    none = np.empty(0, dtype=object)
    assert crossed(FIELDS, none).tolist() == [False, False]
    assert crossed(none, lines([(0, 0), (1, 1)])).tolist() == []


def test_segments_have_a_length_and_stay_within_their_line() -> None:
    """A bent line with a repeated point and a multiline of two parts: no segment joins parts or lines."""
    bent = shapely.LineString([(0, 0), (1, 0), (1, 0), (1, 1)])
    parts = shapely.MultiLineString([[(5, 5), (6, 5)], [(8, 8), (9, 8)]])
    begin, end, line = segments(np.array([bent, parts], dtype=object))
    assert begin.tolist() == [[0, 0], [1, 0], [5, 5], [8, 8]]
    assert end.tolist() == [[1, 0], [1, 1], [6, 5], [9, 8]]
    assert line.tolist() == [0, 0, 1, 1]


@pytest.mark.data
def test_real_tracks_cross_the_fields_that_hold_a_part_of_them(data_dir: Path) -> None:
    """North Bayreuth: as many units as one by one, field by field against all roads together."""
    path = data_dir / "fields/north_bayreuth_de/north_bayreuth.gpkg"
    geoms = np.asarray(gpd.read_file(path, layer="fields").to_crs(32632).geometry)
    roads = np.asarray(gpd.read_file(path, layer="roads").to_crs(32632).geometry)
    together = shapely.union_all(roads)
    expected = [field.buffer(-1.0).intersects(together) for field in geoms]
    assert 0 < sum(expected) < len(geoms)
    assert crossed(geoms, roads).tolist() == expected
