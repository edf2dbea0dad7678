"""Crossings link the units on both sides of a barrier."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Point, box

from gridder.graph.contiguity import field_neighbours
from gridder.graph.crossings import reopen

RIVER = np.array([LineString([(-10, 105), (410, 105)])], dtype=object)


def _map(zone=None):
    """Four fields south of a river and four north of it, 100 m wide, their banks 10 m apart."""
    south = [box(100 * i, 0, 100 * i + 100, 100) for i in range(4)]
    north = [box(100 * i, 110, 100 * i + 100, 210) for i in range(4)]
    geoms = np.array(south + north, dtype=object)
    zone = np.zeros(8, dtype=np.int64) if zone is None else zone
    return geoms, zone, field_neighbours(geoms, zone=zone, gap_m=20.0, barriers=RIVER)


def _linked(crossing, *, zone=None, reach_m=50.0):
    geoms, zone, graph = _map(zone)
    crossings = np.array([crossing], dtype=object)
    after, used = reopen(graph, geoms, zone=zone, barriers=RIVER, crossings=crossings, reach_m=reach_m)
    before = set(zip(graph.a.tolist(), graph.b.tolist(), strict=True))
    return set(zip(after.a.tolist(), after.b.tolist(), strict=True)) - before, bool(used[0])


def test_the_river_parts_the_banks():
    _, _, graph = _map()
    assert not ((graph.a < 4) & (graph.b >= 4)).any()


def test_a_point_links_both_banks():
    assert _linked(Point(230, 105)) == ({(2, 6)}, True)


def test_a_point_beside_the_river_links_both_banks():
    assert _linked(Point(230, 99)) == ({(2, 6)}, True)


def test_a_line_links_the_units_at_its_ends():
    assert _linked(LineString([(150, 95), (250, 115)])) == ({(1, 6)}, True)


def test_a_crossing_too_far_away_links_nothing():
    assert _linked(Point(230, 300)) == (set(), False)
    assert _linked(LineString([(150, 95), (150, 600)])) == (set(), False)


def test_zones_stay_apart():
    zone = np.repeat(np.arange(2), 4)
    assert _linked(Point(230, 105), zone=zone) == (set(), False)


def test_a_crossing_is_a_bridge_of_the_banks_distance():
    geoms, zone, graph = _map()
    crossings = np.array([Point(30, 105)], dtype=object)
    after, _ = reopen(graph, geoms, zone=zone, barriers=RIVER, crossings=crossings, reach_m=50.0)
    (at,) = np.flatnonzero(after.kind == 2)
    assert (after.gap_m[at], after.shared_m[at]) == (10.0, 0.0)
    assert shapely.length(RIVER[0]) > 0
