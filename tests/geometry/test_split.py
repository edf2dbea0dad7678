"""Polygons divided into equal parts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gridder.geometry.split import split_by_shares, split_equal

U_SHAPE = Polygon([(0, 0), (9, 0), (9, 8), (6, 8), (6, 2), (3, 2), (3, 8), (0, 8)])
RING = Polygon(box(0, 0, 400, 300).exterior, [box(100, 100, 200, 200).exterior.coords])


def assert_split(polygon: Polygon | MultiPolygon, n: int) -> list[Polygon | MultiPolygon]:
    parts = split_equal(polygon, n)
    area = shapely.area(parts)
    assert len(parts) == n
    assert area * n == pytest.approx(np.full(n, polygon.area), rel=1e-6)
    assert shapely.is_valid(parts).all()
    assert {part.geom_type for part in parts} <= {"Polygon", "MultiPolygon"}
    assert shapely.coverage_is_valid(parts)
    assert (
        shapely.symmetric_difference(shapely.coverage_union_all(parts), polygon).area <= 1e-6 * polygon.area
    )
    return parts


def test_an_oblong_is_cut_across_its_long_side() -> None:
    """4 by 1 in four parts: unit squares from west to east."""
    parts = assert_split(box(0, 0, 4, 1), 4)
    assert [part.bounds for part in parts] == [(k, 0, k + 1, 1) for k in range(4)]


def test_an_upright_oblong_is_cut_from_south_to_north() -> None:
    """1 by 3 in three parts."""
    parts = assert_split(box(0, 0, 1, 3), 3)
    assert [part.bounds for part in parts] == [(0, k, 1, k + 1) for k in range(3)]


def test_a_trapezium_is_cut_where_the_area_is_half() -> None:
    """Its height grows from 1 to 3 along 10 m: c + c²/10 = 10 where c = 5·(√5 - 1)."""
    parts = assert_split(Polygon([(0, 0), (10, 0), (10, 3), (0, 1)]), 2)
    assert parts[0].bounds[2] == pytest.approx(5 * (np.sqrt(5) - 1), abs=1e-7)


def test_one_part_is_the_polygon_itself() -> None:
    """Nothing is cut."""
    assert split_equal(U_SHAPE, 1) == [U_SHAPE]


@pytest.mark.parametrize("n", [0, -3])
def test_no_parts_are_refused(n: int) -> None:
    """The number of parts is at least one."""
    with pytest.raises(ValueError, match=f"{n} parts"):
        split_equal(U_SHAPE, n)


@pytest.mark.parametrize("n", [2, 3, 7, 50])
@pytest.mark.parametrize(
    "polygon",
    [
        U_SHAPE,
        RING,
        Point(0, 0).buffer(50),
        MultiPolygon([box(0, 0, 10, 10), box(50, 0, 60, 10)]),
        affinity.rotate(U_SHAPE, 33),
        affinity.translate(affinity.rotate(RING, 12.3), 4e7, 5e6),
    ],
    ids=["U", "ring", "circle", "two squares", "turned U", "world coordinates"],
)
def test_concave_and_broken_polygons_give_exactly_n_equal_parts(polygon: Polygon, n: int) -> None:
    """A part may have several pieces, yet the number is exact."""
    assert_split(polygon, n)


def test_a_gap_between_two_halves_is_no_trouble() -> None:
    """Where the area does not grow any place will do: the halves are the two squares."""
    squares = [box(0, 0, 10, 10), box(50, 0, 60, 10)]
    parts = split_equal(MultiPolygon(squares), 2)
    assert all(part.equals(square) for part, square in zip(parts, squares, strict=True))


def test_parts_are_ordered_along_the_axis() -> None:
    """Centroids go from one end to the other, whichever way the ring runs."""
    field = affinity.rotate(box(0, 0, 300, 40), 25)
    for ring in (field, field.reverse()):
        x = [part.centroid.x for part in split_equal(ring, 9)]
        assert x == sorted(x)


@given(
    seed=st.integers(0, 10_000),
    vertices=st.integers(3, 30),
    n=st.integers(2, 12),
    start=st.integers(0, 29),
)
def test_any_star_shaped_field_is_divided_equally(seed: int, vertices: int, n: int, start: int) -> None:
    """Parts are equal, cover the field, and do not depend on where its ring starts."""
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(vertices) + rng.uniform(0, 0.9, vertices)) / vertices
    shell = rng.uniform(20, 200, vertices)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    field = Polygon(shell)
    parts = assert_split(field, n)
    again = split_equal(Polygon(np.roll(shell, start, axis=0)[::-1]), n)
    assert shapely.area(shapely.symmetric_difference(parts, again)).max() < 1e-3


def test_shares_are_cut_in_their_order() -> None:
    """10 by 2 in shares of a half, 0.3 and 0.2: cuts at 5 and 8."""
    parts = split_by_shares(box(0, 0, 10, 2), np.array([0.5, 0.3, 0.2]))
    assert np.array([part.bounds for part in parts]) == pytest.approx(
        np.array([(0, 0, 5, 2), (5, 0, 8, 2), (8, 0, 10, 2)]), abs=1e-7
    )


def test_one_share_is_the_polygon_itself() -> None:
    """Nothing is cut."""
    assert split_by_shares(RING, np.ones(1)) == [RING]


@given(
    shares=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=9),
    angle=st.floats(0, 180),
    shape=st.sampled_from([U_SHAPE, RING, MultiPolygon([box(0, 0, 10, 10), box(50, 0, 60, 10)])]),
)
def test_any_shares_are_kept_and_make_up_the_polygon(
    shares: list[float], angle: float, shape: Polygon | MultiPolygon
) -> None:
    """As many parts as shares, each with its share, together the polygon, none overlapping."""
    wanted = np.array(shares) / sum(shares)
    polygon = affinity.rotate(shape, angle)
    parts = split_by_shares(polygon, wanted)
    assert shapely.area(parts) == pytest.approx(wanted * polygon.area, rel=1e-6, abs=1e-6)
    assert shapely.is_valid(parts).all()
    assert shapely.coverage_is_valid(parts)
    assert shapely.symmetric_difference(shapely.coverage_union_all(parts), polygon).area < 1e-4


@pytest.mark.data
def test_a_huge_field_in_many_parts(data_dir) -> None:
    """46 307 ha with 24 430 vertices and 435 holes in 500 parts."""
    frame = gpd.read_file(data_dir / "fields/ftw_yuma_us/tile_r3_c0.geojson").to_crs(32611)
    assert_split(shapely.make_valid(frame.geometry[0]), 500)
