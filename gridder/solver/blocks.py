"""Large problems are searched block by block: a block is some whole grids with a graph of its own.

Blocks do not touch each other's units, so they are searched side by side; each has random numbers of its own,
so that the plan does not depend on how many threads there are.
A block fits the processor's cache, which alone makes the search several times faster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.initial import bisect
from gridder.solver.pairs import recut_pairs
from gridder.solver.search import Terms, anneal

BLOCK = 3000
"""Units of a block."""
_REGIONS = 16
"""Regions that are divided one after the other before all are divided side by side."""


@njit(cache=True, nogil=True)
def local_terms(terms: Terms, units: Ints, where: Ints) -> Terms:
    """Return the terms of some units, renumbered in their order.

    `where` is scratch of shape (n,) that calls for other units may share; links and foes that lead outside
    are dropped, and `home` stays as it is.
    """
    m = len(units)
    for i in range(m):
        where[units[i]] = i
    indptr, indices, length = _local_graph(terms.indptr, terms.indices, terms.length, units, where)
    foe_indptr, foes = terms.foe_indptr, terms.foes
    if len(foes) > 0:
        foe_indptr, foes, _ = _local_graph(terms.foe_indptr, terms.foes, np.empty(0), units, where)
    cost = terms.cost
    if len(cost) > 0:
        cost = np.empty((m, m))
        for i in range(m):
            for j in range(m):
                cost[i, j] = terms.cost[units[i], units[j]]
    home, stay = terms.home, terms.stay
    if len(home) > 0:
        home = home[units]
    if len(stay) > 0:
        stay = stay[units]
    return Terms(
        indptr,
        indices,
        length,
        terms.weight[units],
        terms.place[units],
        terms.mass[units],
        cost,
        terms.size,
        terms.price,
        terms.extra[units],
        terms.extra_size,
        home,
        stay,
        foe_indptr,
        foes,
    )


@njit(cache=True, nogil=True)
def _local_graph(
    indptr: Ints, indices: Links, length: Floats, units: Ints, where: Ints
) -> tuple[Ints, Links, Floats]:
    """Return the graph of some units, with the lengths of its links where they are given."""
    m = len(units)
    start = np.zeros(m + 1, np.int64)
    for i in range(m):
        start[i + 1] = start[i]
        for k in range(indptr[units[i]], indptr[units[i] + 1]):
            j = where[indices[k]]
            if 0 <= j < m and units[j] == indices[k]:
                start[i + 1] += 1
    found = np.empty(start[m], np.int32)
    kept = np.empty(start[m] if len(length) > 0 else 0)
    filled = 0
    for i in range(m):
        for k in range(indptr[units[i]], indptr[units[i] + 1]):
            j = where[indices[k]]
            if 0 <= j < m and units[j] == indices[k]:
                found[filled] = j
                if len(length) > 0:
                    kept[filled] = length[k]
                filled += 1
    return start, found, kept


@njit(cache=True, nogil=True)
def _search_block(
    terms: Terms,
    xy: Floats,
    units: Ints,
    where: Ints,
    by_people: bool,
    temperature: Floats,
    pairs: bool,
    part: Ints,
    state: npt.NDArray[np.uint64],
) -> None:
    """Anneal whole grids, given as their units, on a graph of their own, or recombine them in pairs."""
    local = local_terms(terms, units, where)
    label = part[units]
    names = np.unique(label)
    own = np.searchsorted(names, label)
    for i in range(len(local.home)):
        at = np.searchsorted(names, local.home[i])
        local.home[i] = at if at < len(names) and names[at] == local.home[i] else -1
    if pairs:
        recut_pairs(local, xy[units], by_people, temperature, own, len(names), state)
    else:
        anneal(local, by_people, temperature, own, len(names), state)
    part[units] = names[own]


def search_all(
    terms: Terms,
    xy: Floats,
    by_people: bool,
    temperature: Floats,
    part: Ints,
    seed: np.random.SeedSequence,
    each: Callable[[float], None],
    *,
    turn: float,
    pairs: bool,
) -> None:
    """Anneal all grids in place, or recombine them in pairs, block by block.

    `turn` is the angle by which the blocks lie.
    `each` is told the share done, and may raise to stop: `part` is then a plan all the same.
    """
    where = np.full(len(part), -1, np.int64)
    blocks = group_grids(xy, part, turn)
    states = [np.array([s], np.uint64) for s in seed.generate_state(len(blocks), np.uint64)]

    def task(units: Ints, state: npt.NDArray[np.uint64]) -> Callable[[], None]:
        return lambda: _search_block(terms, xy, units, where, by_people, temperature, pairs, part, state)

    run_all([task(units, state) for units, state in zip(blocks, states, strict=True)], each)


def run_all(tasks: Iterable[Callable[[], None]], each: Callable[[float], None]) -> None:
    """Run tasks that hold no lock on as many threads as there are processors; `each` is told the share done."""
    waiting = list(tasks)
    if len(waiting) == 1:
        waiting[0]()
        each(1.0)
        return
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pending: set[Future[None]] = {pool.submit(task) for task in waiting}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                each(1.0 - len(pending) / len(waiting))
        finally:
            for future in pending:
                future.cancel()


def group_grids(xy: Floats, part: Ints, turn: float) -> list[Ints]:
    """Return the units of blocks of neighbouring grids: the plane is halved again and again, turned by an angle."""
    if len(part) <= BLOCK + BLOCK // 2:
        return [np.arange(len(part))]
    middle, size = _middles(xy, part, int(part.max()) + 1)
    there = np.flatnonzero(size)
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = middle[there] @ np.array([[cosine, -sine], [sine, cosine]])
    grids, ends = _halve(turned, size[there])
    block = np.empty(len(size), np.int64)
    block[there[grids]] = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    order, start = _sorted_by(block[part], len(ends) - 1)
    return [order[lo:hi] for lo, hi in pairwise(start.tolist())]


@njit(cache=True, nogil=True)
def _middles(xy: Floats, part: Ints, n_parts: int) -> tuple[Floats, Floats]:
    """Return the mean position of the units of every grid, and how many there are."""
    middle = np.zeros((n_parts, 2))
    size = np.zeros(n_parts)
    for u in range(len(part)):
        p = part[u]
        middle[p, 0] += xy[u, 0]
        middle[p, 1] += xy[u, 1]
        size[p] += 1.0
    for p in range(n_parts):
        middle[p] /= max(size[p], 1.0)
    return middle, size


@njit(cache=True, nogil=True)
def _sorted_by(label: Ints, n_labels: int) -> tuple[Ints, Ints]:
    """Return the positions sorted by label, and where each label begins, with the end (counting sort)."""
    start = np.zeros(n_labels + 1, np.int64)
    for i in range(len(label)):
        start[label[i] + 1] += 1
    for b in range(n_labels):
        start[b + 1] += start[b]
    follows = start.copy()
    order = np.empty(len(label), np.int64)
    for i in range(len(label)):
        order[follows[label[i]]] = i
        follows[label[i]] += 1
    return order, start


@njit(cache=True, nogil=True)
def _halve(middle: Floats, size: Floats) -> tuple[Ints, Ints]:
    """Return the grids in the order of their blocks, and where the blocks end."""
    n = len(size)
    grids = np.arange(n)
    ends = [np.int64(0)]
    stack = [(np.int64(0), np.int64(n))]
    while len(stack) > 0:
        lo, hi = stack.pop()
        own = grids[lo:hi].copy()
        total = size[own].sum()
        if total <= 1.5 * BLOCK or hi - lo == 1:
            ends.append(hi)
            continue
        x, y = middle[own, 0], middle[own, 1]
        key = x if x.max() - x.min() >= y.max() - y.min() else y
        order = np.argsort(key, kind="mergesort")
        before = np.cumsum(size[own[order]])
        cut = min(max(np.searchsorted(before, total / 2.0) + 1, 1), hi - lo - 1)
        grids[lo:hi] = own[order]
        stack.append((lo + cut, hi))
        stack.append((lo, lo + cut))
    return grids, np.array(ends)


def first_plan(
    terms: Terms,
    xy: Floats,
    regions: Ints,
    units: Ints,
    each: Callable[[float], None],
) -> Ints:
    """Return the plan of recursive bisection: a grid for every unit, shape (n,).

    `regions` and `units` as in `initial.bisect`; `xy` are the positions that the sweeps follow.
    """
    bounds = (float(terms.size[0]), float(terms.size[2]))
    arrays = terms.weight, xy, terms.mass
    regions = bisect(terms.indptr, terms.indices, *arrays, bounds, regions, units, BLOCK, _REGIONS)
    where = np.full(len(units), -1, np.int64)
    part = np.empty(len(units), np.int64)
    first = np.concatenate([[0], np.cumsum(regions[:, 2])])

    def task(r: int) -> Callable[[], None]:
        lo, hi, k = regions[r]
        return lambda: _divide(
            terms.indptr, terms.indices, *arrays, bounds, units[lo:hi], k, int(first[r]), where, part
        )

    run_all([task(r) for r in range(len(regions))], each)
    return part


@njit(cache=True, nogil=True)
def _divide(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    units: Ints,
    k: int,
    first: int,
    where: Ints,
    part: Ints,
) -> None:
    """Bisect a region on a graph of its own and number its grids from `first`."""
    m = len(units)
    for i in range(m):
        where[units[i]] = i
    start, found, _ = _local_graph(indptr, indices, np.empty(0), units, where)
    order = np.arange(m)
    whole = np.array([[0, m, k]])
    parts = bisect(start, found, weight[units], xy[units], mass[units], bounds, whole, order, 1, 0)
    for p in range(len(parts)):
        for i in range(parts[p, 0], parts[p, 1]):
            part[units[order[i]]] = first + p
