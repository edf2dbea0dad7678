"""Polygons divided into equal parts."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gridder.geometry.split import KEPT, WIDTH, split_by_shares, split_compact, split_equal
from gridder.geometry.split.band import band_parts
from gridder.geometry.split.line import Axis, Edges

U_SHAPE = Polygon([(0, 0), (9, 0), (9, 8), (6, 8), (6, 2), (3, 2), (3, 8), (0, 8)])
L_SHAPE = Polygon([(0, 0), (100, 0), (100, 30), (30, 30), (30, 100), (0, 100)])
RING = Polygon(box(0, 0, 400, 300).exterior, [box(100, 100, 200, 200).exterior.coords])
COMB = shapely.union_all([box(0, 0, 190, 10), *(box(20 * k, 10, 20 * k + 10, 60) for k in range(10))])
NEEDLE = Polygon([(0, 0), (1000, 0), (1000, 10)])
TRIDENT = shapely.union_all([affinity.rotate(box(0, -5, 100, 5), 90 + 120 * k, (0, 0)) for k in range(3)])
TWO_SQUARES = MultiPolygon([box(0, 0, 10, 10), box(50, 0, 60, 10)])
SPLITS = (split_equal, split_compact)
HALF = 0.5
"""What random polygons keep of every part at the stated width, at least; `KEPT` is kept by most."""

Split = Callable[[Polygon | MultiPolygon, int], list[Polygon | MultiPolygon]]


def assert_split(
    polygon: Polygon | MultiPolygon, n: int, split: Split = split_equal
) -> list[Polygon | MultiPolygon]:
    """Exactly n parts, equal, valid, connected where the polygon is, with the same vertices, nothing lost."""
    parts = split(polygon, n)
    area = shapely.area(parts)
    assert len(parts) == n
    assert area * n == pytest.approx(np.full(n, polygon.area), rel=1e-6)
    assert shapely.is_valid(parts).all()
    kinds = {"Polygon"} if shapely.get_num_geometries(polygon) == 1 else {"Polygon", "MultiPolygon"}
    assert {part.geom_type for part in parts} <= (kinds if n > 1 else {polygon.geom_type})
    assert shapely.coverage_is_valid(parts)
    assert (
        shapely.symmetric_difference(shapely.coverage_union_all(parts), polygon).area <= 1e-6 * polygon.area
    )
    return parts


def kept(part: Polygon, whole: Polygon, n: int) -> float:
    """Share of a part that hangs together at the stated width, the polygon's own narrow places aside."""
    width = WIDTH * np.sqrt(whole.area / n)

    def opened(shape: Polygon) -> Polygon:
        return shape.buffer(-width / 2).buffer(1.02 * width / 2)

    own = whole.difference(opened(whole)).buffer(0.01 * width).intersection(part)
    return shapely.area(shapely.get_parts(shapely.union(opened(part), own))).max() / part.area


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
        TWO_SQUARES,
        L_SHAPE,
        COMB,
        NEEDLE,
        TRIDENT,
        affinity.rotate(U_SHAPE, 33),
        affinity.translate(affinity.rotate(RING, 12.3), 4e7, 5e6),
    ],
    ids=[
        "U",
        "ring",
        "circle",
        "two squares",
        "L",
        "comb",
        "needle",
        "trident",
        "turned U",
        "world coordinates",
    ],
)
@pytest.mark.parametrize("split", SPLITS)
def test_concave_and_broken_polygons_give_exactly_n_equal_parts(
    polygon: Polygon, n: int, split: Split
) -> None:
    """Connected, but for what reaches from one piece of the polygon to the next."""
    assert_split(polygon, n, split)


def test_a_gap_between_two_halves_is_no_trouble() -> None:
    """Where the area does not grow any place will do: the halves are the two squares."""
    for split in SPLITS:
        parts = split(TWO_SQUARES, 2)
        assert all(part.equals(square) for part, square in zip(parts, TWO_SQUARES.geoms, strict=True))


def test_one_part_at_a_time_reaches_over_a_gap() -> None:
    """Three parts of two squares: the middle one has a piece of each, the others are oblongs."""
    for split in SPLITS:
        parts = assert_split(TWO_SQUARES, 3, split)
        assert [len(shapely.get_parts(part)) for part in parts] == [1, 2, 1]


def test_an_l_is_cut_into_its_two_arms() -> None:
    """Equal halves of an L with arms of the same size part at the inner corner, on the bisector."""
    for part in split_compact(L_SHAPE, 2):
        assert part.convex_hull.area == pytest.approx(part.area, rel=1e-6)
    first, second = split_compact(L_SHAPE, 2)
    cut = first.intersection(second)
    assert cut.length == pytest.approx(30 * np.sqrt(2), rel=1e-6)


def test_a_square_in_four_compact_parts_is_four_squares() -> None:
    """Halved twice, however the cuts are numbered; strips have the same area but are longer."""
    parts = split_compact(box(0, 0, 100, 100), 4)
    assert sorted(part.bounds for part in parts) == [
        (0, 0, 50, 50),
        (0, 50, 50, 100),
        (50, 0, 100, 50),
        (50, 50, 100, 100),
    ]


def test_the_teeth_of_a_comb_stay_with_their_part_of_the_back() -> None:
    """Ten teeth in five parts: two teeth each, the cuts through the back, in order from west to east."""
    parts = assert_split(COMB, 5)
    west = [part.bounds[0] for part in parts]
    assert west == sorted(west)
    assert all(kept(part, COMB, 5) >= KEPT for part in parts)


def test_strips_of_a_u_across_both_arms_are_taken_apart() -> None:
    """Parallel cuts square to its long side would leave one part in the two arms."""
    long_u = shapely.union_all([box(0, 0, 30, 60), box(0, 0, 200, 20), box(0, 40, 200, 60)])
    for n in (2, 3, 4, 5, 8):
        parts = assert_split(long_u, n)
        assert all(kept(part, long_u, n) >= KEPT for part in parts)


def test_parts_of_a_ring_are_wide() -> None:
    """A hole makes no sliver: every part keeps most of its area at the stated width."""
    for split in SPLITS:
        for n in range(2, 13):
            assert all(kept(part, RING, n) >= KEPT for part in assert_split(RING, n, split))


def test_a_needle_is_as_narrow_as_it_was() -> None:
    """1000 m long and at most 10 m wide: the parts are not narrower than the needle is there."""
    for split in SPLITS:
        assert all(kept(part, NEEDLE, 12) >= KEPT for part in assert_split(NEEDLE, 12, split))


def test_more_strips_than_are_wide_enough_are_laid_in_rows() -> None:
    """150 strips of a square of 100 m would be 0.67 m wide, less than a tenth of the side of 8.16 m."""
    square = box(0, 0, 100, 100)
    assert all(kept(part, square, 150) >= KEPT for part in assert_split(square, 150))


@pytest.mark.parametrize("split", SPLITS)
def test_parts_move_with_the_field(split: Split) -> None:
    """Moved by whole metres the very same parts are moved."""
    here = shapely.transform(RING.difference(Point(120, 290).buffer(33)), lambda xy: np.round(xy * 64) / 64)
    there = affinity.translate(here, 524_288, 4_194_304)
    back = [affinity.translate(part, -524_288, -4_194_304) for part in split(there, 7)]
    assert all(a.equals_exact(b) for a, b in zip(split(here, 7), back, strict=True))


@pytest.mark.parametrize("polygon", [U_SHAPE, RING, COMB, NEEDLE, TRIDENT, box(0, 0, 1, 1)])
def test_a_band_can_be_cut_anywhere(polygon: Polygon) -> None:
    """The last resort alone: connected parts of any areas, in any polygon, also round a hole."""
    areas = polygon.area * np.array([0.05, 0.5, 0.15, 0.3])
    parts = band_parts(polygon, areas)
    assert {part.geom_type for part in parts} == {"Polygon"}
    assert shapely.area(parts) == pytest.approx(areas, rel=1e-6)
    assert shapely.coverage_union_all(parts).symmetric_difference(polygon).area < 1e-6 * polygon.area


def test_parts_are_ordered_along_the_axis() -> None:
    """Centroids go from one end to the other, whichever way the ring runs."""
    field = affinity.rotate(box(0, 0, 300, 40), 25)
    for ring in (field, field.reverse()):
        x = [part.centroid.x for part in split_equal(ring, 9)]
        assert x == sorted(x)


def random_field(seed: int, vertices: int) -> Polygon:
    """Return a spiky star with up to four round holes or bays."""
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(vertices) + rng.uniform(0, 0.9, vertices)) / vertices
    field = Polygon(rng.uniform(20, 200, vertices)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))
    for _ in range(rng.integers(0, 5)):
        rest = field.difference(Point(rng.uniform(-80, 80, 2)).buffer(rng.uniform(3, 25), quad_segs=3))
        field = rest if rest.geom_type == "Polygon" and not rest.is_empty else field
    return field


@given(
    seed=st.integers(0, 10_000),
    vertices=st.integers(3, 30),
    n=st.integers(2, 12),
    start=st.integers(0, 29),
    split=st.sampled_from(SPLITS),
)
@settings(deadline=None, max_examples=40)
def test_any_concave_field_with_holes_is_divided_equally(
    seed: int, vertices: int, n: int, start: int, split: Split
) -> None:
    """Parts are equal, connected, no slivers, cover the field, and do not depend on where its ring starts."""
    field = random_field(seed, vertices)
    parts = assert_split(field, n, split)
    assert all(kept(part, field, n) >= HALF for part in parts)
    shell = shapely.get_coordinates(field.exterior)[:-1]
    again = split(Polygon(np.roll(shell, start, axis=0)[::-1], field.interiors), n)
    assert shapely.area(shapely.symmetric_difference(parts, again)).max() < 1e-3


def test_shares_are_cut_in_their_order() -> None:
    """10 by 2 in shares of a half, 0.3 and 0.2: cuts at 5 and 8."""
    parts = split_by_shares(box(0, 0, 10, 2), np.array([0.5, 0.3, 0.2]))
    assert np.array([part.bounds for part in parts]) == pytest.approx(
        np.array([(0, 0, 5, 2), (5, 0, 8, 2), (8, 0, 10, 2)]), abs=1e-7
    )


def test_a_cut_is_found_where_newton_steps_jump_to_and_fro() -> None:
    """Turned by 21.5° this field once sent the search from one bend of its width to another and back."""
    field = Polygon(
        [
            (127, 125),
            (124, 117),
            (125, 111),
            (93, 87),
            (35, 89),
            (75, 158),
            (83, 187),
            (5, 212),
            (1, 238),
            (99, 219),
        ]
    )
    east = Axis(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    for angle in np.arange(0.0, 180.0, 0.5):
        turned = affinity.rotate(field, angle, origin=(0, 0))
        cuts, width = Edges.of(turned).cuts(east, np.array([0.5]))
        half = shapely.clip_by_rect(turned, -1000, -1000, cuts[0], 1000)
        assert half.area == pytest.approx(turned.area / 2, rel=1e-9)
        upright = shapely.LineString([(cuts[0], -1000), (cuts[0], 1000)])
        assert width[0] == pytest.approx(turned.intersection(upright).length, rel=1e-6)


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
@pytest.mark.parametrize("split", SPLITS)
def test_real_fields_are_divided_equally(data_dir, split: Split) -> None:
    """Every sixth field of North Bayreuth in 2 to 12 parts."""
    path = data_dir / "fields/north_bayreuth_de/north_bayreuth.gpkg"
    fields = gpd.read_file(path, layer="fields").to_crs(25832).geometry[::6]
    for i, field in enumerate(fields):
        n = 2 + i % 11
        assert all(kept(part, field, n) >= HALF for part in assert_split(field, n, split))


@pytest.mark.slow
@pytest.mark.data
def test_a_huge_field_in_many_parts(data_dir) -> None:
    """46 307 ha with 24 430 vertices and 435 holes in 200 parts."""
    frame = gpd.read_file(data_dir / "fields/ftw_yuma_us/tile_r3_c0.geojson").to_crs(32611)
    assert_split(shapely.make_valid(frame.geometry[0]), 200)
