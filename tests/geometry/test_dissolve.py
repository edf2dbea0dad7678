"""Outlines of grids: land joined, lanes closed, nobody else's ground taken."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridder.geometry.coverage import resolve
from gridder.geometry.dissolve import outline

LEFT, RIGHT = shapely.box(0, 0, 100, 100), shapely.box(106, 0, 206, 100)


def _outline(geoms, grid, gap_m):
    return outline(np.array(geoms, dtype=object), np.array(grid), gap_m=gap_m)


def test_a_lane_between_own_fields_is_closed():
    """Two fields across a lane of 6 m become one rectangle of 206 by 100."""
    (area,) = _outline([LEFT, RIGHT], [0, 0], 10.0)
    assert area.geom_type == "Polygon"
    assert area.area == pytest.approx(206 * 100, abs=0.1)


def test_a_lane_between_two_grids_stays_open():
    """Fields of different grids keep their own ground only."""
    first, second = _outline([LEFT, RIGHT], [0, 1], 10.0)
    assert first.area == pytest.approx(1e4, abs=1e-3)
    assert second.area == pytest.approx(1e4, abs=1e-3)


def test_a_lane_wider_than_the_gap_stays_open():
    """At a gap of 4 m the lane of 6 m parts the grid in two."""
    (area,) = _outline([LEFT, RIGHT], [0, 0], 4.0)
    assert area.geom_type == "MultiPolygon"
    assert area.area == pytest.approx(2e4, abs=1e-3)


def test_another_unit_in_the_lane_is_left_out():
    """A strip of somebody else in the lane is not swallowed."""
    strip = shapely.box(102, 20, 104, 80)
    first, second = _outline([LEFT, RIGHT, strip], [0, 0, 1], 10.0)
    assert first.intersection(strip).area < 1e-6
    assert second.area == pytest.approx(120, abs=1e-3)


def test_where_two_closings_meet_the_lower_number_keeps_the_crossing():
    """Four fields round a crossing of lanes, opposite ones together: the outlines do not overlap."""
    far = [shapely.box(x, y, x + 100, y + 100) for x, y in ((0, 0), (106, 106), (106, 0), (0, 106))]
    first, second = _outline(far, [0, 0, 1, 1], 12.0)
    assert first.intersection(second).area < 1e-6


def test_touching_fields_leave_no_crack():
    """A common edge with rounding errors below a micrometre leaves neither hole nor crack."""
    other = shapely.box(100 + 3e-7, 0, 200, 100)
    for gap_m in (0.0, 8.0):
        (area,) = _outline([LEFT, other], [0, 0], gap_m)
        assert area.geom_type == "Polygon"
        assert len(area.interiors) == 0
        assert area.length == pytest.approx(600, abs=0.01)


@pytest.mark.parametrize("gap_m", [0.0, 12.0])
@pytest.mark.parametrize("crack", [1e-9, 7e-7, 2e-6, 1e-4, 0.015])
def test_cracks_close_whatever_their_width_and_bend(crack, gap_m):
    """Three fields at a T-junction with cracks between them: no hole or slit stays."""
    fields = [
        shapely.Polygon([(0, 0), (123.4, 7.7), (123.4, 90), (0, 90)]),
        shapely.Polygon([(123.4 + crack, 7.7), (200, 0), (200, 41.3), (123.4 + crack, 40.1)]),
        shapely.Polygon([(123.4 + crack, 40.1 + crack), (200, 41.3 + crack), (200, 90), (123.4 + crack, 90)]),
    ]
    (area,) = _outline(fields, [0, 0, 0], gap_m)
    assert area.geom_type == "Polygon"
    assert len(area.interiors) == 0
    rim = shapely.Polygon([(0, 0), (123.4, 7.7), (200, 0), (200, 90), (0, 90)])
    assert area.length == pytest.approx(rim.length, abs=2 * crack + 1e-3)
    assert area.area == pytest.approx(rim.area, abs=10 * crack + 1e-3)


def test_a_bent_border_is_the_units_own():
    """Closing takes over no vertex and no ground along the outer border of a field."""
    bend = 200 * np.exp(1j * np.linspace(0, np.pi / 2, 200))
    crescent = shapely.Polygon(
        [(0, 200), (-50, 300), (300, 300), (300, -50), *zip(bend.real, bend.imag, strict=True)]
    )
    (area,) = _outline([crescent], [0], 15.0)
    assert shapely.symmetric_difference(area, crescent).area < 1e-2
    assert shapely.get_num_coordinates(area) <= shapely.get_num_coordinates(crescent)


def test_a_narrow_hole_is_closed_and_a_wide_one_stays():
    """A pond 8 m wide vanishes at a gap of 12 m, one of 40 m and a foreign field of 8 m do not."""
    ponds = [shapely.box(20, 20, 28, 60), shapely.box(50, 20, 90, 60)]
    field = shapely.box(0, 0, 200, 100) - shapely.union_all(ponds) - shapely.box(120, 20, 128, 60)
    area, foreign = _outline([field, shapely.box(120, 20, 128, 60)], [0, 1], 12.0)
    assert [shapely.Polygon(ring).area for ring in area.interiors] == pytest.approx([1600, 320], abs=0.1)
    assert foreign.area == pytest.approx(320)


def test_shift_and_order_change_nothing():
    """Moved by whole metres, or given in another order, the outlines are the same."""
    rng = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(8) * 50.0, np.arange(8) * 50.0)
    low = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(0, 6, (64, 2))
    geoms = shapely.box(*low.T, *(low + 46).T)
    grid = np.arange(64) // 8
    areas = outline(geoms, grid, gap_m=10.0)
    moved = outline(shapely.transform(geoms, lambda xy: xy + np.array([3000, -700])), grid, gap_m=10.0)
    back = shapely.transform(moved, lambda xy: xy - np.array([3000, -700]))
    assert shapely.area(shapely.symmetric_difference(areas, back)).max() < 1e-3
    order = rng.permutation(64)
    again = outline(geoms[order], grid[order], gap_m=10.0)
    assert shapely.area(shapely.symmetric_difference(areas, again)).max() < 1e-3


def test_acute_corners_are_kept():
    """Closing does not blunt a sharp field."""
    sharp = shapely.Polygon([(0, 0), (200, 10), (0, 20)])
    (area,) = _outline([sharp], [0], 12.0)
    assert sharp.difference(area).area < 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_outlines_hold_their_land_and_do_not_overlap(seed, n_grids):
    """On jittered blocks with lanes: valid, disjoint, each holds the land of its units."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(6) * 60.0, np.arange(6) * 60.0)
    corner = np.column_stack([x.ravel(), y.ravel()])
    low, high = corner + rng.uniform(0, 8, corner.shape), corner + 60 - rng.uniform(0, 8, corner.shape)
    geoms = shapely.box(*low.T, *high.T)
    grid = np.unique(rng.integers(0, n_grids, len(geoms)), return_inverse=True)[1]
    areas = outline(geoms, grid, gap_m=12.0)
    assert shapely.is_valid(areas).all()
    lost = shapely.area(shapely.difference(geoms, areas[grid]))
    assert lost.max() < 1e-3
    apart = shapely.area(areas).sum() - shapely.union_all(areas, grid_size=1e-6).area
    assert abs(apart) < 0.05


@pytest.mark.data
def test_real_fields(data_dir):
    """North Bayreuth in blocks: every outline is valid, holds its land and no other's."""
    fields = gpd.read_file(data_dir / "fields/north_bayreuth_de/north_bayreuth.gpkg", layer="fields").to_crs(
        25832
    )
    geoms = resolve(fields.geometry.to_numpy()).geoms
    centre = shapely.get_coordinates(shapely.centroid(geoms))
    block = ((centre - centre.min(axis=0)) // 1500).astype(int)
    grid = np.unique(block[:, 0] * 100 + block[:, 1], return_inverse=True)[1]
    areas = outline(geoms, grid, gap_m=18.0)
    assert shapely.is_valid(areas).all()
    assert shapely.area(shapely.difference(geoms, areas[grid])).max() < 0.01
    assert shapely.area(areas).sum() > shapely.area(geoms).sum()
    i, j = shapely.STRtree(areas).query(areas, predicate="overlaps")
    assert shapely.area(shapely.intersection(areas[i], areas[j])).max(initial=0.0) < 1.0


@pytest.mark.parametrize("seed", range(40))
def test_borders_that_nearly_meet(seed):
    """Fields whose corners a projection has moved by less than a micrometre: overlays without a lattice break."""
    n, k = 6, 14
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    corner = np.stack(
        [256.5548800172216 * x - 0.00744860813905 * x * y, 222.0654570828625 * y + 0.0042913269378967 * x], -1
    )
    ring = np.stack([corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:], corner[:-1, :-1]], axis=2)
    fields = shapely.polygons(ring.reshape(n * n, 4, 2))
    rng = np.random.default_rng(seed)
    at = np.column_stack(np.divmod(np.arange(n * n), n))
    middle = at[rng.choice(n * n, k, replace=False)]
    near = np.abs(at[:, None] - middle[None]).sum(axis=2) + rng.uniform(0, 0.5, (n * n, k))
    grid = np.unique(np.argmin(near, axis=1), return_inverse=True)[1]
    grids = outline(fields, grid, gap_m=5.0)
    assert shapely.is_valid(grids).all()
    assert shapely.area(grids).sum() == pytest.approx(shapely.area(fields).sum(), abs=0.01)
    assert shapely.area(shapely.union_all(grids, grid_size=1e-6)) == pytest.approx(
        shapely.area(grids).sum(), abs=0.01
    )
