"""Two neighbouring grids are merged and cut anew by a line, whatever lies between the old cut and the new.

Where no unit can move alone without breaking a bound this still finds its way (recombination of pairs,
DeFord, Duchin & Solomon 2021, with lines instead of spanning trees).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.search import Terms, extra_cost, grid_cost, link_length, next_random

_ANGLES = 4
_MOST = 1000
"""Units that a pair may have."""


@njit(cache=True, nogil=True)
def recut_pairs(
    terms: Terms,
    xy: Floats,
    by_people: bool,
    temperature: Floats,
    part: Ints,
    n_parts: int,
    state: npt.NDArray[np.uint64],
) -> int:
    """Pair every grid with a neighbour once for every temperature and cut the pair anew, in place.

    `xy` are the positions along which the lines are laid, shape (n, 2).
    Pairs that hold units which may not share a grid are left alone, and so is everything where the cost to
    medoids counts.

    Returns
    -------
    How many pairs changed.
    """
    n = len(part)
    if len(terms.cost) > 0:
        return 0
    first = np.full(n_parts, -1, np.int64)
    follows = np.empty(n, np.int64)
    for u in range(n - 1, -1, -1):
        follows[u] = first[part[u]]
        first[part[u]] = u
    at = np.full(n, -1, np.int64)
    units = np.empty(_MOST, np.int64)
    changed = 0
    for hot in temperature:
        for a in range(n_parts):
            b = _neighbour(terms.indptr, terms.indices, part, first, follows, a, state)
            if b < 0:
                continue
            m = 0
            for p in (a, b):
                u = first[p]
                while u >= 0 and m < _MOST:
                    units[m] = u
                    m += 1
                    u = follows[u]
            if m == _MOST or _has_foes(terms, units[:m]):
                continue
            if _cut_pair(terms, xy, by_people, hot, part, a, b, units[:m], at, state):
                changed += 1
                first[a], first[b] = -1, -1
                for i in range(m - 1, -1, -1):
                    u = units[i]
                    follows[u] = first[part[u]]
                    first[part[u]] = u
    return changed


@njit(cache=True, nogil=True)
def _neighbour(
    indptr: Ints,
    indices: Links,
    part: Ints,
    first: Ints,
    follows: Ints,
    a: int,
    state: npt.NDArray[np.uint64],
) -> int:
    """Return a grid beside `a`, drawn by the number of links; -1 where there is none."""
    seen, chosen = 0, -1
    u = first[a]
    while u >= 0:
        for k in range(indptr[u], indptr[u + 1]):
            if part[indices[k]] != a:
                seen += 1
                if next_random(state) * seen < 1.0:
                    chosen = part[indices[k]]
        u = follows[u]
    return chosen


@njit(cache=True, nogil=True)
def _has_foes(terms: Terms, units: Ints) -> bool:
    if len(terms.foes) > 0:
        for u in units:
            if terms.foe_indptr[u + 1] > terms.foe_indptr[u]:
                return True
    return False


@njit(cache=True, nogil=True)
def _cut_pair(
    terms: Terms,
    xy: Floats,
    by_people: bool,
    hot: float,
    part: Ints,
    a: int,
    b: int,
    units: Ints,
    at: Ints,
    state: npt.NDArray[np.uint64],
) -> bool:
    """Cut the units of two grids by the best of some lines; return whether anything was taken."""
    m = len(units)
    for i in range(m):
        at[units[i]] = i
    now = np.argsort(np.array([1 if part[u] == b else 0 for u in units]), kind="mergesort")
    size_a = 0
    for u in units:
        size_a += part[u] == a
    table = np.empty((_ANGLES + 1, m), np.int64)
    table[_ANGLES] = now
    cuts = np.empty(_ANGLES + 1, np.int64)
    scores = np.empty(_ANGLES + 1)
    flipped = np.zeros(_ANGLES + 1, np.bool_)
    start = next_random(state) * np.pi
    for turn in range(_ANGLES + 1):
        if turn < _ANGLES:
            dx, dy = np.cos(start + turn * np.pi / _ANGLES), np.sin(start + turn * np.pi / _ANGLES)
            key = np.empty(m)
            for i in range(m):
                key[i] = dx * xy[units[i], 0] + dy * xy[units[i], 1]
            table[turn] = np.argsort(key)
        only = size_a if turn == _ANGLES else 0
        cuts[turn], scores[turn], flipped[turn] = _best_cut(
            terms, by_people, a, b, units, table[turn], at, only
        )
    limit = scores[_ANGLES]
    if hot > 0.0:
        limit -= hot * np.log(1.0 - next_random(state))
    taken = False
    for turn in np.argsort(scores[:_ANGLES]):
        if scores[turn] >= limit - 1e-9:
            break
        if _both_connected(terms.indptr, terms.indices, units, table[turn], cuts[turn], at):
            for i in range(m):
                first_side = (i < cuts[turn]) != flipped[turn]
                part[units[table[turn, i]]] = a if first_side else b
            taken = True
            break
    at[units] = -1
    return taken


@njit(cache=True, nogil=True)
def _best_cut(
    terms: Terms, by_people: bool, a: int, b: int, units: Ints, order: Ints, at: Ints, only: int
) -> tuple[int, float, bool]:
    """Return where to cut units in an order, what the pair then costs, and whether `b` comes first.

    With `only` above 0 that very cut, with `a` first, is priced.
    """
    m, d, e = len(units), terms.place.shape[1], terms.extra.shape[1]
    load, mass, square = np.zeros(2), np.zeros(2), np.zeros(2)
    middle, held = np.zeros((2, d)), np.zeros((2, e))
    stay = np.zeros((2, 2))
    for i in range(m):
        _add_to(terms, units, units[i], a, b, 1.0, 1, load, mass, square, middle, held, stay)
    inside = np.zeros(m, np.bool_)
    best, best_score, best_flip, cut = -1, np.inf, False, 0.0
    for i in range(m - 1):
        u = units[order[i]]
        inside[order[i]] = True
        _add_to(terms, units, u, a, b, -1.0, 1, load, mass, square, middle, held, stay)
        _add_to(terms, units, u, a, b, 1.0, 0, load, mass, square, middle, held, stay)
        for k in range(terms.indptr[u], terms.indptr[u + 1]):
            j = at[terms.indices[k]]
            if j >= 0:
                cut += -link_length(terms.length, k) if inside[j] else link_length(terms.length, k)
        if only > 0 and i + 1 != only:
            continue
        score = terms.price[1] * cut
        for side in range(2):
            score += grid_cost(load[side], terms.size, terms.price[2], by_people)
            if mass[side] > 0.0:
                moment = square[side]
                for axis in range(d):
                    moment -= middle[side, axis] ** 2 / mass[side]
                score += terms.price[0] * moment
            for x in range(e):
                score += extra_cost(terms.extra_size, x, held[side, x])
        straight, swapped = stay[0, 1] + stay[1, 0], stay[0, 0] + stay[1, 1]
        flip = only == 0 and swapped < straight
        score += swapped if flip else straight
        if score < best_score:
            best, best_score, best_flip = i + 1, score, flip
    return best, best_score, best_flip


@njit(cache=True, nogil=True)
def _add_to(
    terms: Terms,
    units: Ints,
    u: int,
    a: int,
    b: int,
    sign: float,
    side: int,
    load: Floats,
    mass: Floats,
    square: Floats,
    middle: Floats,
    held: Floats,
    stay: Floats,
) -> None:
    """Add a unit to the sums of one side; positions count from the first unit, so that squares stay small."""
    m = sign * terms.mass[u]
    load[side] += sign * terms.weight[u]
    mass[side] += m
    for axis in range(terms.place.shape[1]):
        x = terms.place[u, axis] - terms.place[units[0], axis]
        square[side] += m * x * x
        middle[side, axis] += m * x
    for x in range(terms.extra.shape[1]):
        held[side, x] += sign * terms.extra[u, x]
    if len(terms.home) > 0:
        if terms.home[u] == a:
            stay[side, 0] += sign * terms.stay[u]
        elif terms.home[u] == b:
            stay[side, 1] += sign * terms.stay[u]


@njit(cache=True, nogil=True)
def _both_connected(indptr: Ints, indices: Links, units: Ints, order: Ints, cut: int, at: Ints) -> bool:
    m = len(units)
    side = np.empty(m, np.int64)
    for i in range(m):
        side[order[i]] = 0 if i < cut else 1
    queue = np.empty(m, np.int64)
    filled = 0
    for seed in (order[0], order[cut]):
        own = side[seed]
        begin = filled
        side[seed] = own + 2
        queue[filled] = seed
        filled += 1
        head = begin
        while head < filled:
            u = units[queue[head]]
            head += 1
            for k in range(indptr[u], indptr[u + 1]):
                j = at[indices[k]]
                if j >= 0 and side[j] == own:
                    side[j] = own + 2
                    queue[filled] = j
                    filled += 1
    return filled == m
