"""Local search: units move between neighbouring grids, by simulated annealing (Kirkpatrick et al. 1983).

What is minimised is the sum over grids of `coef[0]` x moment + `coef[1]` x cut + `coef[2]` x deviation squared,
and, far above it, the penalty of grids out of bounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints

PENALTY = 20.0
"""Price of a grid out of bounds; moment, cut and deviation of one grid are near 1."""
REACH = 400


@njit(cache=True)
def next_random(state: npt.NDArray[np.uint64]) -> float:
    """Return a number in [0, 1) and advance the state (splitmix64, Steele et al. 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
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


@njit(cache=True)
def stays_connected(
    indptr: Ints, indices: Ints, part: Ints, u: int, stamp: Ints, queue: Ints, tick: int
) -> bool:
    """Return whether the grid of `u` is seen to be connected, and not empty, without it.

    After `REACH` units the search ends with False: where the ways around are longer the unit stays,
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
    while head < filled < REACH:
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


@njit(cache=True)
def _moment_change(xy: Floats, mass: Floats, centre: Floats, heavy: Floats, u: int, a: int, b: int) -> float:
    """Return by how much the moment grows when `u` moves from `a` to `b` (Steiner's theorem)."""
    m = mass[u]
    change = 0.0
    if heavy[a] > m:
        dx, dy = xy[u, 0] - centre[a, 0] / heavy[a], xy[u, 1] - centre[a, 1] / heavy[a]
        change -= m * heavy[a] / (heavy[a] - m) * (dx * dx + dy * dy)
    if heavy[b] > 0.0:
        dx, dy = xy[u, 0] - centre[b, 0] / heavy[b], xy[u, 1] - centre[b, 1] / heavy[b]
        change += m * heavy[b] / (heavy[b] + m) * (dx * dx + dy * dy)
    return change


@njit(cache=True)
def _cut_change(indptr: Ints, indices: Ints, length: Floats, part: Ints, u: int, a: int, b: int) -> float:
    """Return by how much the cut grows when `u` moves from `a` to `b`."""
    change = 0.0
    for k in range(indptr[u], indptr[u + 1]):
        if part[indices[k]] == a:
            change += length[k]
        elif part[indices[k]] == b:
            change -= length[k]
    return change


@njit(cache=True)
def _weight_change(w: float, size: Floats, deviation: float, by_people: bool, a: float, b: float) -> float:
    """Return by how much the cost of two grids that weigh `a` and `b` grows when `w` moves to the second."""
    return (
        grid_cost(a - w, size, deviation, by_people)
        + grid_cost(b + w, size, deviation, by_people)
        - grid_cost(a, size, deviation, by_people)
        - grid_cost(b, size, deviation, by_people)
    )


@njit(cache=True)
def anneal(
    indptr: Ints,
    indices: Ints,
    length: Floats,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    size: Floats,
    coef: Floats,
    by_people: bool,
    temperature: Floats,
    part: Ints,
    state: npt.NDArray[np.uint64],
) -> int:
    """Sweep over all units once for every temperature and move them in place; return the number of moves.

    Every grid stays connected and none is emptied.
    """
    n = len(part)
    n_parts = part.max() + 1
    load = np.zeros(n_parts)
    heavy = np.zeros(n_parts)
    centre = np.zeros((n_parts, 2))
    for u in range(n):
        load[part[u]] += weight[u]
        heavy[part[u]] += mass[u]
        centre[part[u]] += mass[u] * xy[u]
    stamp = np.full(n, -1, np.int64)
    queue = np.empty(n, np.int64)
    tick, moves = 0, 0
    for hot in temperature:
        for u in range(n):
            degree = indptr[u + 1] - indptr[u]
            if degree == 0:
                continue
            a = part[u]
            b = part[indices[indptr[u] + int(next_random(state) * degree)]]
            if a == b:
                continue
            change = _weight_change(weight[u], size, coef[2], by_people, load[a], load[b])
            if coef[0] > 0.0:
                change += coef[0] * _moment_change(xy, mass, centre, heavy, u, a, b)
            if coef[1] > 0.0:
                change += coef[1] * _cut_change(indptr, indices, length, part, u, a, b)
            if change >= 0.0 and (hot == 0.0 or next_random(state) >= np.exp(-change / hot)):
                continue
            tick += 1
            if not stays_connected(indptr, indices, part, u, stamp, queue, tick):
                continue
            part[u] = b
            moves += 1
            load[a] -= weight[u]
            load[b] += weight[u]
            heavy[a] -= mass[u]
            heavy[b] += mass[u]
            for axis in range(2):
                centre[a, axis] -= mass[u] * xy[u, axis]
                centre[b, axis] += mass[u] * xy[u, axis]
    return moves
