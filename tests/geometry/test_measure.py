"""Measures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from gridder.geometry.measure import grid_moments_m2, polsby_popper

L_SHAPE = Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)])
RING = Polygon(box(0, 0, 3, 3).exterior, [box(1, 1, 2, 2).exterior.coords])


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        (box(0, 0, 5, 5), np.pi / 4),
        (box(0, 0, 4, 1), 16 * np.pi / 100),
        (L_SHAPE, 12 * np.pi / 64),
        (RING, 32 * np.pi / 256),
        (Point(3, 4).buffer(10, quad_segs=500), 1.0),
    ],
    ids=["square", "oblong", "L", "ring", "circle"],
)
def test_polsby_popper_by_hand(polygon: Polygon, expected: float) -> None:
    """4 pi A / P², with the rims of holes."""
    assert polsby_popper(np.array([polygon]))[0] == pytest.approx(expected, rel=1e-5)


def test_polsby_popper_of_an_empty_polygon_is_missing() -> None:
    """0 / 0 is no measure."""
    assert np.isnan(polsby_popper(np.array([Polygon()]))[0])


def test_moments_by_hand() -> None:
    """Grid 0: areas 1 and 3, 4 m apart, centre 3 m from the first: (1·9 + 3·1) / 4 = 3. Grid 1: one unit, 0.

    All: (12 + 0) / (4 + 2) = 2.
    """
    points = shapely.points([(10.0, 5.0), (14.0, 5.0), (100.0, 100.0)])
    moments = grid_moments_m2(points, np.array([1.0, 3.0, 2.0]), np.array([0, 0, 1]))
    assert moments.per_grid_m2.tolist() == [3.0, 0.0]
    assert moments.mean_m2 == 2.0


def test_a_grid_without_area_has_no_moment() -> None:
    """It is missing, and the others count as before."""
    points = shapely.points([(0.0, 0.0), (2.0, 0.0), (7.0, 7.0)])
    moments = grid_moments_m2(points, np.array([1.0, 1.0, 0.0]), np.array([0, 0, 1]))
    assert moments.per_grid_m2[0] == 1.0
    assert np.isnan(moments.per_grid_m2[1])
    assert moments.mean_m2 == 1.0


@given(
    xy=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=12),
    turn=st.floats(0, 2 * np.pi),
    shift=st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)),
    scale=st.floats(0.1, 10),
)
def test_moments_do_not_change_when_the_map_is_moved_or_turned(xy, turn, shift, scale) -> None:
    """Moved and turned they stay; scaled they grow with the square; areas in ha do not matter."""
    points = np.array(xy, dtype=float)
    area = 1.0 + np.arange(len(points))
    grid = np.arange(len(points)) % 2
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    before = grid_moments_m2(shapely.points(points), area, grid)
    after = grid_moments_m2(shapely.points(scale * points @ rotation + shift), area / 1e4, grid)
    assert after.per_grid_m2 == pytest.approx(scale**2 * before.per_grid_m2, rel=1e-6, abs=1e-4)
    assert after.mean_m2 == pytest.approx(scale**2 * before.mean_m2, rel=1e-6, abs=1e-4)
