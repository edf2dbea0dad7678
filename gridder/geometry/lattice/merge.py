"""Small pieces of cells joined to a neighbour."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely

from gridder.geometry.lattice.clip import Pieces
from gridder.model import Geometries, Ints

SHORTEST_M = 1e-3
"""A shorter common border is a corner."""


@dataclass(frozen=True, eq=False)
class Merged:
    """Pieces after the small ones were joined to others.

    Attributes
    ----------
    polygons
        Shape (g,).
    leader
        Position of the largest piece of each, shape (g,).
    n_joined
        Number of pieces that went into others.
    island
        Positions in `polygons` of those that are small and have no neighbour in their zone.
    """

    polygons: Geometries
    leader: Ints
    n_joined: int
    island: Ints


def merge_small(pieces: Pieces, least_m2: float) -> Merged:
    """Join every piece below an area to the neighbour of its zone with the longest common border.

    The smallest goes first; what is still too small after that goes on.
    A piece without a neighbour in its zone stays.
    """
    area = shapely.area(pieces.polygons)
    group = _Groups(area.tolist(), _borders(pieces, np.flatnonzero(area < least_m2)))
    group.join_below(least_m2)
    root = np.array([group.root(i) for i in range(len(area))], dtype=np.int64)
    order = np.lexsort((np.arange(len(area)), -area, root))
    _, first, size = np.unique(root[order], return_index=True, return_counts=True)
    leader = order[first]
    polygons = pieces.polygons[leader]
    members = np.split(order, first[1:])
    for g in np.flatnonzero(size > 1):
        polygons[g] = shapely.coverage_union_all(pieces.polygons[members[g]])
    by_piece = np.argsort(leader)
    polygons, leader = polygons[by_piece], leader[by_piece]
    island = np.flatnonzero(shapely.area(polygons) < least_m2)
    return Merged(polygons, leader.astype(np.int64), len(area) - len(leader), island)


def _borders(pieces: Pieces, small: Ints) -> dict[int, dict[int, float]]:
    """Return the lengths of the borders that small pieces share with others of their zone."""
    at, other = shapely.STRtree(pieces.polygons).query(pieces.polygons[small], predicate="intersects")
    one = small[at]
    useful = (one != other) & (pieces.zone[one] == pieces.zone[other])
    one, other = one[useful], other[useful]
    rings = shapely.boundary(pieces.polygons)
    length = shapely.length(shapely.intersection(rings[one], rings[other]))
    borders: dict[int, dict[int, float]] = {}
    for a, b, metres in zip(one.tolist(), other.tolist(), length.tolist(), strict=True):
        if metres > SHORTEST_M:
            borders.setdefault(a, {})[b] = metres
            borders.setdefault(b, {})[a] = metres
    return borders


class _Groups:
    """Pieces that grow together; borders are known wherever one side is small."""

    def __init__(self, area: list[float], borders: dict[int, dict[int, float]]) -> None:
        self._area = area
        self._borders = borders
        self._parent = list(range(len(area)))

    def root(self, i: int) -> int:
        """Return the piece that stands for the group of another."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join_below(self, least: float) -> None:
        """Join groups until all that have a neighbour are large enough."""
        waiting = [(area, i) for i, area in enumerate(self._area) if area < least]
        heapq.heapify(waiting)
        while waiting:
            area, i = heapq.heappop(waiting)
            around = self._borders.get(i, {})
            if self._parent[i] != i or self._area[i] != area or not around:
                continue
            host = max(around, key=lambda j: (around[j], -j))
            self._absorb(host, i)
            if self._area[host] < least:
                heapq.heappush(waiting, (self._area[host], host))

    def _absorb(self, host: int, guest: int) -> None:
        self._parent[guest] = host
        self._area[host] += self._area[guest]
        del self._borders[host][guest]
        for other, metres in self._borders.pop(guest).items():
            if other == host:
                continue
            theirs = self._borders[other]
            del theirs[guest]
            joined = self._borders[host].get(other, 0.0) + metres
            self._borders[host][other] = theirs[host] = joined
