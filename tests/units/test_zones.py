"""The zone of every unit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from gridder.units.zones import assign

WEST, EAST = box(0, 0, 10, 10), box(10, 0, 20, 10)


def zones_of(units: list[Polygon], zones: list[Polygon]) -> tuple[list[int], list[float]]:
    zone, share = assign(np.array(units, dtype=object), np.array(zones, dtype=object))
    return zone.tolist(), share.tolist()


def test_the_largest_share_decides() -> None:
    """Whole in the west, 3/4 in the east, whole in the east."""
    units = [box(1, 1, 2, 2), box(9, 1, 13, 2), box(19, 9, 20, 10)]
    assert zones_of(units, [WEST, EAST]) == ([0, 1, 1], [1.0, 0.75, 1.0])


def test_a_tie_goes_to_the_first_zone() -> None:
    """Half and half, whichever zone is named first; noise in the last digit is no majority."""
    units = [box(9, 1, 11, 2), box(10 - 1 / 3, 0, 10 + 1 / 3, 1 / 7)]
    assert zones_of(units, [WEST, EAST]) == ([0, 0], [0.5, 0.5])
    assert zones_of(units, [EAST, WEST]) == ([0, 0], [0.5, 0.5])


def test_outside_all_zones_there_is_none() -> None:
    """A unit that only touches a zone is outside."""
    assert zones_of([box(20, 0, 21, 1), box(50, 50, 51, 51)], [WEST, EAST]) == ([-1, -1], [0.0, 0.0])


def test_a_small_share_is_still_the_largest() -> None:
    """A unit that lies mostly outside belongs to the zone that has a tenth of it."""
    assert zones_of([box(19, 0, 29, 1)], [WEST, EAST]) == ([1], [0.1])


def test_overlapping_zones_both_count() -> None:
    """A unit in two zones belongs to the first; one that only the larger holds whole, to that."""
    outer, inner = box(0, 0, 20, 20), box(0, 0, 5, 5)
    assert zones_of([box(1, 1, 2, 2), box(4, 1, 6, 2)], [inner, outer]) == ([0, 1], [1.0, 1.0])


def test_zones_may_have_holes() -> None:
    """A unit in the hole is in the zone that fills it."""
    holed = Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior.coords])
    assert zones_of([box(4, 4, 5, 5)], [holed, box(3, 3, 6, 6)]) == ([1], [1.0])


@pytest.mark.parametrize(("units", "zones"), [([], [WEST]), ([WEST], []), ([], [])])
def test_nothing_gives_nothing(units: list[Polygon], zones: list[Polygon]) -> None:
    """No units or no zones are fine."""
    zone, share = zones_of(units, zones)
    assert zone == [-1] * len(units)
    assert share == [0.0] * len(units)


BOXES = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 6), st.integers(1, 6)).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(units=st.lists(BOXES, min_size=1, max_size=6), zones=st.lists(BOXES, min_size=1, max_size=5))
def test_the_share_is_that_of_the_plain_intersections(units, zones) -> None:
    """The same as intersecting every unit with every zone."""
    table = np.array([[unit.intersection(zone).area / unit.area for zone in zones] for unit in units])
    zone, share = assign(np.array(units, dtype=object), np.array(zones, dtype=object))
    assert share == pytest.approx(table.max(axis=1), abs=1e-9)
    assert ((zone == -1) == (table.max(axis=1) < 1e-9)).all()
    first = np.argmax(np.round(table, 9), axis=1)
    assert (zone == np.where(zone == -1, -1, first)).all()


def test_a_lattice_of_units_falls_into_a_lattice_of_zones() -> None:
    """10 000 unit squares, 100 in each of 100 zones."""
    x, y = np.meshgrid(np.arange(100.0), np.arange(100.0))
    units = shapely.box(x.ravel(), y.ravel(), x.ravel() + 1, y.ravel() + 1)
    zones = shapely.box(
        x[::10, ::10].ravel(), y[::10, ::10].ravel(), x[::10, ::10].ravel() + 10, y[::10, ::10].ravel() + 10
    )
    zone, share = assign(units, zones)
    assert (share == 1.0).all()
    assert np.bincount(zone).tolist() == [100] * 100
