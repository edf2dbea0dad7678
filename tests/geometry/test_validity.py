"""Valid 2-D polygons from whatever a file holds."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridder.geometry.validity import to_polygons

SQUARE = shapely.box(0, 0, 2, 2)
BOW_TIE = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
HAIR = shapely.from_wkt("POLYGON ((0 0, 1 1, 2 2, 0 0))")
MARKS = ("missing", "collapsed", "other_kind", "absurd", "repaired", "flattened", "mixed")


def _one(geometry):
    """Return the result for one geometry and the marks that are set."""
    result = to_polygons(np.array([geometry], dtype=object))
    return result.geoms[0], {mark for mark in MARKS if getattr(result, mark)[0]}


@pytest.mark.parametrize(
    ("geometry", "marks"),
    [
        (None, {"missing"}),
        (shapely.Polygon(), {"missing"}),
        (shapely.Point(0, 0), {"other_kind"}),
        (shapely.LineString([(0, 0), (1, 1)]), {"other_kind"}),
        (HAIR, {"collapsed"}),
        (shapely.box(0, 0, 1, 1e10), {"absurd"}),
        (shapely.GeometryCollection([shapely.Point(0, 0)]), {"collapsed"}),
    ],
)
def test_what_holds_no_area_is_none_and_says_why(geometry, marks):
    """Each kind of nothing has a mark of its own."""
    assert _one(geometry) == (None, marks)


def test_a_good_polygon_is_left_alone():
    """No mark, and the very coordinates."""
    polygon, marks = _one(SQUARE)
    assert marks == set()
    assert shapely.equals_identical(polygon, SQUARE)


def test_a_bow_tie_keeps_both_halves():
    """The two triangles of area 1 stay; nothing else is told."""
    polygon, marks = _one(BOW_TIE)
    assert marks == {"repaired"}
    assert polygon.geom_type == "MultiPolygon"
    assert polygon.area == 2.0


def test_a_hole_that_touches_its_shell_stays_a_hole():
    """Rings keep their sense: 16 less the hole of 4."""
    polygon, marks = _one(shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (0 1, 2 1, 2 3, 0 3, 0 1))"))
    assert marks == {"repaired"}
    assert polygon.area == 12.0


def test_heights_are_dropped_and_told():
    """Z goes, x and y stay."""
    polygon, marks = _one(shapely.force_3d(SQUARE, 7.0))
    assert marks == {"flattened"}
    assert not polygon.has_z
    assert polygon.equals(SQUARE)


def test_the_areas_of_a_collection():
    """Polygons of a collection are kept, the rest is told as dropped."""
    polygon, marks = _one(shapely.GeometryCollection([SQUARE, shapely.Point(9, 9)]))
    assert marks == {"mixed"}
    assert polygon.area == 4.0


def test_the_input_is_not_changed():
    """What a caller gave stays as it was, repairs or not."""
    given_geoms = np.array([BOW_TIE, None, shapely.Point(0, 0), shapely.box(0, 0, 1, 1e10)], dtype=object)
    before = given_geoms.copy()
    to_polygons(given_geoms)
    assert all(a is b for a, b in zip(given_geoms, before, strict=True))


def test_a_ring_that_runs_along_itself_becomes_valid():
    """Two triangles on a common edge are one area, 1 unit large."""
    polygon, _ = _one(shapely.Polygon([(1, 1), (0, 0), (0, 1), (1, 1), (0, 0), (1, 0)]))
    assert polygon.is_valid
    assert polygon.area == 1.0


def test_overlapping_areas_of_a_collection_are_one():
    """A valid collection may hold areas that overlap or share an edge: all of their ground stays, as polygons."""
    polygon, marks = _one(
        shapely.GeometryCollection([SQUARE, shapely.box(1, 0, 3, 2), shapely.box(3, 0, 4, 2)])
    )
    assert marks == set()
    assert polygon.is_valid
    assert polygon.geom_type == "Polygon"
    assert polygon.area == 8.0
