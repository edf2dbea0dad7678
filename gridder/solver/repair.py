"""Repair: neighbouring grids are merged and split again along a random spanning tree.

On the tree a dynamic programme over the weight of the open part finds the split of least cost,
as in the tree partitioning of Lukes (1974); on a graph that is a tree it is optimal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.search import PENALTY, Terms, extra_cost, grid_cost, next_random

_WHOLE_LIMIT = 512
_BUCKETS = 160
NEUTRAL = 0.5
"""What a split may cost more, in the unit of `grid_cost`: a few per cent of a target out of bounds."""


def bucket_scale(weight: Floats, maximum: float) -> float:
    """Return buckets per weight: one a unit of weight where weights are whole and small, so nothing is lost."""
    whole = bool((weight == np.rint(weight)).all())
    if whole and maximum <= _WHOLE_LIMIT:
        return 1.0
    return _BUCKETS / maximum


@njit(cache=True, nogil=True)
def mend(
    terms: Terms,
    scale: float,
    keep_count: bool,
    start: int,
    n_merged: int,
    n_trees: int,
    part: Ints,
    n_parts: int,
    region_of: Ints,
    state: npt.NDArray[np.uint64],
) -> int:
    """Merge grids around a unit and split them again so that they miss the bounds by less.

    Where no tree lowers the cost, a split that costs about the same is taken: what is too light wanders
    about until it meets something that it fits.

    Parameters
    ----------
    start
        A unit of the grid that is out of bounds.
    n_merged, n_trees
        Grids to merge, and spanning trees to try.
    keep_count
        Whether the number of grids must stay.
    part
        Grid of every unit, changed in place; new numbers start at `n_parts`, old ones may fall empty.
    region_of
        Scratch of shape (n,), all -1.

    Returns
    -------
    The new bound of the numbers.
    """
    indptr, indices, weight = terms.indptr, terms.indices, terms.weight
    units, merged = grow_region(indptr, indices, part, start, n_merged, region_of, state)
    before = _region_cost(terms, units, np.searchsorted(merged, part[units]), len(merged), region_of)
    chosen, n_chosen = np.empty(0, np.int64), 0
    for _ in range(n_trees):
        parent, order = _random_tree(indptr, indices, units, terms.home, region_of, state)
        label, n_labels = split_tree(weight[units], parent, order, terms.size, terms.price[2], scale)
        if keep_count and n_labels != len(merged):
            continue
        after = _region_cost(terms, units, label, n_labels, region_of)
        if after < before + NEUTRAL:
            chosen, n_chosen = label, n_labels
        if after < before - 1e-9:
            break
    for i in range(len(chosen)):
        new = chosen[i] - len(merged)
        part[units[i]] = merged[chosen[i]] if new < 0 else n_parts + new
    n_parts += max(0, n_chosen - len(merged))
    region_of[units] = -1
    return n_parts


@njit(cache=True, nogil=True)
def _region_cost(terms: Terms, units: Ints, label: Ints, n_labels: int, region_of: Ints) -> float:
    """Return what weights, further sizes, foes and moves of a region's grids cost, by people."""
    load = np.zeros(n_labels)
    held = np.zeros((n_labels, terms.extra.shape[1]))
    cost = 0.0
    for i in range(len(units)):
        load[label[i]] += terms.weight[units[i]]
        for e in range(terms.extra.shape[1]):
            held[label[i], e] += terms.extra[units[i], e]
        if len(terms.foes) > 0:
            for k in range(terms.foe_indptr[units[i]], terms.foe_indptr[units[i] + 1]):
                other = region_of[terms.foes[k]]
                if other >= 0 and label[other] == label[i]:
                    cost += 0.5 * PENALTY
    for p in range(n_labels):
        cost += grid_cost(load[p], terms.size, terms.price[2], True)
        for e in range(terms.extra.shape[1]):
            cost += extra_cost(terms.extra_size, e, held[p, e])
    if len(terms.home) > 0:
        cost += _moved(terms.home[units], terms.stay[units], label)
    return cost


@njit(cache=True, nogil=True)
def _moved(home: Ints, stay: Floats, label: Ints) -> float:
    """Return the price of what leaves its home when every part takes the home that holds most of it."""
    order = np.argsort(label * (home.max() + 2) + home, kind="mergesort")
    kept, most, own = 0.0, 0.0, 0.0
    for j in range(len(order)):
        i = order[j]
        if j > 0 and (label[i] != label[order[j - 1]] or home[i] != home[order[j - 1]]):
            own = 0.0
        if j > 0 and label[i] != label[order[j - 1]]:
            kept += most
            most = 0.0
        if home[i] >= 0:
            own += stay[i]
            most = max(most, own)
    return float(stay.sum() - kept - most)


@njit(cache=True, nogil=True)
def grow_region(
    indptr: Ints,
    indices: Links,
    part: Ints,
    start: int,
    n_merged: int,
    region_of: Ints,
    state: npt.NDArray[np.uint64],
) -> tuple[Ints, Ints]:
    """Return the units and the numbers of up to `n_merged` grids that hang together, drawn at random.

    `region_of`, all -1 before, holds the position of every unit in the region afterwards.
    """
    units = [np.int64(start)]
    merged = [part[start]]
    region_of[start] = 0
    head = 0
    while True:
        while head < len(units):
            u = units[head]
            head += 1
            for k in range(indptr[u], indptr[u + 1]):
                v = indices[k]
                if part[v] == part[u] and region_of[v] < 0:
                    region_of[v] = len(units)
                    units.append(v)
        if len(merged) >= n_merged:
            break
        n_border, chosen = 0, np.int64(-1)
        for u in units:
            for k in range(indptr[u], indptr[u + 1]):
                if region_of[indices[k]] < 0:
                    n_border += 1
                    if next_random(state) * n_border < 1.0:
                        chosen = indices[k]
        if chosen < 0:
            break
        region_of[chosen] = len(units)
        units.append(chosen)
        merged.append(part[chosen])
    return np.array(units), np.sort(np.array(merged))


@njit(cache=True, nogil=True)
def _random_tree(
    indptr: Ints, indices: Links, units: Ints, home: Ints, region_of: Ints, state: npt.NDArray[np.uint64]
) -> tuple[Ints, Ints]:
    """Return the parents (-1 for the root) and the order of visit of a tree that grows by random links.

    Links within one `home`, where there is any, come first.
    """
    m = len(units)
    parent = np.full(m, -1, np.int64)
    visited = np.zeros(m, np.bool_)
    order = np.empty(m, np.int64)
    n_links = 0
    for u in units:
        n_links += indptr[u + 1] - indptr[u]
    tail = np.empty((2, n_links + 1), np.int64)
    head = np.empty((2, n_links + 1), np.int64)
    tail[0, 0], head[0, 0] = -1, int(next_random(state) * m)
    filled = np.array([1, 0])
    n_order = 0
    while filled[0] + filled[1] > 0:
        kind = 0 if filled[0] > 0 else 1
        pick = int(next_random(state) * filled[kind])
        i, j = tail[kind, pick], head[kind, pick]
        filled[kind] -= 1
        tail[kind, pick], head[kind, pick] = tail[kind, filled[kind]], head[kind, filled[kind]]
        if visited[j]:
            continue
        visited[j] = True
        parent[j] = i
        order[n_order] = j
        n_order += 1
        u = units[j]
        for k in range(indptr[u], indptr[u + 1]):
            other = region_of[indices[k]]
            if other >= 0 and not visited[other]:
                kind = 1 if len(home) > 0 and home[u] != home[indices[k]] else 0
                tail[kind, filled[kind]], head[kind, filled[kind]] = j, other
                filled[kind] += 1
    return parent, order


@njit(cache=True, nogil=True)
def split_tree(
    weight: Floats, parent: Ints, order: Ints, size: Floats, deviation: float, scale: float
) -> tuple[Ints, int]:
    """Cut a tree into the parts of least cost, none above the maximum.

    The open part of a subtree is the one with its root; of open parts in the same bucket of weight only the
    cheapest is kept.

    Returns
    -------
    Part of every unit, and number of parts.
    """
    m = len(weight)
    n_buckets = int(size[2] * scale) + 2
    cost = np.full((m, n_buckets), np.inf)
    load = np.zeros((m, n_buckets))
    before_child = np.full((m, n_buckets), -1, np.int32)
    joined = np.full((m, n_buckets), -1, np.int32)
    closed_best = np.zeros(m, np.int64)
    for v in range(m):
        b = int(weight[v] * scale)
        cost[v, b] = 0.0
        load[v, b] = weight[v]
    new_cost = np.empty(n_buckets)
    new_load = np.empty(n_buckets)
    for i in range(m - 1, -1, -1):
        c = order[i]
        closed_cost, closed_best[c] = _close(cost[c], load[c], size, deviation)
        v = parent[c]
        if v < 0:
            continue
        new_cost[:] = np.inf
        for b in range(n_buckets):
            if cost[v, b] == np.inf:
                continue
            value = cost[v, b] + closed_cost
            if value < new_cost[b]:
                new_cost[b], new_load[b] = value, load[v, b]
                before_child[c, b], joined[c, b] = b, -1
            for j in range(n_buckets):
                if cost[c, j] == np.inf:
                    continue
                both = load[v, b] + load[c, j]
                if both > size[2]:
                    break
                value = cost[v, b] + cost[c, j]
                bucket = int(both * scale)
                if value < new_cost[bucket]:
                    new_cost[bucket], new_load[bucket] = value, both
                    before_child[c, bucket], joined[c, bucket] = b, j
        cost[v] = new_cost
        load[v] = new_load
    return _read_cuts(parent, order, before_child, joined, closed_best)


@njit(cache=True, nogil=True)
def _read_cuts(
    parent: Ints,
    order: Ints,
    before_child: npt.NDArray[np.int32],
    joined: npt.NDArray[np.int32],
    closed_best: Ints,
) -> tuple[Ints, int]:
    """Follow the choices from the root to the leaves; children are taken back in the order of visit."""
    label = np.zeros(len(order), np.int64)
    at = np.zeros(len(order), np.int64)
    n_labels = 1
    at[order[0]] = closed_best[order[0]]
    for c in order[1:]:
        v = parent[c]
        j = joined[c, at[v]]
        at[v] = before_child[c, at[v]]
        if j >= 0:
            label[c], at[c] = label[v], j
        else:
            label[c], at[c] = n_labels, closed_best[c]
            n_labels += 1
    return label, n_labels


@njit(cache=True, nogil=True)
def _close(cost: Floats, load: Floats, size: Floats, deviation: float) -> tuple[float, int]:
    """Return the least cost of a subtree whose open part is closed, and its bucket."""
    best, best_bucket = np.inf, -1
    for b in range(len(cost)):
        if cost[b] < np.inf:
            value = cost[b] + grid_cost(load[b], size, deviation, True)
            if value < best:
                best, best_bucket = value, b
    return best, best_bucket
