"""What arithmetic rules out before any search, and the certificates that say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from gridder.model import Bools, Certificate, Floats, Ints, Links
from gridder.solver.problem import SHARE_OF_TARGET, Problem

TOLERANCE = 1e-9
"""Bounds may be missed by this share of the maximum, the rounding of sums of weights."""
_ATTEMPTS = 20


@dataclass(frozen=True, eq=False)
class Graph:
    """Contiguity in compressed sparse rows, with the length of every link; without lengths all are 1."""

    indptr: Ints
    indices: Links
    length: Floats

    def components(self, alive: Bools) -> Ints:
        """Return the component of every unit among those alive, -1 elsewhere, numbered by first unit."""
        return _components(self.indptr, self.indices, alive)

    def heads(self) -> Links:
        """Return the unit from which every entry of `indices` starts."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), np.diff(self.indptr))

    def subgraph(self, units: Ints) -> Graph:
        """Return the graph of some units, renumbered in their order."""
        place = np.full(len(self.indptr) - 1, -1, np.int64)
        place[units] = np.arange(len(units))
        sizes = np.diff(self.indptr)[units]
        ends = np.cumsum(sizes)
        entries = np.repeat(self.indptr[units] - (ends - sizes), sizes) + np.arange(int(sizes.sum()))
        heads = np.repeat(np.arange(len(units)), sizes)
        tails = place[self.indices[entries]]
        keep = tails >= 0
        indptr = np.concatenate([[0], np.cumsum(np.bincount(heads[keep], minlength=len(units)))])
        length = self.length[entries[keep]] if len(self.length) > 0 else self.length
        return Graph(indptr.astype(np.int64), tails[keep].astype(np.int32), length)

    def total_length(self) -> float:
        """Return the length of all links together."""
        return float(self.length.sum()) / 2.0 if len(self.length) > 0 else len(self.indices) / 2.0


@dataclass(frozen=True, eq=False)
class Apart:
    """The size that holds, and the units that arithmetic sets apart.

    Attributes
    ----------
    minimum, target, maximum
        Size of a grid, as given or as it follows from the number of grids.
    heavy
        Units above the maximum, shape (n,).
    grid
        Grid of the units set apart, numbered from 0; -1 for those to be divided.
    piece
        Component of every unit among those that are not heavy, -1 for the heavy; shape (n,).
    """

    minimum: float
    target: float
    maximum: float
    heavy: Bools
    grid: Ints
    piece: Ints

    @property
    def lower(self) -> float:
        """Return the minimum less the tolerance."""
        return self.minimum - TOLERANCE * self.maximum

    @property
    def upper(self) -> float:
        """Return the maximum and the tolerance."""
        return self.maximum + TOLERANCE * self.maximum


def build_graph(problem: Problem) -> Graph:
    """Return the graph of a problem without the links between zones."""
    n = len(problem.weight)
    length = np.empty(0) if problem.boundary is None else problem.boundary
    graph = Graph(problem.indptr, problem.indices, length)
    if problem.zone is None:
        return graph
    heads = graph.heads()
    keep = problem.zone[heads] == problem.zone[graph.indices]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(heads[keep], minlength=n))])
    return Graph(indptr.astype(np.int64), graph.indices[keep], length[keep] if len(length) > 0 else length)


@njit(cache=True, nogil=True)
def _components(indptr: Ints, indices: Links, alive: Bools) -> Ints:
    n = len(alive)
    out = np.full(n, -1, np.int64)
    queue = np.empty(n, np.int64)
    found = 0
    for seed in range(n):
        if not alive[seed] or out[seed] >= 0:
            continue
        out[seed] = found
        queue[0] = seed
        head, filled = 0, 1
        while head < filled:
            u = queue[head]
            head += 1
            for k in range(indptr[u], indptr[u + 1]):
                v = indices[k]
                if alive[v] and out[v] < 0:
                    out[v] = found
                    queue[filled] = v
                    filled += 1
        found += 1
    return out


@njit(cache=True, nogil=True)
def by_first_unit(label: Ints) -> Ints:
    """Return labels, none negative, renumbered from 0 in the order in which they first occur."""
    new = np.full(label.max() + 1 if len(label) > 0 else 0, -1, np.int64)
    out = np.empty(len(label), np.int64)
    found = 0
    for i in range(len(label)):
        if new[label[i]] < 0:
            new[label[i]] = found
            found += 1
        out[i] = new[label[i]]
    return out


def set_apart(problem: Problem, graph: Graph) -> Apart:
    """Find units above the maximum and components below the minimum.

    With `n_grids` target and bounds follow from the weight that remains, and what is set apart from them:
    this is repeated until it settles, first for the heavy units alone.
    Where it does not settle, the bounds are those that follow without the heavy units.
    """
    weight = problem.weight
    rest = np.ones(len(weight), bool)
    while True:
        size = _size_of(problem, float(weight[rest].sum()))
        light_enough = rest & (weight <= size[2] * (1.0 + TOLERANCE))
        if problem.n_grids is None or np.array_equal(rest, light_enough):
            break
        rest = light_enough
    first = _apart(problem, graph, size)
    apart = first
    for _ in range(_ATTEMPTS if problem.n_grids is not None else 0):
        if np.array_equal(rest, apart.grid < 0):
            return apart
        rest = apart.grid < 0
        if not rest.any():
            break
        apart = _apart(problem, graph, _size_of(problem, float(weight[rest].sum())))
    return first


def _size_of(problem: Problem, remaining: float) -> tuple[float, float, float]:
    target = problem.target
    if target is None:
        mean = remaining / (problem.n_grids or 1)
        low = mean if problem.minimum is None else problem.minimum
        high = mean if problem.maximum is None else problem.maximum
        target = min(max(mean, low), high)
    least, most = SHARE_OF_TARGET
    minimum = least * target if problem.minimum is None else problem.minimum
    maximum = most * target if problem.maximum is None else problem.maximum
    return float(minimum), float(target), float(maximum)


def _apart(problem: Problem, graph: Graph, size: tuple[float, float, float]) -> Apart:
    minimum, target, maximum = size
    weight = problem.weight
    slack = TOLERANCE * maximum
    heavy = weight > maximum + slack
    piece = graph.components(~heavy)
    n_pieces = int(piece.max(initial=-1)) + 1
    total = np.bincount(piece[~heavy], weight[~heavy], n_pieces)
    light = np.append(total < minimum - slack, False)
    host = hosts(graph, heavy, piece)
    grid = np.full(len(weight), -1, np.int64)
    owner = np.arange(len(weight))
    inside = light[piece]
    owner[inside] = np.where(host[piece[inside]] >= 0, host[piece[inside]], len(weight) + piece[inside])
    away = heavy | inside
    grid[away] = by_first_unit(owner[away])
    return Apart(minimum, target, maximum, heavy, grid, piece)


def hosts(graph: Graph, heavy: Bools, piece: Ints) -> Ints:
    """Return for every piece the first heavy unit that it touches, -1 where there is none."""
    n = len(piece)
    host = np.full(int(piece.max(initial=-1)) + 1, -1, np.int64)
    if not heavy.any():
        return host
    heads = graph.heads()
    touching = heavy[graph.indices] & ~heavy[heads]
    host[:] = n
    np.minimum.at(host, piece[heads[touching]], graph.indices[touching])
    host[host == n] = -1
    return host


def count_range(weight: float, n_units: int, minimum: float, maximum: float) -> tuple[int, int]:
    """Return the least and the greatest number of grids that fit a weight; none fits where least > greatest."""
    if weight <= 0.0 and minimum > 0.0:
        return 1, 0
    least = 1 if weight <= maximum else int(np.ceil(weight / maximum - TOLERANCE))
    greatest = n_units if minimum <= 0.0 else min(n_units, int(np.floor(weight / minimum + TOLERANCE)))
    return least, greatest


def out_of_bounds(load: Floats | Ints, apart: Apart) -> Bools:
    """Return which weights are no size of a grid."""
    return (load < apart.lower) | (load > apart.upper)


def certify(reason: str, grid_ids: Ints, unit_ids: Ints, weight: Floats, apart: Apart) -> Certificate:
    """Return a certificate about some units and the grids that are out of bounds because of them."""
    return Certificate(
        reason=reason,
        grid_ids=tuple(int(g) for g in grid_ids),
        unit_ids=tuple(int(u) for u in unit_ids),
        weight=float(weight[unit_ids].sum()),
        minimum=apart.minimum,
        maximum=apart.maximum,
    )
