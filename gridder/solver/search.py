"""Local search: units move between neighbouring grids, by simulated annealing (Kirkpatrick et al. 1983).

`Terms` says what a plan costs, `Sums` holds what changes while units move.
What is minimised is the sum over grids of moment, cut, squared deviation and moved weight at their prices and,
far above it, the penalty of grids that miss a bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links

PENALTY = 20.0
"""Price of a grid that misses a bound; moment, cut and deviation of one grid are near 1."""
REACH = 400
_FROZEN = 30.0


class Terms(NamedTuple):
    """What the search prices, for n units; arrays of length 0 stand for terms that are not asked for.

    Attributes
    ----------
    indptr, indices, length
        Contiguity in compressed sparse rows and the length of every link, 1 where none is given.
    weight
        What the bounds hold for, shape (n,).
    place, mass
        Position, with a column more for everything that should be alike in a grid, and weight in the moment;
        shapes (n, d) and (n,).
    cost
        Cost of every unit (row) with every unit as centre, shape (n, n); it stands in for the moment.
    size
        Minimum, target and maximum of the weight of a grid.
    price
        Price of moment, cut and squared deviation of one grid.
    extra, extra_size
        Further sizes of the units, shape (n, e), and for each minimum, maximum, scale and price of a miss of
        one scale, shape (e, 4).
    home, stay
        Grid in which a unit should stay (-1 for any) and the price of its moving, shape (n,).
    foe_indptr, foes
        Units that may not share a grid with a unit, in compressed sparse rows.
    """

    indptr: Ints
    indices: Links
    length: Floats
    weight: Floats
    place: Floats
    mass: Floats
    cost: Floats
    size: Floats
    price: Floats
    extra: Floats
    extra_size: Floats
    home: Ints
    stay: Floats
    foe_indptr: Ints
    foes: Links


class Sums(NamedTuple):
    """What the search keeps for k grids: weight, mass, mass x place, further sizes, and the centre unit.

    Shapes (k,), (k,), (k, d), (k, e) and (k,); `medoid` is kept only where `Terms.cost` is given.
    """

    load: Floats
    mass: Floats
    centre: Floats
    extra: Floats
    medoid: Ints


@njit(cache=True, nogil=True)
def next_random(state: npt.NDArray[np.uint64]) -> float:
    """Return a number in [0, 1) and advance the state (splitmix64, Steele et al. 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def sum_up(terms: Terms, part: Ints, n_parts: int) -> Sums:
    """Return the sums of a plan of `n_parts` grids."""
    n_medoids = n_parts if len(terms.cost) > 0 else 0
    sums = Sums(
        np.zeros(n_parts),
        np.zeros(n_parts),
        np.zeros((n_parts, terms.place.shape[1])),
        np.zeros((n_parts, terms.extra.shape[1])),
        np.full(n_medoids, -1, np.int64),
    )
    for u in range(len(part)):
        _add(terms, sums, u, part[u], 1.0)
    if n_medoids > 0:
        find_medoids(terms, part, sums)
    return sums


@njit(cache=True, nogil=True)
def _add(terms: Terms, sums: Sums, u: int, p: int, sign: float) -> None:
    sums.load[p] += sign * terms.weight[u]
    sums.mass[p] += sign * terms.mass[u]
    for axis in range(terms.place.shape[1]):
        sums.centre[p, axis] += sign * terms.mass[u] * terms.place[u, axis]
    for e in range(terms.extra.shape[1]):
        sums.extra[p, e] += sign * terms.extra[u, e]


@njit(cache=True, nogil=True)
def find_medoids(terms: Terms, part: Ints, sums: Sums) -> float:
    """Set the unit of every grid that is its best centre; return what all units cost, 0 without `Terms.cost`."""
    if len(terms.cost) == 0:
        return 0.0
    n, n_parts = len(part), len(sums.load)
    order = np.argsort(part, kind="mergesort")
    start = np.searchsorted(part[order], np.arange(n_parts + 1))
    total = 0.0
    for p in range(n_parts):
        members = order[start[p] : start[p + 1]]
        best = np.inf
        for c in members:
            value = 0.0
            for u in members:
                value += terms.mass[u] * terms.cost[u, c]
                if value >= best:
                    break
            if value < best:
                best = value
                sums.medoid[p] = c
        if len(members) > 0:
            total += best
    return total if n > 0 else 0.0


@njit(cache=True, nogil=True)
def grid_cost(weight: float, size: Floats, deviation: float, by_people: bool) -> float:
    """Return what the weight of a grid costs.

    `size` holds minimum, target and maximum.
    Out of bounds a grid costs its distance from them, or, `by_people`, all who are in it.
    """
    target = size[1]
    off = (weight - target) / target
    cost = deviation * off * off
    if weight < size[0] or weight > size[2]:
        if by_people:
            cost += PENALTY * (1.0 + weight / target)
        else:
            cost += PENALTY * (0.05 + max(size[0] - weight, weight - size[2]) / target)
    return float(cost)


@njit(cache=True, nogil=True)
def extra_cost(extra_size: Floats, e: int, value: float) -> float:
    """Return what a further size of a grid costs: its miss of the bounds, in scales, at its price."""
    miss = max(extra_size[e, 0] - value, value - extra_size[e, 1], 0.0)
    return float(extra_size[e, 3] * miss / extra_size[e, 2])


@njit(cache=True, nogil=True)
def stays_connected(
    indptr: Ints, indices: Links, part: Ints, u: int, stamp: Ints, queue: Ints, tick: int, reach: int
) -> bool:
    """Return whether the grid of `u` is seen to be connected, and not empty, without it.

    After `reach` units the search ends with False: where the ways around are longer the unit stays,
    and a move costs no more in large grids.
    """
    own = part[u]
    wanted = 0
    first = -1
    for k in range(indptr[u], indptr[u + 1]):
        if part[indices[k]] == own:
            wanted += 1
            first = indices[k]
    if wanted < 2:
        return wanted == 1
    mine, reached = 2 * tick, 2 * tick + 1
    for k in range(indptr[u], indptr[u + 1]):
        if part[indices[k]] == own:
            stamp[indices[k]] = mine
    stamp[u] = reached
    stamp[first] = reached
    queue[0] = first
    head, filled, found = 0, 1, 1
    while head < filled < reach:
        v = queue[head]
        head += 1
        for k in range(indptr[v], indptr[v + 1]):
            w = indices[k]
            if part[w] == own and stamp[w] != reached:
                if stamp[w] == mine:
                    found += 1
                    if found == wanted:
                        return True
                stamp[w] = reached
                queue[filled] = w
                filled += 1
    return False


@njit(cache=True, nogil=True)
def moment_change(
    place: Floats, mass: Floats, centre: Floats, heavy: Floats, u: int, a: int, b: int
) -> float:
    """Return by how much the moment grows when `u` moves from `a` to `b` (Steiner's theorem)."""
    m = mass[u]
    change = 0.0
    if heavy[a] > m:
        square = 0.0
        for axis in range(place.shape[1]):
            d = place[u, axis] - centre[a, axis] / heavy[a]
            square += d * d
        change -= m * heavy[a] / (heavy[a] - m) * square
    if heavy[b] > 0.0:
        square = 0.0
        for axis in range(place.shape[1]):
            d = place[u, axis] - centre[b, axis] / heavy[b]
            square += d * d
        change += m * heavy[b] / (heavy[b] + m) * square
    return change


@njit(cache=True, nogil=True)
def link_length(length: Floats, k: int) -> float:
    """Return the length of an entry of the graph, 1 where no lengths are given."""
    return float(length[k]) if len(length) > 0 else 1.0


@njit(cache=True, nogil=True)
def cut_change(indptr: Ints, indices: Links, length: Floats, part: Ints, u: int, a: int, b: int) -> float:
    """Return by how much the cut grows when `u` moves from `a` to `b`."""
    change = 0.0
    for k in range(indptr[u], indptr[u + 1]):
        if part[indices[k]] == a:
            change += link_length(length, k)
        elif part[indices[k]] == b:
            change -= link_length(length, k)
    return change


@njit(cache=True, nogil=True)
def weight_change(w: float, size: Floats, deviation: float, by_people: bool, a: float, b: float) -> float:
    """Return by how much the cost of two grids that weigh `a` and `b` grows when `w` moves to the second."""
    return (
        grid_cost(a - w, size, deviation, by_people)
        + grid_cost(b + w, size, deviation, by_people)
        - grid_cost(a, size, deviation, by_people)
        - grid_cost(b, size, deviation, by_people)
    )


@njit(cache=True, nogil=True)
def extra_change(extra: Floats, extra_size: Floats, held: Floats, u: int, a: int, b: int) -> float:
    """Return by how much the misses of further sizes grow when `u` moves from `a` to `b`."""
    change = 0.0
    for e in range(extra.shape[1]):
        x = extra[u, e]
        change += extra_cost(extra_size, e, held[a, e] - x) + extra_cost(extra_size, e, held[b, e] + x)
        change -= extra_cost(extra_size, e, held[a, e]) + extra_cost(extra_size, e, held[b, e])
    return change


@njit(cache=True, nogil=True)
def ties_change(
    home: Ints, stay: Floats, foe_indptr: Ints, foes: Links, part: Ints, u: int, a: int, b: int
) -> float:
    """Return by how much moved weight and the penalty of foes in one grid grow when `u` moves from `a` to `b`."""
    change = 0.0
    if len(home) > 0:
        if home[u] == a:
            change += stay[u]
        elif home[u] == b:
            change -= stay[u]
    if len(foes) > 0:
        for k in range(foe_indptr[u], foe_indptr[u + 1]):
            if part[foes[k]] == b:
                change += PENALTY
            elif part[foes[k]] == a:
                change -= PENALTY
    return change


@njit(cache=True, nogil=True)
def move(terms: Terms, sums: Sums, part: Ints, u: int, a: int, b: int) -> None:
    """Move `u` from `a` to `b`."""
    part[u] = b
    _add(terms, sums, u, a, -1.0)
    _add(terms, sums, u, b, 1.0)


@njit(cache=True, nogil=True)
def anneal(
    terms: Terms,
    by_people: bool,
    temperature: Floats,
    part: Ints,
    n_parts: int,
    state: npt.NDArray[np.uint64],
) -> int:
    """Sweep over all units once for every temperature and move them in place; return the number of moves.

    Every grid stays connected and none is emptied.
    """
    (indptr, indices, length, weight, place, mass, cost, size, price) = terms[:9]
    (extra, extra_size, home, stay, foe_indptr, foes) = terms[9:]
    sums = sum_up(terms, part, n_parts)
    load, heavy, centre, held, medoid = sums
    n = len(part)
    tied = len(home) > 0 or len(foes) > 0
    stamp = np.full(n, -1, np.int64)
    queue = np.empty(n, np.int64)
    tick, moves = 0, 0
    for sweep in range(len(temperature)):
        hot = temperature[sweep]
        if sweep > 0 and len(medoid) > 0:
            find_medoids(terms, part, sums)
        for u in range(n):
            degree = indptr[u + 1] - indptr[u]
            if degree == 0:
                continue
            a = part[u]
            b = part[indices[indptr[u] + int(next_random(state) * degree)]]
            if a == b or (len(medoid) > 0 and medoid[a] == u):
                continue
            change = weight_change(weight[u], size, price[2], by_people, load[a], load[b])
            if price[0] > 0.0:
                change += price[0] * moment_change(place, mass, centre, heavy, u, a, b)
                if len(medoid) > 0:
                    change += price[0] * mass[u] * (cost[u, medoid[b]] - cost[u, medoid[a]])
            if price[1] > 0.0:
                change += price[1] * cut_change(indptr, indices, length, part, u, a, b)
            if extra.shape[1] > 0:
                change += extra_change(extra, extra_size, held, u, a, b)
            if tied:
                change += ties_change(home, stay, foe_indptr, foes, part, u, a, b)
            if change >= 0.0 and (change >= _FROZEN * hot or next_random(state) >= np.exp(-change / hot)):
                continue
            tick += 1
            if not stays_connected(indptr, indices, part, u, stamp, queue, tick, REACH):
                continue
            moves += 1
            part[u] = b
            load[a] -= weight[u]
            load[b] += weight[u]
            heavy[a] -= mass[u]
            heavy[b] += mass[u]
            for axis in range(place.shape[1]):
                centre[a, axis] -= mass[u] * place[u, axis]
                centre[b, axis] += mass[u] * place[u, axis]
            for e in range(extra.shape[1]):
                held[a, e] -= extra[u, e]
                held[b, e] += extra[u, e]
    return moves
