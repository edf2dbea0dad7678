"""Duplicates and overlaps resolved."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from gridder.geometry.coverage import Coverage, resolve
from gridder.geometry.crs import LocalFrame
from gridder.units.order import canonical_order

SMALL, LARGE = box(0, 0, 10, 10), box(5, 0, 35, 10)


def polygons(*shapes: Polygon | MultiPolygon) -> np.ndarray:
    return np.array(shapes, dtype=object)


def assert_sound(units: np.ndarray, coverage: Coverage) -> None:
    """Check everything that holds for every coverage."""
    n, area = len(units), shapely.area(units)
    geoms = coverage.geoms
    assert shapely.is_valid(geoms).all()
    assert {geom.geom_type for geom in geoms} <= {"Polygon", "MultiPolygon"}
    gone = np.concatenate([coverage.duplicates, coverage.swallowed])
    assert sorted([*coverage.kept, *gone]) == list(range(n))
    assert np.isin(coverage.holder, coverage.kept).all()
    assert (coverage.holder[coverage.kept] == coverage.kept).all()

    a, b = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    common = shapely.intersection(geoms[a[a < b]], geoms[b[a < b]])
    assert shapely.is_empty(shapely.buffer(common, -0.005)).all()

    before, after = shapely.union_all(units), shapely.union_all(geoms)
    assert shapely.symmetric_difference(before, after).area <= 0.001 * shapely.length(units).sum()

    balance = area.copy()
    np.add.at(balance, coverage.giver, -coverage.m2)
    np.add.at(balance, coverage.taker[coverage.sliver], coverage.m2[coverage.sliver])
    left = np.zeros(n)
    left[coverage.kept] = shapely.area(geoms)
    left[coverage.duplicates] = area[coverage.duplicates]
    assert (np.abs(balance - left) <= 0.001 * shapely.length(units) + 1e-6).all()


def test_units_that_only_touch_stay_as_they_are() -> None:
    """The very same objects come back."""
    units = polygons(box(0, 0, 1, 1), box(1, 0, 2, 1), box(1, 1, 2, 2))
    coverage = resolve(units)
    assert coverage.kept.tolist() == [0, 1, 2]
    assert all(geom is unit for geom, unit in zip(coverage.geoms, units, strict=True))
    assert len(coverage.giver) == 0


def test_an_overlap_goes_to_the_smaller_unit() -> None:
    """The large one gives 5 by 10 m, whichever comes first."""
    for units, large in ((polygons(SMALL, LARGE), 1), (polygons(LARGE, SMALL), 0)):
        coverage = resolve(units)
        assert_sound(units, coverage)
        assert coverage.geoms[1 - large].equals(SMALL)
        assert coverage.geoms[large].equals(box(10, 0, 35, 10))
        assert (coverage.giver.tolist(), coverage.taker.tolist()) == ([large], [1 - large])
        assert coverage.m2.tolist() == [50.0]
        assert coverage.sliver.tolist() == [False]


def test_of_equal_units_the_earlier_wins() -> None:
    """Two of the same area overlap by half."""
    units = polygons(box(0, 0, 10, 10), box(5, 0, 15, 10))
    coverage = resolve(units)
    assert coverage.geoms[0].equals(units[0])
    assert coverage.geoms[1].equals(box(10, 0, 15, 10))


def test_the_greater_priority_wins_and_none_loses() -> None:
    """The newer survey keeps its ground although it is larger; without a date it does not."""
    units = polygons(SMALL, LARGE)
    newer = resolve(units, priority=np.array([2001, 2020]))
    assert_sound(units, newer)
    assert newer.geoms[1].equals(LARGE)
    undated = resolve(units, priority=np.array([2001, np.nan]))
    assert undated.geoms[0].equals(SMALL)


def test_what_three_units_cover_goes_to_the_smallest() -> None:
    """Both others give the ground once each, and the sum of areas falls by both."""
    units = polygons(box(0, 0, 40, 40), box(0, 0, 20, 20), box(0, 0, 10, 10))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert shapely.area(coverage.geoms).tolist() == [1200.0, 300.0, 100.0]
    assert coverage.giver.tolist() == [0, 0, 1]
    assert coverage.taker.tolist() == [1, 2, 2]
    assert coverage.m2.tolist() == [300.0, 100.0, 100.0]


def test_exact_duplicates_are_dropped_but_the_first() -> None:
    """Other first vertices, directions and a tenth of a millimetre do not make a shape another one."""
    units = polygons(SMALL, SMALL.reverse(), affinity.translate(SMALL, 1e-4), box(50, 0, 60, 10))
    coverage = resolve(units)
    assert coverage.kept.tolist() == [0, 3]
    assert coverage.duplicates.tolist() == [1, 2]
    assert coverage.holder.tolist() == [0, 0, 0, 3]
    assert len(coverage.giver) == len(coverage.swallowed) == 0


def test_a_duplicate_with_more_vertices_is_swallowed() -> None:
    """The same ground, written with a vertex in the middle of a side, is there once."""
    units = polygons(SMALL, Polygon([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10)]))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert coverage.swallowed.tolist() == [1]
    assert coverage.holder.tolist() == [0, 0]
    assert coverage.m2.tolist() == [100.0]


def test_a_unit_under_smaller_ones_is_swallowed() -> None:
    """Its holder is the one that took most; a duplicate of it has that holder too."""
    units = polygons(box(0, 0, 20, 10), box(0, 0, 12, 10), box(12, 0, 20, 10), box(0, 0, 20, 10))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert coverage.swallowed.tolist() == [0]
    assert coverage.duplicates.tolist() == [3]
    assert coverage.holder.tolist() == [1, 1, 2, 1]
    assert coverage.m2.tolist() == [120.0, 80.0]


def test_a_sliver_goes_to_the_taker_along_its_longest_border() -> None:
    """An older field 0.5 m higher than the two on top of it: each gets what lies along it."""
    old = box(0, 0, 100, 50.5)
    units = polygons(old, box(0, 0, 60, 50), box(60, 0, 100, 50))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert coverage.swallowed.tolist() == [0]
    assert shapely.area(coverage.geoms).tolist() == [3050.0, 2000.0]
    assert coverage.taker.tolist() == [1, 1, 2]
    assert coverage.m2.tolist() == [3000.0, 50.0, 2000.0]
    assert coverage.sliver.tolist() == [False, True, False]


def test_a_cut_off_sliver_leaves_its_unit_in_one_piece() -> None:
    """A field laid across another up to 0.5 m from its far side takes that strip as well."""
    units = polygons(box(0, 0, 100.5, 50), box(80, -10, 100, 60))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert coverage.geoms[0].equals(box(0, 0, 80, 50))
    assert coverage.m2.tolist() == [1000.0, 25.0]
    assert coverage.sliver.tolist() == [False, True]


def test_a_narrow_unit_that_loses_little_is_no_sliver() -> None:
    """A path 0.9 m wide, overlapped at its end, stays."""
    units = polygons(box(0, 0, 100, 0.9), box(99, 0, 109, 5))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert len(coverage.kept) == 2


def test_a_tiny_unit_that_gives_nothing_stays() -> None:
    """Small is no fault: half a square metre inside a field is a unit."""
    units = polygons(box(0, 0, 10, 10), box(4, 4, 4.5, 5))
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert shapely.area(coverage.geoms).tolist() == [99.5, 0.5]


def test_two_pieces_remain_one_unit() -> None:
    """A field cut in two by a smaller one is a multipolygon."""
    coverage = resolve(polygons(box(0, 0, 30, 10), box(10, -2, 20, 12)))
    assert coverage.geoms[0].equals(MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)]))


@pytest.mark.parametrize(("depth", "resolved"), [(0.008, False), (0.012, True)])
def test_an_overlap_counts_from_a_centimetre(depth: float, resolved: bool) -> None:
    """Below, units are left as they are, however long the overlap is."""
    units = polygons(box(0, 0, 1000, 10), box(0, 10 - depth, 1000, 30))
    coverage = resolve(units)
    assert (len(coverage.giver) > 0) == resolved
    assert_sound(units, coverage)


def test_a_small_notch_on_a_long_sliver_counts() -> None:
    """Depth is measured at the deepest place, not on average."""
    notched = Polygon(
        [
            (0, 9.999),
            (500, 9.999),
            (500, 9.9),
            (500.2, 9.9),
            (500.2, 9.999),
            (1000, 9.999),
            (1000, 30),
            (0, 30),
        ]
    )
    coverage = resolve(polygons(box(0, 0, 1000, 10), notched))
    assert len(coverage.giver) == 1


def test_no_units_are_no_trouble() -> None:
    """Nothing gives nothing."""
    assert len(resolve(polygons()).kept) == 0


def test_units_on_a_lattice_of_64ths_do_not_move() -> None:
    """Cuts between multiples of 1/64 m are exact."""
    units = polygons(box(1 / 64, 0, 10, 10 + 3 / 64), box(5 + 5 / 64, 1 / 64, 50, 20))
    assert (
        resolve(units)
        .geoms[1]
        .equals_exact(shapely.difference(units[1], units[0]).normalize(), 0.0, normalize=True)
    )


BOXES = st.tuples(
    st.floats(0, 60), st.floats(0, 60), st.floats(0.5, 40), st.floats(0.5, 40), st.floats(0, 90)
).map(lambda b: affinity.rotate(box(b[0], b[1], b[0] + b[2], b[1] + b[3]), b[4]))


@given(shapes=st.lists(BOXES, min_size=1, max_size=8), data=st.data())
def test_any_heap_of_units_becomes_a_coverage(shapes: list[Polygon], data: st.DataObject) -> None:
    """Valid, no overlaps, no ground lost, every square metre accounted for."""
    repeated = [*shapes, *data.draw(st.lists(st.sampled_from(shapes), max_size=2))]
    units = polygons(*repeated)
    assert_sound(units, resolve(units))


@given(shapes=st.lists(BOXES, min_size=1, max_size=8), seed=st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(shapes: list[Polygon], seed: int) -> None:
    """In canonical order, shuffled units give the very same coverage."""
    units = polygons(*shapes)
    shuffled = units[np.random.default_rng(seed).permutation(len(units))]
    first, second = (resolve(heap[canonical_order(heap)]) for heap in (units, shuffled))
    assert shapely.to_wkb(first.geoms).tolist() == shapely.to_wkb(second.geoms).tolist()
    assert first.m2.tolist() == second.m2.tolist()


def farms(data_dir: Path) -> np.ndarray:
    made = gpd.read_file(data_dir / "fields/swellendam_za/farms_33S.shp").geometry.make_valid()
    only = made.apply(
        lambda g: (
            MultiPolygon([p for p in shapely.get_parts(g) if p.geom_type == "Polygon"])
            if g.geom_type == "GeometryCollection"
            else g
        )
    )
    return LocalFrame.of([only]).to_local(only)


@pytest.mark.data
def test_two_generations_of_farms_become_one_coverage(data_dir: Path) -> None:
    """Swellendam: 645 618 ha in 2 008 farms, 68 of them duplicates, become 321 070 ha without overlap."""
    units = farms(data_dir)
    units = units[canonical_order(units)]
    assert shapely.area(units).sum() / 1e4 == pytest.approx(645_618, abs=1)
    coverage = resolve(units)
    assert_sound(units, coverage)
    assert len(coverage.duplicates) == 68
    assert shapely.area(coverage.geoms).sum() / 1e4 == pytest.approx(321_070, abs=1)
