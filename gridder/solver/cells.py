"""A first plan in slices of slices, near to squares, for bounds so tight that units can hardly move later."""

from __future__ import annotations

import numpy as np
from numba import njit

from gridder.model import Floats, Ints, Links


@njit(cache=True, nogil=True)
def cells(indptr: Ints, indices: Links, weight: Floats, xy: Floats, regions: Ints, units: Ints) -> Ints:
    """Divide connected regions: each is cut along x, and every slice along y, at equal weights.

    Pieces that are cut off from their part join a part beside them.

    Parameters
    ----------
    indptr, indices
        Graph of n units.
    weight, xy
        Weight and position of every unit, shapes (n,) and (n, 2).
    regions, units
        As in `initial.bisect`.

    Returns
    -------
    Part of every unit, shape (n,), -1 outside all regions; a part may be empty.
    """
    part = np.full(len(weight), -1, np.int64)
    first = 0
    for lo, hi, k in regions:
        own = units[lo:hi]
        load = weight[own]
        if load.sum() <= 0.0:
            load = np.ones(len(own))
        _slices(load, xy[own, 0], xy[own, 1], own, k, first, part)
        _join_pieces(indptr, indices, own, first, k, part)
        first += k
    return part


@njit(cache=True, nogil=True)
def _slices(load: Floats, x: Floats, y: Floats, units: Ints, k: int, first: int, part: Ints) -> None:
    ratio = (x.max() - x.min()) / max(y.max() - y.min(), 1e-300)
    n_slices = int(min(max(np.rint(np.sqrt(k * ratio)), 1), k))
    order = np.argsort(x, kind="mergesort")
    before = np.cumsum(load[order])
    lo, done = 0, 0
    for i in range(n_slices):
        upto = (i + 1) * k // n_slices
        hi = len(units) if upto == k else _nearest_cut(before, upto * before[-1] / k)
        own = order[lo:hi]
        inner = own[np.argsort(y[own], kind="mergesort")]
        held = np.cumsum(load[inner])
        share = held[-1] / (upto - done) if len(held) > 0 else 0.0
        for j in range(len(inner)):
            p = int((held[j] - 0.5 * load[inner[j]]) / share) if share > 0.0 else 0
            part[units[inner[j]]] = first + done + min(p, upto - done - 1)
        lo, done = hi, upto


@njit(cache=True, nogil=True)
def _nearest_cut(before: Floats, goal: float) -> int:
    """Return how many of the first units weigh `goal` most nearly."""
    i = int(np.searchsorted(before, goal))
    if i < len(before) and before[i] - goal <= goal - (before[i - 1] if i > 0 else 0.0):
        i += 1
    return i


@njit(cache=True, nogil=True)
def _join_pieces(indptr: Ints, indices: Links, units: Ints, first: int, k: int, part: Ints) -> None:
    """Keep the largest piece of every part; the others join parts beside them."""
    m = len(units)
    start = np.empty(m + 1, np.int64)
    largest = np.full(k, -1, np.int64)
    queue = np.empty(m, np.int64)
    n_pieces, filled = 0, 0
    for seed in units:
        if part[seed] < 0:
            continue
        own = part[seed]
        start[n_pieces] = filled
        part[seed] = -2 - own
        queue[filled] = seed
        head = filled
        filled += 1
        while head < filled:
            u = queue[head]
            head += 1
            for j in range(indptr[u], indptr[u + 1]):
                v = indices[j]
                if part[v] == own:
                    part[v] = -2 - own
                    queue[filled] = v
                    filled += 1
        best = largest[own - first]
        if best < 0 or filled - start[n_pieces] > start[best + 1] - start[best]:
            largest[own - first] = n_pieces
        n_pieces += 1
        start[n_pieces] = filled
    for p in range(k):
        if largest[p] >= 0:
            for i in range(start[largest[p]], start[largest[p] + 1]):
                part[queue[i]] = first + p
    waiting = queue[part[queue] < 0]
    while len(waiting) > 0:
        for u in waiting:
            for j in range(indptr[u], indptr[u + 1]):
                if part[indices[j]] >= 0:
                    part[u] = part[indices[j]]
                    break
        waiting = waiting[part[waiting] < 0]
