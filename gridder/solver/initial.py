"""The first plan: recursive bisection by sweeps, every part connected (Berger & Bokhari 1987, Simon 1991)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints

SMALL = 200
"""Regions of at most so many units are swept at six angles and every cut is scored; larger ones are halved."""
_ANGLES = 6


@njit(cache=True)
def bisect(
    indptr: Ints,
    indices: Ints,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    units: Ints,
    start: Ints,
    count: Ints,
) -> Ints:
    """Divide connected regions into connected parts.

    Parameters
    ----------
    indptr, indices
        Graph of n units.
    weight, xy, mass
        Weight, position (n, 2) and weight in the moment of every unit.
    bounds
        Minimum and maximum of the weight of a part.
    units, start
        Region r consists of `units[start[r]:start[r + 1]]`.
    count
        Number of parts of every region, at most its number of units.

    Returns
    -------
    Part of every unit, shape (n,), -1 outside all regions.
    """
    n = len(weight)
    units = units.copy()
    part = np.full(n, -1, np.int64)
    side = np.zeros(n, np.int8)
    n_parts = 0
    stack = np.empty((n + 1, 3), np.int64)
    for region in range(len(count)):
        stack[0] = (start[region], start[region + 1], count[region])
        height = 1
        while height > 0:
            height -= 1
            lo, hi, k = stack[height]
            if k == 1:
                part[units[lo:hi]] = n_parts
                n_parts += 1
                continue
            cut, k_first = _split(indptr, indices, weight, xy, mass, bounds, units[lo:hi], k, side)
            stack[height] = (lo + cut, hi, k - k_first)
            stack[height + 1] = (lo, lo + cut, k_first)
            height += 2
    return part


@njit(cache=True)
def violation(weight: float, k: int, bounds: tuple[float, float]) -> float:
    """Return by how much a weight cannot be k parts in bounds."""
    return max(0.0, k * bounds[0] - weight, weight - k * bounds[1])


@njit(cache=True)
def _split(
    indptr: Ints,
    indices: Ints,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    units: Ints,
    k: int,
    side: npt.NDArray[np.int8],
) -> tuple[int, int]:
    """Reorder a region so that two connected sides follow each other; return where, and parts of the first."""
    m = len(units)
    load = weight[units]
    if load.sum() <= 0.0:
        load = np.ones(m)
    axis = _inertia_axis(xy[units], mass[units])
    best = units.copy()
    best_cut, best_k, best_bad, best_moment = 0, 0, np.inf, np.inf
    for turn in range(_ANGLES):
        angle = axis + turn * np.pi / _ANGLES
        key = np.cos(angle) * xy[units, 0] + np.sin(angle) * xy[units, 1]
        order = np.argsort(key, kind="mergesort")
        ordered = units[order]
        cut = _best_cut(load[order], xy[ordered], mass[ordered], bounds, k)
        cut = _connect_sides(indptr, indices, ordered, cut, side)
        first = weight[ordered[:cut]].sum()
        second = weight[ordered[cut:]].sum()
        k_first = _parts_of(first, second, cut, m, k, bounds)
        bad = violation(first, k_first, bounds) + violation(second, k - k_first, bounds)
        bad += max(0, k_first - cut) + max(0, k - k_first - (m - cut))
        moment = _moment(xy[ordered[:cut]], mass[ordered[:cut]]) + _moment(
            xy[ordered[cut:]], mass[ordered[cut:]]
        )
        if bad < best_bad or (bad == best_bad and moment < best_moment):
            best, best_cut, best_k, best_bad, best_moment = ordered, cut, k_first, bad, moment
        if m > SMALL and bad == 0.0:
            break
    units[:] = best
    return best_cut, best_k


@njit(cache=True)
def _parts_of(first: float, second: float, cut: int, m: int, k: int, bounds: tuple[float, float]) -> int:
    """Return how many of k parts the first side should have."""
    total = first + second
    share = first / total if total > 0.0 else cut / m
    least = max(1, k - (m - cut))
    most = min(k - 1, cut)
    near = int(share * k + 0.5)
    best, best_bad = min(max(near, least), most), np.inf
    for k_first in (near, near - 1, near + 1):
        if least <= k_first <= most:
            bad = violation(first, k_first, bounds) + violation(second, k - k_first, bounds)
            if bad < best_bad:
                best, best_bad = k_first, bad
    return best


@njit(cache=True)
def _best_cut(load: Floats, xy: Floats, mass: Floats, bounds: tuple[float, float], k: int) -> int:
    """Return where to cut a sorted region: the least moment among cuts in bounds; the half where it is large."""
    m = len(load)
    total = load.sum()
    before = np.cumsum(load)
    if m > SMALL:
        half = total * (k // 2) / k
        return min(max(int(np.searchsorted(before, half)) + 1, 1), m - 1)
    prefix = _prefix_moments(xy, mass)
    suffix = _prefix_moments(xy[::-1], mass[::-1])[::-1]
    mean = total / k
    scale = max(prefix[m - 1], 1e-300)
    best, best_score = m // 2, np.inf
    for cut in range(1, m):
        first = before[cut - 1]
        k_first = min(max(int(first / mean + 0.5), 1), k - 1)
        bad = violation(first, k_first, bounds) + violation(total - first, k - k_first, bounds)
        bad += mean * (max(0, k_first - cut) + max(0, k - k_first - (m - cut)))
        off = (first / k_first - mean) / mean
        off_other = ((total - first) / (k - k_first) - mean) / mean
        score = (prefix[cut - 1] + suffix[cut]) / scale
        score += (k_first * off * off + (k - k_first) * off_other * off_other) / k + 1e3 * bad / mean
        if score < best_score:
            best, best_score = cut, score
    return best


@njit(cache=True)
def _prefix_moments(xy: Floats, mass: Floats) -> Floats:
    out = np.empty(len(mass))
    total, cx, cy, moment = 0.0, 0.0, 0.0, 0.0
    for i in range(len(mass)):
        a = mass[i]
        if a > 0.0:
            dx, dy = xy[i, 0] - cx, xy[i, 1] - cy
            share = a / (total + a)
            moment += total * share * (dx * dx + dy * dy)
            cx += share * dx
            cy += share * dy
            total += a
        out[i] = moment
    return out


@njit(cache=True)
def _moment(xy: Floats, mass: Floats) -> float:
    return _prefix_moments(xy, mass)[-1] if len(mass) > 0 else 0.0


@njit(cache=True)
def _inertia_axis(xy: Floats, mass: Floats) -> float:
    """Return the direction in which the region is longest, as an angle."""
    total = mass.sum()
    a = mass / total if total > 0.0 else np.full(len(mass), 1.0 / len(mass))
    x = xy[:, 0] - (a * xy[:, 0]).sum()
    y = xy[:, 1] - (a * xy[:, 1]).sum()
    return float(0.5 * np.arctan2(2.0 * (a * x * y).sum(), (a * (x * x - y * y)).sum()))


@njit(cache=True)
def _connect_sides(indptr: Ints, indices: Ints, ordered: Ints, cut: int, side: npt.NDArray[np.int8]) -> int:
    """Make both sides of a connected region connected, order kept; return the new cut.

    The largest piece of the first side stays; the largest piece of what remains is the second side,
    and its other pieces, which touch nothing but the first side, join that.
    """
    side[ordered] = 1
    first = _largest_piece(indptr, indices, ordered[:cut], side)
    for u in ordered:
        side[u] = 1
    for u in first:
        side[u] = 2
    others = ordered[side[ordered] == 1]
    second = _largest_piece(indptr, indices, others, side)
    side[ordered] = 1
    side[second] = 2
    keep = side[ordered] == 1
    new_cut = int(keep.sum())
    behind = ordered[~keep]
    ordered[:new_cut] = ordered[keep]
    ordered[new_cut:] = behind
    side[ordered] = 0
    return new_cut


@njit(cache=True)
def _largest_piece(indptr: Ints, indices: Ints, among: Ints, side: npt.NDArray[np.int8]) -> Ints:
    """Return the largest connected piece of `among`; the side of all these units is 0 afterwards."""
    side[among] = 3
    queue = np.empty(len(among), np.int64)
    best_start, best_size, filled = 0, 0, 0
    for seed in among:
        if side[seed] != 3:
            continue
        begin = filled
        side[seed] = 0
        queue[filled] = seed
        filled += 1
        head = begin
        while head < filled:
            u = queue[head]
            head += 1
            for k in range(indptr[u], indptr[u + 1]):
                v = indices[k]
                if side[v] == 3:
                    side[v] = 0
                    queue[filled] = v
                    filled += 1
        if filled - begin > best_size:
            best_start, best_size = begin, filled - begin
    return queue[best_start : best_start + best_size].copy()


@njit(cache=True)
def layout(indptr: Ints, indices: Ints) -> Floats:
    """Return positions for a graph without any: differences of distances to four landmarks, smoothed.

    The landmarks of a component are two units far from each other and two far from both, as in
    landmark multidimensional scaling (de Silva & Tenenbaum 2004); shape (n, 2), in links.
    """
    n = len(indptr) - 1
    xy = np.zeros((n, 2))
    seen = np.zeros(n, np.bool_)
    distance = np.full((5, n), -1, np.int64)
    queue = np.empty(n, np.int64)
    for unit in range(n):
        if seen[unit]:
            continue
        size = _distances(indptr, indices, unit, distance[0], queue)
        piece = queue[:size].copy()
        seen[piece] = True
        a = piece[np.argmax(distance[0][piece])]
        _distances(indptr, indices, a, distance[1], queue)
        b = piece[np.argmax(distance[1][piece])]
        _distances(indptr, indices, b, distance[2], queue)
        c = piece[np.argmax(np.minimum(distance[1][piece], distance[2][piece]))]
        _distances(indptr, indices, c, distance[3], queue)
        d = piece[np.argmax(distance[3][piece])]
        _distances(indptr, indices, d, distance[4], queue)
        xy[piece, 0] = distance[1][piece] - distance[2][piece]
        xy[piece, 1] = distance[3][piece] - distance[4][piece]
    for _ in range(10):
        previous = xy.copy()
        for u in range(n):
            degree = indptr[u + 1] - indptr[u]
            for k in range(indptr[u], indptr[u + 1]):
                xy[u, 0] += previous[indices[k], 0]
                xy[u, 1] += previous[indices[k], 1]
            xy[u, 0] /= degree + 1
            xy[u, 1] /= degree + 1
    return xy


@njit(cache=True)
def _distances(indptr: Ints, indices: Ints, start: int, distance: Ints, queue: Ints) -> int:
    """Write the number of links from `start` and return how many units were reached."""
    queue[0] = start
    distance[start] = 0
    filled, head = 1, 0
    while head < filled:
        u = queue[head]
        head += 1
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if distance[v] < 0:
                distance[v] = distance[u] + 1
                queue[filled] = v
                filled += 1
    return filled
