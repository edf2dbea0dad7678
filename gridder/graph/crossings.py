"""Crossings over barriers: roads and footbridges that link the units on both sides."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.graph.components import with_bridges
from gridder.model import Bools, Geometries, Ints, UnitGraph

BESIDE_M = 10.0
"""Of a unit so much is looked at beyond its nearest point to a crossing."""


def reopen(
    graph: UnitGraph,
    geoms: Geometries,
    *,
    zone: Ints,
    barriers: Geometries,
    crossings: Geometries,
    reach_m: float,
) -> tuple[UnitGraph, Bools]:
    """Link the units that a crossing joins.

    A line joins the units nearest to its two ends.
    A point joins the unit nearest to it and the nearest one from which a barrier parts that.
    Both must be of one zone and within reach; among equals the first counts.

    Parameters
    ----------
    graph
        Links, none between zones; n units.
    geoms
        Polygons in local metres, shape (n,).
    zone
        Zone of each unit, shape (n,).
    barriers
        Lines in local metres, shape (k,).
    crossings
        Points and lines in local metres, shape (c,).
    reach_m
        How far a unit may be from the crossing.

    Returns
    -------
    graph : UnitGraph
        With links of kind `bridge` where there was none, as `components.bridge` makes them.
    used : Bools
        Which crossings join two units, also two that are linked already, shape (c,).
    """
    banks = _Banks(geoms, zone, barriers, reach_m)
    used = np.zeros(len(crossings), dtype=bool)
    known = set(zip(graph.a.tolist(), graph.b.tolist(), strict=True))
    links: list[tuple[int, int, float]] = []
    for i, crossing in enumerate(crossings):
        pair = banks.sides(crossing) if shapely.get_dimensions(crossing) == 0 else banks.ends(crossing)
        if pair is None:
            continue
        used[i] = True
        if pair not in known:
            known.add(pair)
            distance_m = round(float(shapely.distance(geoms[pair[0]], geoms[pair[1]])), 3)
            links.append((*pair, distance_m))
    return with_bridges(graph, links), used


class _Banks:
    """Units on both banks of what a crossing crosses."""

    def __init__(self, geoms: Geometries, zone: Ints, barriers: Geometries, reach_m: float) -> None:
        self._geoms = geoms
        self._zone = zone
        self._tree = shapely.STRtree(geoms)
        self._walls = shapely.union_all(barriers)
        self._reach_m = reach_m

    def ends(self, line: shapely.LineString) -> tuple[int, int] | None:
        """Return the units at both ends of a line."""
        first, last = (self._near(shapely.get_point(line, at)) for at in (0, -1))
        others = self._others(first, last)
        return _pair(first[0], others[0]) if len(others) else None

    def sides(self, point: shapely.Point) -> tuple[int, int] | None:
        """Return the unit nearest to a point, and the nearest from which a barrier parts that."""
        near = self._near(point)
        for b in self._others(near, near).tolist():
            pair = self._geoms[[near[0], b]]
            around = shapely.buffer(point, float(shapely.distance(pair, point).max()) + BESIDE_M)
            spots = shapely.point_on_surface(shapely.intersection(pair, around))
            if shapely.intersects(self._walls, shapely.linestrings(shapely.get_coordinates(spots))):
                return _pair(near[0], b)
        return None

    def _near(self, point: shapely.Point) -> Ints:
        """Return the units within reach of a point, the nearest first, among equals by position."""
        found = np.sort(self._tree.query(point, predicate="dwithin", distance=self._reach_m))
        nearest_first: Ints = found[np.argsort(shapely.distance(self._geoms[found], point), kind="stable")]
        return nearest_first

    def _others(self, first: Ints, last: Ints) -> Ints:
        """Return those of `last` that can be linked to the nearest of `first`."""
        if not len(first):
            return first
        others: Ints = last[(last != first[0]) & (self._zone[last] == self._zone[first[0]])]
        return others


def _pair(a: int, b: int) -> tuple[int, int]:
    return min(int(a), int(b)), max(int(a), int(b))
