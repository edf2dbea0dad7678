"""Location and allocation: where the centres of few grids should lie (Hess et al. 1965).

With fixed centres, divisible units and no contiguity, the best plan is a transportation problem.
Its Lagrangian dual has one price a grid, for the weight that the grid takes; any prices give a lower bound,
so most centres that might take another's place are refused after one sum over the units.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links
from gridder.solver.search import next_random

_ASCENT = 60
"""Steps of the dual ascent."""
_NEAR = 8
"""Places nearby that are tried for every centre."""
_ENOUGH = 1e-4
"""Share of the cost that a step must gain."""
_MOST_STEPS = 100
"""Steps a centre; where the weights fit no bounds the value need not settle."""


@njit(cache=True, nogil=True)
def find_centres(
    serve: Floats, weight: Floats, size: Floats, k: int, state: npt.NDArray[np.uint64]
) -> tuple[Ints, Floats, float]:
    """Return k centres that cannot be bettered by small steps, the prices of weight and the bound.

    All centres go to the middles of what they serve while that helps, then single ones to places nearby.

    Parameters
    ----------
    serve
        Cost of every unit (column) from every place where a centre may lie (row), shape (c, n).
    weight, size
        Weight of the units, and minimum, target and maximum of a grid.
    """
    centre = _spread(serve, k, state)
    load_of = weight / size[1]
    low, high = size[0] / size[1], size[2] / size[1]
    scale = 0.0
    for u in range(serve.shape[1]):
        scale += serve[centre, u].min() / k
    price = np.zeros(k)
    value = _ascend(serve, load_of, low, high, centre, price, 0.1 * scale)
    p, waiting, left = 0, k + 1, _MOST_STEPS * k
    while waiting > 0 and left > 0:
        left -= 1
        if waiting > k:
            tried = _middles(serve, load_of, centre, price).reshape(1, k)
        else:
            tried = _beside(serve, centre, p)
            p = (p + 1) % k
        waiting -= 1
        enough = value - _ENOUGH * abs(value)
        for i in range(len(tried)):
            if _bound(serve, load_of, low, high, tried[i], price) >= enough:
                continue
            other_price = price.copy()
            other_value = _ascend(serve, load_of, low, high, tried[i], other_price, 0.03 * scale)
            if other_value < enough:
                centre, price, value = tried[i].copy(), other_price, other_value
                waiting = k + 1
                break
    return centre, price, value


@njit(cache=True, nogil=True)
def _middles(serve: Floats, load_of: Floats, centre: Ints, price: Floats) -> Ints:
    """Return for every centre the place from which its units cost least."""
    n_places, n = serve.shape
    k = len(centre)
    owner = np.empty(n, np.int64)
    for u in range(n):
        owner[u] = np.argmin(serve[centre, u] - price * load_of[u])
    middle = centre.copy()
    least = np.full(k, np.inf)
    total = np.empty(k)
    for c in range(n_places):
        total[:] = 0.0
        for u in range(n):
            total[owner[u]] += serve[c, u]
        for q in range(k):
            if total[q] < least[q]:
                least[q], middle[q] = total[q], c
    return middle


@njit(cache=True, nogil=True)
def _beside(serve: Floats, centre: Ints, p: int) -> Ints:
    """Return centres of which one lies at a place near its own, shape (t, k)."""
    own = np.argmin(serve[centre[p]])
    near = np.argsort(serve[:, own])[: _NEAR + 1]
    tried = np.empty((len(near), len(centre)), np.int64)
    for i in range(len(near)):
        tried[i] = centre
        tried[i, p] = near[i]
    return tried


@njit(cache=True, nogil=True)
def _spread(serve: Floats, k: int, state: npt.NDArray[np.uint64]) -> Ints:
    """Return k places far from each other: each is drawn by what units cost so far (Arthur & Vassilvitskii 2007).

    A place stands for the unit that it serves best.
    """
    n_places, n = serve.shape
    centre = np.empty(k, np.int64)
    centre[0] = int(next_random(state) * n_places)
    nearest = serve[centre[0]].copy()
    for p in range(1, k):
        at = next_random(state) * nearest.sum()
        unit = min(int(np.searchsorted(np.cumsum(nearest), at)), n - 1)
        centre[p] = int(np.argmin(serve[:, unit]))
        nearest = np.minimum(nearest, serve[centre[p]])
    return centre


@njit(cache=True, nogil=True)
def _ascend(
    serve: Floats, load_of: Floats, low: float, high: float, centre: Ints, price: Floats, first_step: float
) -> float:
    """Put the best prices into `price` and return the bound; steps follow the signs of the slopes (Rprop)."""
    k, n = len(centre), serve.shape[1]
    at, load = price.copy(), np.empty(k)
    step, before = np.full(k, first_step), np.zeros(k)
    best = -np.inf
    for _ in range(_ASCENT):
        load[:] = 0.0
        value = 0.0
        for u in range(n):
            least, q = np.inf, 0
            for p in range(k):
                reduced = serve[centre[p], u] - at[p] * load_of[u]
                if reduced < least:
                    least, q = reduced, p
            value += least
            load[q] += load_of[u]
        missed = 0.0
        for p in range(k):
            value += at[p] * (low if at[p] > 0.0 else high)
            slope = (low if at[p] > 0.0 else high) - load[p]
            if at[p] == 0.0:
                slope = max(low - load[p], 0.0) + min(high - load[p], 0.0)
            missed += abs(slope)
            if slope * before[p] < 0.0:
                step[p] *= 0.5
            elif slope * before[p] > 0.0:
                step[p] *= 1.5
            before[p] = slope
        if value > best:
            best = value
            price[:] = at
        if missed == 0.0:
            break
        for p in range(k):
            at[p] += step[p] * np.sign(before[p])
    return best


@njit(cache=True, nogil=True)
def _bound(serve: Floats, load_of: Floats, low: float, high: float, centre: Ints, price: Floats) -> float:
    """Return the bound at some prices."""
    value = 0.0
    for u in range(serve.shape[1]):
        least = np.inf
        for p in range(len(centre)):
            least = min(least, serve[centre[p], u] - price[p] * load_of[u])
        value += least
    for p in range(len(centre)):
        value += price[p] * (low if price[p] > 0.0 else high)
    return value


@njit(cache=True, nogil=True)
def allocate(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    target: float,
    reduced_from: Floats,
    price: Floats,
    seed: Ints,
) -> Ints:
    """Return a plan of connected grids around `seed`, each unit in the cheapest grid that it can reach.

    `reduced_from` holds the cost of every unit from the centre of every grid, shape (k, n).
    Grids grow from their seeds through units of their own; what stays behind joins the cheapest grid it touches.
    """
    n, k = len(weight), len(seed)
    part = np.full(n, -1, np.int64)
    wish = np.empty(n, np.int64)
    for u in range(n):
        wish[u] = np.argmin(reduced_from[:, u] - price * weight[u] / target)
    queue = np.empty(n, np.int64)
    head = 0
    for p in range(k):
        part[seed[p]] = p
        queue[p] = seed[p]
    filled = k
    while head < filled:
        u = queue[head]
        head += 1
        for i in range(indptr[u], indptr[u + 1]):
            v = indices[i]
            if part[v] < 0 and wish[v] == part[u]:
                part[v] = part[u]
                queue[filled] = v
                filled += 1
    while filled < n:
        before = filled
        for u in range(n):
            least = np.inf
            for i in range(indptr[u], indptr[u + 1]):
                q = part[indices[i]]
                if part[u] < 0 and q >= 0:
                    reduced = reduced_from[q, u] - price[q] * weight[u] / target
                    if reduced < least:
                        least, wish[u] = reduced, q
            if least < np.inf:
                part[u] = wish[u]
                filled += 1
        if filled == before:
            break
    return part
