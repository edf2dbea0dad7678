"""Two neighbouring grids are merged and parted again along a random tree (DeFord, Duchin & Solomon 2021).

A new border is drawn at once where single moves would have to climb over all that lies between.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.search import next_random


@njit(cache=True, nogil=True)
def recombine(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    size: Floats,
    part: Ints,
    n_trees: int,
    state: npt.NDArray[np.uint64],
) -> None:
    """Part two grids that touch, drawn by a link between them, again and in place; some grids must touch.

    Trees are grown by random links until one has a link that parts it into two grids in bounds, at most `n_trees`;
    of all such links of that tree one is drawn, and if there is none the link that misses the bounds least.
    """
    a, b = _draw_pair(indptr, indices, part, state)
    units = np.flatnonzero((part == a) | (part == b))
    place = np.full(len(part), -1, np.int64)
    for i in range(len(units)):
        place[units[i]] = i
    above, root = np.empty(0, np.int64), -1
    least = np.inf
    for _ in range(n_trees):
        parent, order = _random_tree(indptr, indices, units, place, state)
        link, miss = _draw_link(weight[units], size, parent, order, state)
        if miss < least:
            above, root, least = parent, link, miss
        if least == 0.0:
            break
    for i in range(len(units)):
        v = i
        while v >= 0 and v != root:
            v = above[v]
        part[units[i]] = a if v < 0 else b


@njit(cache=True, nogil=True)
def _draw_link(
    weight: Floats, size: Floats, parent: Ints, order: Ints, state: npt.NDArray[np.uint64]
) -> tuple[int, float]:
    """Return the unit below one of the links that part a tree with the least miss of the bounds, and that miss."""
    below, total = weight.copy(), weight.sum()
    link, least, n_equal = -1, np.inf, 0
    for c in order[:0:-1]:
        below[parent[c]] += below[c]
        miss = 0.0
        for load in (below[c], total - below[c]):
            miss += max(size[0] - load, load - size[2], 0.0)
        if miss > least:
            continue
        n_equal = 1 if miss < least else n_equal + 1
        if next_random(state) * n_equal < 1.0:
            link = c
        least = miss
    return link, least


@njit(cache=True, nogil=True)
def _draw_pair(indptr: Ints, indices: Links, part: Ints, state: npt.NDArray[np.uint64]) -> tuple[int, int]:
    """Return two grids with a link between them, each pair as likely as its links are many."""
    n_border, a, b = 0, -1, -1
    for u in range(len(part)):
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if u < v and part[v] != part[u]:
                n_border += 1
                if next_random(state) * n_border < 1.0:
                    a, b = part[u], part[v]
    return a, b


@njit(cache=True, nogil=True)
def _random_tree(
    indptr: Ints, indices: Links, units: Ints, place: Ints, state: npt.NDArray[np.uint64]
) -> tuple[Ints, Ints]:
    """Return parents (-1 for the root) and order of visit of a uniform spanning tree (Aldous, Broder, Wilson 1996)."""
    m = len(units)
    parent = np.full(m, -1, np.int64)
    inside = np.zeros(m, np.bool_)
    order = np.empty(m, np.int64)
    order[0] = int(next_random(state) * m)
    inside[order[0]] = True
    path = np.empty(m, np.int64)
    filled = 1
    for start in range(m):
        v = start
        while not inside[v]:
            u = units[v]
            other = place[indices[indptr[u] + int(next_random(state) * (indptr[u + 1] - indptr[u]))]]
            if other >= 0:
                parent[v] = other
                v = other
        length = 0
        v = start
        while not inside[v]:
            inside[v] = True
            path[length] = v
            length += 1
            v = parent[v]
        for i in range(length - 1, -1, -1):
            order[filled] = path[i]
            filled += 1
    return parent, order
