"""The first plan: recursive bisection by sweeps, every part connected (Berger & Bokhari 1987, Simon 1991)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Floats, Ints, Links

SMALL = 100
"""Regions of at most so many units are swept at four angles and every cut is scored; larger ones are halved by weight."""
_ANGLES = 4


@njit(cache=True, nogil=True)
def bisect(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    regions: Ints,
    units: Ints,
    stop: int,
    most: int,
) -> Ints:
    """Divide connected regions into connected regions, each in half as often as it takes.

    Parameters
    ----------
    indptr, indices
        Graph of n units.
    weight, xy, mass
        Weight, position (n, 2) and weight in the moment of every unit.
    bounds
        Minimum and maximum of the weight of a grid.
    regions
        Rows of first place in `units`, place behind the last, and number of grids, at most its number of
        units; shape (r, 3).
    units
        Units of the regions one after the other; reordered in place.
    stop
        Regions of at most so many units, or of one grid, are not divided further.
    most
        No further halving begins once there are so many regions; 0 for any number.

    Returns
    -------
    Regions, as the parameter, in the order of `units`.
    """
    n = len(weight)
    side = np.zeros(n, np.int8)
    queue = np.empty(n, np.int64)
    now = regions
    while most == 0 or len(now) < most:
        later = np.empty((2 * len(now), 3), np.int64)
        n_later = 0
        for r in range(len(now)):
            lo, hi, k = now[r]
            if k == 1 or hi - lo <= stop:
                later[n_later] = now[r]
                n_later += 1
                continue
            cut, k_first = _split(indptr, indices, weight, xy, mass, bounds, units[lo:hi], k, side, queue)
            later[n_later] = (lo, lo + cut, k_first)
            later[n_later + 1] = (lo + cut, hi, k - k_first)
            n_later += 2
        if n_later == len(now):
            break
        now = later[:n_later]
    return now


@njit(cache=True, nogil=True)
def violation(weight: float, k: int, bounds: tuple[float, float]) -> float:
    """Return by how much a weight cannot be k parts in bounds."""
    return max(0.0, k * bounds[0] - weight, weight - k * bounds[1])


@njit(cache=True, nogil=True)
def _split(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    units: Ints,
    k: int,
    side: npt.NDArray[np.int8],
    queue: Ints,
) -> tuple[int, int]:
    """Reorder a region so that two connected sides follow each other; return where, and parts of the first.

    The angles are tried from the most promising; the first whose sides can be divided is taken.
    """
    m = len(units)
    load = weight[units]
    if load.sum() <= 0.0:
        load = np.ones(m)
    axis = _inertia_axis(units, xy, mass)
    orders = np.empty((_ANGLES if m <= SMALL else 0, m), np.int64)
    cuts = np.empty(_ANGLES, np.int64)
    scores = np.arange(_ANGLES).astype(np.float64)
    for turn in range(len(orders)):
        orders[turn] = _order(_along(xy, units, axis + turn * np.pi / _ANGLES))
        cuts[turn], scores[turn] = _best_cut(orders[turn], units, load, xy, mass, bounds, k)
    best = units.copy()
    best_cut, best_k, best_bad = 0, 0, np.inf
    for turn in np.argsort(scores, kind="mergesort"):
        if m <= SMALL:
            ordered, cut = units[orders[turn]], cuts[turn]
        else:
            ordered = units.copy()
            key = _along(xy, units, axis + turn * np.pi / _ANGLES)
            cut = _select(key, ordered, load.copy(), load.sum() * (k // 2) / k)
        cut = _connect_sides(indptr, indices, ordered, cut, side, queue)
        first = weight[ordered[:cut]].sum()
        second = weight[ordered[cut:]].sum()
        k_first = _parts_of(first, second, cut, m, k, bounds)
        bad = violation(first, k_first, bounds) + violation(second, k - k_first, bounds)
        bad += max(0, k_first - cut) + max(0, k - k_first - (m - cut))
        if bad < best_bad:
            best, best_cut, best_k, best_bad = ordered, cut, k_first, bad
        if bad == 0.0:
            break
    units[:] = best
    return best_cut, best_k


@njit(cache=True, nogil=True)
def _along(xy: Floats, units: Ints, angle: float) -> Floats:
    """Return how far the units lie in a direction."""
    dx, dy = np.cos(angle), np.sin(angle)
    key = np.empty(len(units))
    for i in range(len(units)):
        key[i] = dx * xy[units[i], 0] + dy * xy[units[i], 1]
    return key


@njit(cache=True, nogil=True)
def _order(key: Floats) -> Ints:
    """Return the order of few keys: whole numbers that hold key and position are sorted faster than positions."""
    least = key.min()
    scale = (1 << 53) / max(key.max() - least, 1e-300)
    held = np.empty(len(key), np.int64)
    for i in range(len(key)):
        held[i] = (np.int64((key[i] - least) * scale) << 8) | i
    held.sort()
    for i in range(len(key)):
        held[i] &= 255
    return held


@njit(cache=True, nogil=True)
def _select(key: Floats, units: Ints, load: Floats, goal: float) -> int:
    """Reorder so that the units of least key that weigh `goal` come first; return how many they are.

    Quickselect (Hoare 1961) by weight instead of rank; all three arrays are reordered.
    """
    lo, hi, before = 0, len(key), 0.0
    while hi - lo > 1:
        a, b, c = key[lo], key[(lo + hi) // 2], key[hi - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        less, equal, i, weight_less, weight_equal = lo, hi, lo, 0.0, 0.0
        while i < equal:
            if key[i] < pivot:
                weight_less += load[i]
                _swap(key, units, load, i, less)
                less += 1
                i += 1
            elif key[i] > pivot:
                equal -= 1
                _swap(key, units, load, i, equal)
            else:
                weight_equal += load[i]
                i += 1
        if before + weight_less >= goal:
            hi = less
        elif before + weight_less + weight_equal >= goal:
            before += weight_less
            lo = less
            while lo < equal and before < goal:
                before += load[lo]
                lo += 1
            break
        else:
            before += weight_less + weight_equal
            lo = equal
    if hi - lo == 1 and before + 0.5 * load[lo] < goal:
        lo += 1
    return min(max(lo, 1), len(key) - 1)


@njit(cache=True, nogil=True)
def _swap(key: Floats, units: Ints, load: Floats, i: int, j: int) -> None:
    key[i], key[j] = key[j], key[i]
    units[i], units[j] = units[j], units[i]
    load[i], load[j] = load[j], load[i]


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _best_cut(
    order: Ints,
    units: Ints,
    load: Floats,
    xy: Floats,
    mass: Floats,
    bounds: tuple[float, float],
    k: int,
) -> tuple[int, float]:
    """Return where to cut a region, swept in an order, for the least moment, and how good that is.

    The moment of a side follows from sums of mass, mass x place and mass x square (Steiner's theorem).
    """
    m = len(units)
    x0, y0 = xy[units[0], 0], xy[units[0], 1]
    total, heavy, right, up, square = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(m):
        u = units[i]
        x, y, a = xy[u, 0] - x0, xy[u, 1] - y0, mass[u]
        total += load[i]
        heavy += a
        right += a * x
        up += a * y
        square += a * (x * x + y * y)
    mean = total / k
    whole = square - (right * right + up * up) / heavy if heavy > 0.0 else 0.0
    scale = max(whole, 1e-300)
    best, best_score = m // 2, np.inf
    first, heavy_1, right_1, up_1 = 0.0, 0.0, 0.0, 0.0
    for cut in range(1, m):
        u = units[order[cut - 1]]
        a = mass[u]
        first += load[order[cut - 1]]
        heavy_1 += a
        right_1 += a * (xy[u, 0] - x0)
        up_1 += a * (xy[u, 1] - y0)
        k_first = min(max(int(first / mean + 0.5), 1), k - 1)
        bad = violation(first, k_first, bounds) + violation(total - first, k - k_first, bounds)
        bad += mean * (max(0, k_first - cut) + max(0, k - k_first - (m - cut)))
        off = (first / k_first - mean) / mean
        off_other = ((total - first) / (k - k_first) - mean) / mean
        moment = square
        if heavy_1 > 0.0:
            moment -= (right_1 * right_1 + up_1 * up_1) / heavy_1
        if heavy - heavy_1 > 0.0:
            moment -= ((right - right_1) ** 2 + (up - up_1) ** 2) / (heavy - heavy_1)
        score = moment / scale
        score += (k_first * off * off + (k - k_first) * off_other * off_other) / k + 1e3 * bad / mean
        if score < best_score:
            best, best_score = cut, score
    return best, best_score


@njit(cache=True, nogil=True)
def _inertia_axis(units: Ints, xy: Floats, mass: Floats) -> float:
    """Return the direction in which the region is longest, as an angle."""
    by_mass = mass[units].sum() > 0.0
    total, x, y = 0.0, 0.0, 0.0
    for u in units:
        a = mass[u] if by_mass else 1.0
        total += a
        x += a * xy[u, 0]
        y += a * xy[u, 1]
    x /= total
    y /= total
    across, along = 0.0, 0.0
    for u in units:
        a = mass[u] if by_mass else 1.0
        dx, dy = xy[u, 0] - x, xy[u, 1] - y
        across += a * dx * dy
        along += a * (dx * dx - dy * dy)
    return float(0.5 * np.arctan2(2.0 * across, along))


@njit(cache=True, nogil=True)
def _connect_sides(
    indptr: Ints, indices: Links, ordered: Ints, cut: int, side: npt.NDArray[np.int8], queue: Ints
) -> int:
    """Make both sides of a connected region connected, order kept; return the new cut.

    The largest piece of the first side stays; the largest piece of what remains is the second side,
    and its other pieces, which touch nothing but the first side, join that.
    """
    side[ordered[:cut]] = 1
    side[ordered[cut:]] = 2
    reached = _reach(indptr, indices, ordered[0], side, queue)
    reached += _reach(indptr, indices, ordered[cut], side, queue)
    if reached == len(ordered):
        side[ordered] = 0
        return cut
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


@njit(cache=True, nogil=True)
def _reach(indptr: Ints, indices: Links, start: int, side: npt.NDArray[np.int8], queue: Ints) -> int:
    """Return how many units of its side a unit is connected with; their side is negative afterwards."""
    own = side[start]
    side[start] = -own
    queue[0] = start
    head, filled = 0, 1
    while head < filled:
        u = queue[head]
        head += 1
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if side[v] == own:
                side[v] = -own
                queue[filled] = v
                filled += 1
    return filled


@njit(cache=True, nogil=True)
def _largest_piece(indptr: Ints, indices: Links, among: Ints, side: npt.NDArray[np.int8]) -> Ints:
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


@njit(cache=True, nogil=True)
def layout(indptr: Ints, indices: Links) -> Floats:
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


@njit(cache=True, nogil=True)
def _distances(indptr: Ints, indices: Links, start: int, distance: Ints, queue: Ints) -> int:
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
