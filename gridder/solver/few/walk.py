"""One annealing chain for few large grids (Kirkpatrick et al. 1983): links on borders only, and pairs of moves.

Bounds as tight as the lightest unit leave single moves nowhere to go.
So a miss of the bounds has a price that follows the search: it rises while plans are out of bounds too often and
falls while they are seldom (strategic oscillation, Glover & Laguna 1997), and every other proposal moves two units
at once, the second out of the grid that receives the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.search import (
    PENALTY,
    Sums,
    Terms,
    cut_change,
    extra_change,
    extra_cost,
    find_medoids,
    link_length,
    moment_change,
    next_random,
    stays_connected,
    sum_up,
    ties_change,
)

_FROZEN = 30.0
_WANTED = 0.4
"""Share of the visits that should see a plan within all bounds where the price of a miss follows the search."""
_TURN = 1.1
"""Factor by which that price changes after every block."""
_TRIES = 12
"""Draws of a second unit before a pair is given up."""
_LEAST, _MOST = 1e-3, 1e3
"""Limits of that price, in those of the first."""
_TINY = 1e-10


@njit(cache=True, nogil=True)
def _miss(load: float, size: Floats) -> float:
    return float(max(size[0] - load, load - size[2], 0.0) / size[1])


@njit(cache=True, nogil=True)
def _off(load: float, size: Floats) -> float:
    off = (load - size[1]) / size[1]
    return float(off * off)


@njit(cache=True, nogil=True)
def _weight_change(size: Floats, a: float, b: float, w: float) -> tuple[float, float]:
    """Return by how much misses and squared deviations of two grids grow when `w` moves to the second, in targets."""
    miss = _miss(a - w, size) + _miss(b + w, size) - _miss(a, size) - _miss(b, size)
    off = _off(a - w, size) + _off(b + w, size) - _off(a, size) - _off(b, size)
    return miss, off


@njit(cache=True, nogil=True)
def _missed(load: Floats, held: Floats, size: Floats, extra_size: Floats) -> float:
    """Return what grids miss: 1 and all who are in it, in targets, for each out of bounds, and the skills short."""
    missed = 0.0
    for p in range(len(load)):
        if load[p] < size[0] or load[p] > size[2]:
            missed += 1.0 + load[p] / size[1]
        for e in range(len(extra_size)):
            if extra_size[e, 3] == PENALTY:
                missed += max(extra_size[e, 0] - held[p, e], 0.0) / extra_size[e, 2]
    return missed


@njit(cache=True, nogil=True)
def _soft(held: Floats, extra_size: Floats) -> float:
    """Return the price of further sizes that are out of soft bounds."""
    value = 0.0
    for e in range(len(extra_size)):
        if extra_size[e, 3] != PENALTY:
            for p in range(len(held)):
                value += extra_cost(extra_size, e, held[p, e])
    return value


class _Border(NamedTuple):
    """Units with links to other grids: as a list, their places in it (-1 outside), all units' links, and the count."""

    units: Ints
    slot: Ints
    links: Ints
    filled: Ints


@njit(cache=True, nogil=True)
def _find_border(indptr: Ints, indices: Links, part: Ints) -> _Border:
    n = len(part)
    border = _Border(
        np.empty(n, np.int64), np.full(n, -1, np.int64), np.zeros(n, np.int64), np.zeros(1, np.int64)
    )
    for u in range(n):
        for k in range(indptr[u], indptr[u + 1]):
            if part[indices[k]] != part[u]:
                border.links[u] += 1
        _enlist(border, u)
    return border


@njit(cache=True, nogil=True)
def _enlist(border: _Border, u: int) -> None:
    """Put a unit on the list, or take it off, by its links to other grids."""
    units, slot, links, filled = border
    if links[u] > 0 and slot[u] < 0:
        units[filled[0]], slot[u] = u, filled[0]
        filled[0] += 1
    elif links[u] == 0 and slot[u] >= 0:
        filled[0] -= 1
        last = units[filled[0]]
        units[slot[u]], slot[last] = last, slot[u]
        slot[u] = -1


@njit(cache=True, nogil=True)
def _cross(indptr: Ints, indices: Links, part: Ints, u: int, a: int, b: int, border: _Border) -> None:
    """Note that `u` goes from `a` to `b`."""
    for k in range(indptr[u], indptr[u + 1]):
        v = indices[k]
        step = int(part[v] == a) - int(part[v] == b)
        border.links[v] += step
        border.links[u] += step
        _enlist(border, v)
    _enlist(border, u)


@njit(cache=True, nogil=True)
def _draw(
    indptr: Ints, indices: Links, part: Ints, border: _Border, grid: int, state: npt.NDArray[np.uint64]
) -> tuple[int, int]:
    """Return a unit on a border, of a grid (-1 for any), and a grid that it touches or its own; or -1, -1."""
    for _ in range(_TRIES):
        u = border.units[int(next_random(state) * border.filled[0])]
        if grid < 0 or part[u] == grid:
            return u, part[indices[indptr[u] + int(next_random(state) * (indptr[u + 1] - indptr[u]))]]
    return -1, -1


@njit(cache=True, nogil=True)
def _stay_connected(
    indptr: Ints,
    indices: Links,
    part: Ints,
    unit: Ints,
    source: Ints,
    goal: Ints,
    steps: int,
    stamp: Ints,
    queue: Ints,
    tick: int,
) -> bool:
    """Return whether all grids stay connected through one or two moves; in `part` the first of two is made."""
    n = len(part)
    part[unit[0]] = source[0]
    whole = stays_connected(indptr, indices, part, unit[0], stamp, queue, tick, n)
    if steps == 2:
        part[unit[0]] = goal[0]
        whole = whole and stays_connected(indptr, indices, part, unit[1], stamp, queue, tick + 1, n)
    return bool(whole)


@njit(cache=True, nogil=True)
def _shift(
    weight: Floats,
    place: Floats,
    mass: Floats,
    extra: Floats,
    load: Floats,
    heavy: Floats,
    centre: Floats,
    held: Floats,
    part: Ints,
    u: int,
    a: int,
    b: int,
) -> None:
    part[u] = b
    load[a] -= weight[u]
    load[b] += weight[u]
    heavy[a] -= mass[u]
    heavy[b] += mass[u]
    for axis in range(place.shape[1]):
        moved = mass[u] * place[u, axis]
        centre[a, axis] -= moved
        centre[b, axis] += moved
    for e in range(extra.shape[1]):
        held[a, e] -= extra[u, e]
        held[b, e] += extra[u, e]


@njit(cache=True, nogil=True)
def _shape_change(
    indptr: Ints,
    indices: Links,
    length: Floats,
    place: Floats,
    mass: Floats,
    cost: Floats,
    price: Floats,
    part: Ints,
    heavy: Floats,
    centre: Floats,
    medoid: Ints,
    u: int,
    a: int,
    b: int,
) -> float:
    """Return by how much moment, cost to the medoids and cut grow when `u` moves from `a` to `b`."""
    change = 0.0
    if price[0] > 0.0:
        change += price[0] * moment_change(place, mass, centre, heavy, u, a, b)
        if len(medoid) > 0:
            change += price[0] * mass[u] * (cost[u, medoid[b]] - cost[u, medoid[a]])
    if price[1] > 0.0:
        change += price[1] * cut_change(indptr, indices, length, part, u, a, b)
    return change


@njit(cache=True, nogil=True)
def typical_change(terms: Terms, part: Ints, n_parts: int) -> float:
    """Return the mean size of the change of shape over all moves across a border; 0 where there is none."""
    (indptr, indices, length, _, place, mass, cost, _, price) = terms[:9]
    sums = sum_up(terms, part, n_parts)
    total, count = 0.0, 0
    for u in range(len(part)):
        for k in range(indptr[u], indptr[u + 1]):
            a, b = part[u], part[indices[k]]
            if a != b:
                count += 1
                total += abs(
                    _shape_change(
                        indptr, indices, length, place, mass, cost, price, part,
                        sums.mass, sums.centre, sums.medoid, u, a, b,
                    )
                )  # fmt: skip
    return total / count if count > 0 else 0.0


@njit(cache=True, nogil=True)
def judge(terms: Terms, part: Ints, n_parts: int) -> tuple[float, float]:
    """Return what a plan misses, and its objective; a plan is better that misses less, then costs less."""
    return _cost(terms, sum_up(terms, part, n_parts), part)


@njit(cache=True, nogil=True)
def _cost(terms: Terms, sums: Sums, part: Ints) -> tuple[float, float]:
    """Return what a plan misses, and its objective with the medoids of `sums`."""
    place, mass, cost, size, price = terms.place, terms.mass, terms.cost, terms.size, terms.price
    missed = _missed(sums.load, sums.extra, size, terms.extra_size)
    value = _soft(sums.extra, terms.extra_size)
    for p in range(len(sums.load)):
        value += price[2] * _off(sums.load[p], size)
    for u in range(len(part)):
        p = part[u]
        if price[0] > 0.0:
            away = 0.0
            if sums.mass[p] > 0.0:
                for axis in range(place.shape[1]):
                    d = place[u, axis] - sums.centre[p, axis] / sums.mass[p]
                    away += d * d
            if len(cost) > 0:
                away += cost[u, sums.medoid[p]]
            value += price[0] * mass[u] * away
        for k in range(terms.indptr[u], terms.indptr[u + 1]):
            if part[terms.indices[k]] != p:
                value += 0.5 * price[1] * link_length(terms.length, k)
        if len(terms.home) > 0 and terms.home[u] != p:
            value += terms.stay[u]
        if len(terms.foes) > 0:
            for k in range(terms.foe_indptr[u], terms.foe_indptr[u + 1]):
                if part[terms.foes[k]] == p:
                    missed += 0.5
    return missed, value


@njit(cache=True, nogil=True)
def walk(
    terms: Terms,
    temperature: Floats,
    block: int,
    pressure: float,
    miss_price: float,
    part: Ints,
    n_parts: int,
    best: Ints,
    state: npt.NDArray[np.uint64],
) -> None:
    """Anneal a plan in place, with `block` proposals at every temperature.

    Parameters
    ----------
    pressure
        Price, in temperatures, of a miss of the bounds by the mean weight of a unit; the search then goes in and
        out of bounds at any temperature. 0 where the price is to follow the search.
    miss_price
        Price of a miss of one target to begin with, where it follows the search.
    best
        Takes the best plan that was seen (`judge`).
    """
    sums = sum_up(terms, part, n_parts)
    border = _find_border(terms.indptr, terms.indices, part)
    extra_size = terms.extra_size.copy()
    hard = extra_size[:, 3] == PENALTY
    first_price = miss_price
    best[:] = part
    least = np.array(_cost(terms, sums, part))
    for hot in temperature:
        if pressure > 0.0:
            miss_price = pressure * hot * terms.size[1] * len(part) / terms.weight.sum()
        extra_size[:, 3] = np.where(hard, miss_price, terms.extra_size[:, 3])
        if len(sums.medoid) > 0:
            find_medoids(terms, part, sums)
        within = _visit(terms, sums, border, extra_size, hot, miss_price, block, part, best, least, state)
        if pressure == 0.0 and within < _WANTED * block:
            miss_price = min(miss_price * _TURN, first_price * _MOST)
        elif pressure == 0.0:
            miss_price = max(miss_price / _TURN, first_price * _LEAST)


@njit(cache=True, nogil=True)
def _visit(
    terms: Terms,
    sums: Sums,
    border: _Border,
    priced_size: Floats,
    hot: float,
    miss_price: float,
    block: int,
    part: Ints,
    best: Ints,
    least: Floats,
    state: npt.NDArray[np.uint64],
) -> int:
    """Propose `block` moves or pairs of moves at one temperature; return how many proposals met a plan in bounds.

    `priced_size` is `extra_size` with the present price of what must be kept; `least` holds what `best` misses
    and costs.
    """
    (indptr, indices, length, weight, place, mass, cost, size, price) = terms[:9]
    (extra, extra_size, home, stay, foe_indptr, foes) = terms[9:]
    load, heavy, centre, held, medoid = sums
    nobody, no_foes, nowhere = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0)
    stamp, queue = np.full(len(part), -1, np.int64), np.empty(len(part), np.int64)
    unit, source, goal = np.empty(2, np.int64), np.empty(2, np.int64), np.empty(2, np.int64)
    missed, value = _cost(terms, sums, part)
    firm = value - _soft(held, extra_size)
    clashes = missed - _missed(load, held, size, extra_size)
    _keep(missed, value, part, least, best)
    within = 0
    for visit in range(block):
        if border.filled[0] == 0:
            break
        within += missed < _TINY
        steps = 1 + int(next_random(state) * 2.0)
        change, shape, clash, done = 0.0, 0.0, 0.0, 0
        for step in range(steps):
            u, b = _draw(indptr, indices, part, border, goal[0] if step == 1 else -1, state)
            if (
                u < 0
                or part[u] == b
                or (len(medoid) > 0 and medoid[part[u]] == u)
                or (step == 1 and u == unit[0])
            ):
                break
            a = part[u]
            unit[step], source[step], goal[step] = u, a, b
            miss, off = _weight_change(size, load[a], load[b], weight[u])
            change += miss_price * miss
            shape += price[2] * off + _shape_change(
                indptr, indices, length, place, mass, cost, price, part, heavy, centre, medoid, u, a, b
            )
            if extra.shape[1] > 0:
                change += extra_change(extra, priced_size, held, u, a, b)
            if len(home) > 0:
                shape += ties_change(home, stay, nobody, no_foes, part, u, a, b)
            if len(foes) > 0:
                clash += ties_change(nobody, nowhere, foe_indptr, foes, part, u, a, b) / PENALTY
            done += 1
            if done < steps:
                _shift(weight, place, mass, extra, load, heavy, centre, held, part, u, a, b)
        change += shape + PENALTY * clash
        taken = done == steps and (
            change < 0.0 or (change < _FROZEN * hot and next_random(state) < np.exp(-change / hot))
        )
        if not taken or not _stay_connected(
            indptr, indices, part, unit, source, goal, steps, stamp, queue, 2 * visit
        ):
            if steps == 2 and done > 0:
                _shift(
                    weight, place, mass, extra, load, heavy, centre, held, part, unit[0], goal[0], source[0]
                )
            continue
        if steps == 2:
            _cross(indptr, indices, part, unit[0], source[0], goal[0], border)
        u, a, b = unit[steps - 1], source[steps - 1], goal[steps - 1]
        _shift(weight, place, mass, extra, load, heavy, centre, held, part, u, a, b)
        _cross(indptr, indices, part, u, a, b, border)
        firm += shape
        clashes += clash
        missed = clashes + _missed(load, held, size, extra_size)
        _keep(missed, firm + _soft(held, extra_size), part, least, best)
    return within


@njit(cache=True, nogil=True)
def _keep(missed: float, value: float, part: Ints, least: Floats, best: Ints) -> None:
    """Put a plan into `best` and what it misses and costs into `least` if it is better."""
    if missed < least[0] - _TINY or (missed < least[0] + _TINY and value < least[1] - _TINY):
        least[0], least[1] = missed, value
        best[:] = part
