"""Units are cut where barriers run through them, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Polygon, box

from gridder.units.sever import sever


def _parts(polygon, *lines):
    parts, parent = sever(np.array([polygon], dtype=object), np.array(lines, dtype=object))
    assert (parent == 0).all()
    assert shapely.union_all(parts).symmetric_difference(polygon).area == pytest.approx(0.0, abs=1e-6)
    assert sum(shapely.area(parts)) == pytest.approx(polygon.area)
    return sorted(round(float(area), 6) for area in shapely.area(parts))


SQUARE = box(0, 0, 100, 100)


def test_a_line_through_the_middle_makes_two():
    assert _parts(SQUARE, LineString([(-10, 40), (110, 40)])) == [4000.0, 6000.0]


def test_two_lines_that_cross_make_four():
    lines = LineString([(-10, 50), (110, 50)]), LineString([(50, -10), (50, 110)])
    assert _parts(SQUARE, *lines) == [2500.0] * 4


def test_a_line_that_ends_inside_cuts_nothing():
    assert _parts(SQUARE, LineString([(-10, 50), (60, 50)])) == [10_000.0]


def test_a_line_along_the_edge_cuts_nothing():
    assert _parts(SQUARE, LineString([(-10, 99.5), (110, 99.5)])) == [10_000.0]


def test_narrow_parts_stay_with_their_neighbour():
    lines = LineString([(-10, 50), (110, 50)]), LineString([(-10, 50.3), (110, 50.3)])
    assert _parts(SQUARE, *lines) == [4970.0, 5030.0]


def test_holes_and_several_polygons_stay():
    with_hole = Polygon(SQUARE.exterior, [box(40, 40, 60, 60).exterior])
    both = MultiPolygon([with_hole, box(200, 0, 300, 100)])
    assert _parts(both, LineString([(-10, 50), (110, 50)])) == [4800.0, 4800.0, 10_000.0]


def test_whole_units_keep_their_very_shape():
    units = np.array([SQUARE, box(200, 0, 300, 100)], dtype=object)
    parts, parent = sever(units, np.array([LineString([(50, -10), (50, 110)])], dtype=object))
    assert parent.tolist() == [0, 0, 1]
    assert parts[2] is units[1]
