"""Connected pieces of the graph, and bridges from those that are too light."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridder.graph.barriers import findable
from gridder.graph.kernels import WAY_STEP_M, comes_near
from gridder.model import LINK_KINDS, Bools, Floats, Geometries, Ints, Links, UnitGraph

BARRIER_MARGIN_M = 1.0
"""A bridge keeps so far from every barrier: one along the edge of a unit is not jumped either."""
FIRST_LOOK_M = 50.0
CHUNK = 256
"""So many pairs are held against the barriers at a time."""


def to_csr(graph: UnitGraph, values: Floats | None = None) -> tuple[Ints, Links, Floats]:
    """Return the graph as a symmetric matrix in compressed rows.

    Parameters
    ----------
    values
        One a link, shape (m,); ones by default.

    Returns
    -------
    indptr : Ints
        Shape (n + 1,).
    indices : Links
        Neighbours of each unit, ascending, shape (2 m,).
    data : Floats
        Shape (2 m,).
    """
    row = np.concatenate([graph.a, graph.b])
    column = np.concatenate([graph.b, graph.a])
    data = np.ones(len(row)) if values is None else np.concatenate([values, values])
    order = np.lexsort([column, row])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=graph.n))])
    return indptr.astype(np.int64), column[order].astype(np.int32), data[order].astype(np.float64)


def label(graph: UnitGraph) -> Ints:
    """Return the connected piece of every unit, numbered from 0 by the first unit of each; shape (n,)."""
    indptr, indices, data = to_csr(graph)
    _, found = connected_components(
        csr_array((data, indices, indptr), shape=(graph.n, graph.n)), directed=False
    )
    _, first, piece = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[piece].astype(np.int64)


def bridge(
    graph: UnitGraph,
    geoms: Geometries,
    weight: Floats,
    *,
    zone: Ints,
    minimum: float,
    bridge_m: float,
    barriers: Geometries,
) -> UnitGraph:
    """Link the connected pieces that are too light to their nearest neighbours.

    The lightest piece of all below the minimum (among equals the one of fewest units, then of the first
    unit) is linked to the nearest other piece of its zone: by the two units that are nearest to each
    other, among equals the first. What came together is one piece from then on. This is repeated until
    no piece is too light or those that are reach nothing.

    A bridge is the shortest line between its units; one that comes within 1 m of a barrier is passed
    over for the next nearest.

    Parameters
    ----------
    graph
        Links, none between zones; n units.
    geoms
        Polygons in local metres, shape (n,).
    weight
        Weight of each unit, not negative, shape (n,).
    zone
        Zone of each unit, shape (n,).
    minimum
        Pieces that weigh less are too light.
    bridge_m
        Longest bridge, metres.
    barriers
        Lines in local metres, shape (k,).

    Returns
    -------
    UnitGraph
        The graph with its bridges: kind `bridge`, their length in whole millimetres as `gap_m`, and
        `shared_m` 0.

    Notes
    -----
    A piece is looked at when it is the lightest, and whatever it joins is at least as heavy, or as light
    but of no fewer units: so a unit takes part in few looks, and many pieces cost little.
    """
    pieces = _Pieces(label(graph), weight)
    ground = _Ground(geoms, zone, barriers, bridge_m)
    bridges: list[tuple[int, int, float]] = []
    while (piece := pieces.lightest_below(minimum)) is not None:
        units = pieces.units(piece)
        found = ground.nearest(units, pieces.of_unit)
        if found is not None:
            bridges.append(found)
            pieces.join(pieces.of_unit[found[0]], pieces.of_unit[found[1]])
    return with_bridges(graph, bridges)


class _Pieces:
    """Pieces that grow together, and the order in which they are looked at."""

    def __init__(self, of_unit: Ints, weight: Floats) -> None:
        by_piece = np.argsort(of_unit, kind="stable")
        counts = np.bincount(of_unit)
        self.of_unit = of_unit.copy()
        self._chunks = [[units] for units in np.split(by_piece, np.cumsum(counts)[:-1])]
        self._weight = np.bincount(of_unit, weight)
        self._count = counts
        self._first = by_piece[np.cumsum(counts) - counts]
        self._waiting = [self._rank(piece) for piece in range(len(counts))]
        heapify(self._waiting)

    def _rank(self, piece: int) -> tuple[float, int, int, int]:
        return float(self._weight[piece]), int(self._count[piece]), int(self._first[piece]), piece

    def lightest_below(self, minimum: float) -> int | None:
        """Take the lightest piece that was not taken before as it is now."""
        while self._waiting:
            rank = heappop(self._waiting)
            if rank[0] >= minimum:
                return None
            if rank == self._rank(rank[-1]):
                return rank[-1]
        return None

    def units(self, piece: int) -> Ints:
        """Return the units of a piece."""
        self._chunks[piece] = [np.concatenate(self._chunks[piece])]
        return self._chunks[piece][0]

    def join(self, one: int, other: int) -> None:
        """Make one piece of two, at the cost of the smaller."""
        kept, gone = (one, other) if self._count[one] >= self._count[other] else (other, one)
        self.of_unit[self.units(gone)] = kept
        self._chunks[kept] += self._chunks[gone]
        self._weight[kept] += self._weight[gone]
        self._first[kept] = min(self._first[kept], self._first[gone])
        self._count[kept] += self._count[gone]
        self._count[gone] = 0
        heappush(self._waiting, self._rank(kept))


class _Ground:
    """Where units lie, and what no bridge may come near."""

    def __init__(self, geoms: Geometries, zone: Ints, barriers: Geometries, bridge_m: float) -> None:
        # which of several shortest lines is found depends on where rings begin
        self._geoms, self._zone, self._bridge_m = shapely.normalize(geoms), zone, bridge_m
        self._tree = shapely.STRtree(self._geoms)
        self._barriers = findable(barriers, np.zeros(2), WAY_STEP_M / 2 + BARRIER_MARGIN_M)

    def nearest(self, units: Ints, of_unit: Ints) -> tuple[int, int, float] | None:
        """Return the nearest open pair of these units and others of their zone, and its distance."""
        corners = shapely.total_bounds(self._geoms[units])
        mine = shapely.STRtree(self._geoms[units])
        piece, zone = of_unit[units[0]], self._zone[units[0]]
        seen_m = -1.0
        for reach_m in self._reaches():
            around = self._tree.query(shapely.box(*(corners + np.repeat([-reach_m, reach_m], 2))))
            others = around[(of_unit[around] != piece) & (self._zone[around] == zone)]
            other, own = mine.query(self._geoms[others], predicate="dwithin", distance=reach_m)
            ends = np.sort(np.column_stack([others[other], units[own]]), axis=1)
            distance_m = shapely.distance(self._geoms[ends[:, 0]], self._geoms[ends[:, 1]])
            new = distance_m > seen_m
            found = self._first_open(ends[new], np.round(distance_m[new], 3))
            if found is not None:
                return found
            seen_m = reach_m
        return None

    def _reaches(self) -> Iterator[float]:
        """Yield how far to look: at first near, where most neighbours are."""
        reach_m = FIRST_LOOK_M
        while reach_m < self._bridge_m:
            yield reach_m
            reach_m *= 2
        yield self._bridge_m

    def _first_open(self, ends: Ints, distance_m: Floats) -> tuple[int, int, float] | None:
        """Return the first pair, by distance and position, whose shortest line is clear of barriers."""
        order = np.lexsort([ends[:, 1], ends[:, 0], distance_m])
        for some in np.array_split(order, range(CHUNK, len(order), CHUNK)):
            is_open = np.flatnonzero(self._is_clear(ends[some]))
            if len(is_open):
                a, b = ends[some[is_open[0]]]
                return int(a), int(b), float(distance_m[some[is_open[0]]])
        return None

    def _is_clear(self, ends: Ints) -> Bools:
        """Tell between which pairs the shortest line keeps its distance from every barrier."""
        lines = shapely.shortest_line(self._geoms[ends[:, 0]], self._geoms[ends[:, 1]])
        way = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        return ~comes_near(way[:, 0], way[:, 1], BARRIER_MARGIN_M, self._barriers)


def with_bridges(graph: UnitGraph, bridges: list[tuple[int, int, float]]) -> UnitGraph:
    """Return the graph with more links, sorted again."""
    ends = np.array([pair[:2] for pair in bridges], dtype=np.int64).reshape(-1, 2)
    a, b = np.concatenate([graph.a, ends[:, 0]]), np.concatenate([graph.b, ends[:, 1]])
    kind = np.concatenate([graph.kind, np.full(len(ends), LINK_KINDS.index("bridge"), dtype=np.int8)])
    gap_m = np.concatenate([graph.gap_m, [pair[2] for pair in bridges]])
    shared_m = np.concatenate([graph.shared_m, np.zeros(len(ends))])
    order = np.lexsort([b, a])
    return UnitGraph(graph.n, a[order], b[order], kind[order], gap_m[order], shared_m[order])
