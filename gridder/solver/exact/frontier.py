"""Exact search: a dynamic programme over the frontier of a graph, as in Simpath (Knuth, TAOCP 4A, 7.1.4).

Units are visited one after the other.
The frontier holds the visited units that still have unvisited neighbours; all that matters for the rest is
which of them are in the same grid and how heavy these open grids are.
States that agree in this are one, so the search is exhaustive without listing the partitions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Ints, Links
from gridder.solver.exact.outcome import FOUND, INFEASIBLE, UNDECIDED, Search

MAX_WIDTH = 15
_EMPTY = 15
_OWN = 16


def search_frontier(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    lo: int,
    hi: int,
    *,
    root: int = -1,
    root_cap: int = 0,
    count: int = 0,
    limit: int,
) -> Search:
    """Divide a connected graph into connected grids of weight `lo` to `hi`, or prove that it cannot be done.

    Parameters
    ----------
    weight
        Whole numbers, shape (n,).
    root
        A unit whose grid may weigh anything from 0 to `root_cap`; the lightest such grid is found.
    count
        Exactly so many grids, the root's not counted; 0 for any number.
    limit
        States after which the search is given up.
    """
    order, width = _visiting_order(indptr, indices, root)
    if width > MAX_WIDTH:
        return Search(UNDECIDED, np.empty(0, np.int64))
    status, label = _frontier_search(
        indptr, indices, weight, lo, hi, order, root >= 0, root_cap, count, width, limit
    )
    return Search(int(status), label)


@njit(cache=True)
def _visiting_order(indptr: Ints, indices: Links, root: int) -> tuple[Ints, int]:
    """Return the order with the narrowest frontier that a greedy choice finds, and its width."""
    n = len(indptr) - 1
    best = np.arange(n)
    best_width, best_sum = n + 1, np.int64(0)
    step = max(1, n // 32)
    starts = np.arange(0, n, step) if root < 0 else np.full(1, root)
    for start in starts:
        order = np.empty(n, np.int64)
        visited = np.zeros(n, np.bool_)
        rest = indptr[1:] - indptr[:-1]
        width, widest, total = 0, 0, np.int64(0)
        chosen = start
        for i in range(n):
            order[i] = chosen
            visited[chosen] = True
            widest = max(widest, width + 1)
            if rest[chosen] > 0 or chosen == root:
                width += 1
            for k in range(indptr[chosen], indptr[chosen + 1]):
                u = indices[k]
                rest[u] -= 1
                if visited[u] and rest[u] == 0 and u != root:
                    width -= 1
            total += width
            chosen = _next_unit(indptr, indices, visited, rest, order[: i + 1], root)
        if widest < best_width or (widest == best_width and total < best_sum):
            best, best_width, best_sum = order, widest, total
    return best, best_width


@njit(cache=True)
def _next_unit(
    indptr: Ints, indices: Links, visited: npt.NDArray[np.bool_], rest: Ints, done: Ints, root: int
) -> int:
    """Return the unvisited neighbour that adds least to the frontier, the oldest first."""
    best, best_cost = -1, 1 << 30
    for u in done:
        if rest[u] == 0:
            continue
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if visited[v]:
                continue
            cost = 1 if rest[v] > 0 else 0
            for j in range(indptr[v], indptr[v + 1]):
                if visited[indices[j]] and rest[indices[j]] == 1 and indices[j] != root:
                    cost -= 1
            if cost < best_cost:
                best, best_cost = v, cost
    return best


@njit(cache=True)
def _label_of(packed: int, slot: int) -> int:
    return (packed >> (4 * slot)) & 15


@njit(cache=True)
def _can_end(left: int, unfinished: bool, closed: int, lo: int, hi: int, count: int) -> bool:
    """Return whether some number of grids fits the weight that is not in a closed grid."""
    if count > 0:
        m = count - closed
        return m >= (1 if unfinished else 0) and m * lo <= left <= m * hi
    if not unfinished:
        return True
    least = 1 if left <= hi else -(-left // max(hi, 1))
    return least * lo <= left and (hi > 0 or left == 0)


@njit(cache=True)
def _find_or_add(table: npt.NDArray[np.int32], rows: Ints, n_rows: int, row: Ints, places: Ints) -> bool:
    """Put `row` behind the others unless it is among them; return whether it was new."""
    h = np.uint64(1469598103934665603)
    for value in row:
        h = (h ^ np.uint64(value)) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
    mask = np.int64(len(table) - 1)
    place = np.int64(h & np.uint64(0x7FFFFFFFFFFFFFFF)) & mask
    while table[place] >= 0:
        same = True
        for j in range(len(row)):
            if rows[table[place], j] != row[j]:
                same = False
                break
        if same:
            return False
        place = (place + 1) & mask
    table[place] = n_rows
    places[n_rows] = place
    rows[n_rows] = row
    return True


@njit(cache=True)
def _advance(
    state: Ints,
    slot: int,
    merged: int,
    weight: int,
    leaving: Ints,
    rooted: bool,
    caps: tuple[int, int, int, int],
    label: Ints,
    out: Ints,
) -> bool:
    """Write the state after a unit took `slot` and joined the labels in `merged`; False if out of bounds."""
    lo, hi, root_cap, count = caps
    open_weight = np.zeros(_OWN + 1, np.int64)
    open_weight[_OWN] = weight
    for s in range(len(label)):
        label[s] = _label_of(state[0], s)
        if label[s] == _EMPTY:
            continue
        open_weight[label[s]] = state[2 + label[s]]
        if (merged >> label[s]) & 1:
            label[s] = _OWN
    for bit in range(len(label)):
        if (merged >> bit) & 1:
            open_weight[_OWN] += open_weight[bit]
    label[slot] = _OWN
    if open_weight[_OWN] > (root_cap if rooted and label[0] == _OWN else hi):
        return False
    out[:] = 0
    out[1] = state[1]
    for s in leaving:
        mine = label[s]
        label[s] = _EMPTY
        if not (label == mine).any():
            if open_weight[mine] < lo:
                return False
            if count > 0:
                out[1] += 1
    _pack(label, open_weight, out)
    return True


@njit(cache=True)
def _pack(label: Ints, open_weight: Ints, out: Ints) -> None:
    """Write the labels, numbered by first slot, and their weights."""
    new = np.full(_OWN + 1, -1, np.int64)
    n_labels = 0
    for s in range(len(label)):
        value = np.int64(_EMPTY)
        if label[s] != _EMPTY:
            if new[label[s]] < 0:
                new[label[s]] = n_labels
                out[2 + n_labels] = open_weight[label[s]]
                n_labels += 1
            value = new[label[s]]
        out[0] |= value << (4 * s)


@njit(cache=True)
def _schedule(
    indptr: Ints, indices: Links, order: Ints, rooted: bool, width: int
) -> tuple[Ints, npt.NDArray[np.bool_], Ints]:
    """Return the slot of every visit, the slots that leave after it, and who held the slots before it."""
    n = len(order)
    rest = indptr[1:] - indptr[:-1]
    holds = np.full(width, -1, np.int64)
    slots = np.empty(n, np.int64)
    leaves = np.zeros((n, width), np.bool_)
    holder = np.empty((n, width), np.int64)
    for i in range(n):
        v = order[i]
        holder[i] = holds
        slot = 0
        while holds[slot] >= 0:
            slot += 1
        slots[i] = slot
        holds[slot] = v
        for k in range(indptr[v], indptr[v + 1]):
            rest[indices[k]] -= 1
        for s in range(width):
            if holds[s] >= 0 and rest[holds[s]] == 0 and not (rooted and holds[s] == order[0]):
                leaves[i, s] = True
                holds[s] = -1
    return slots, leaves, holder


@njit(cache=True)
def _near_slots(indptr: Ints, indices: Links, v: int, holder: Ints) -> Ints:
    """Return the slots whose holders are neighbours of `v`."""
    near = np.zeros(len(holder), np.bool_)
    for k in range(indptr[v], indptr[v + 1]):
        for s in range(len(holder)):
            if holder[s] == indices[k]:
                near[s] = True
    return np.flatnonzero(near)


@njit(cache=True)
def _frontier_search(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    lo: int,
    hi: int,
    order: Ints,
    rooted: bool,
    root_cap: int,
    count: int,
    width: int,
    limit: int,
) -> tuple[int, Ints]:
    n = len(order)
    nothing = np.empty(0, np.int64)
    slots, leaves, holder = _schedule(indptr, indices, order, rooted, width)
    n_places = 16
    while n_places < 2 * limit:
        n_places *= 2
    table = np.full(n_places, -1, np.int32)
    places = np.empty(limit + 1, np.int64)
    now = np.empty((limit + 1, width + 2), np.int64)
    later = np.empty((limit + 1, width + 2), np.int64)
    came_from = np.empty(limit + 1, np.int32)
    choice = np.empty(limit + 1, np.int32)
    offset = np.zeros(n, np.int64)
    label = np.full(width, _EMPTY, np.int64)
    row = np.zeros(width + 2, np.int64)
    now[0] = 0
    _pack(label, row, now[0])
    blank = now[0, 0]
    n_now, used = 1, 0
    left = weight.sum()
    caps = (lo, hi, root_cap, count)
    for i in range(n):
        v = order[i]
        near = _near_slots(indptr, indices, v, holder[i])
        leaving = np.flatnonzero(leaves[i])
        left -= weight[v]
        n_later = 0
        offset[i] = used
        for p in range(n_now):
            state = now[p]
            among = 0
            for s in near:
                among |= 1 << _label_of(state[0], s)
            merged = among
            while merged >= 0:
                if _advance(state, slots[i], merged, weight[v], leaving, rooted, caps, label, row) and (
                    rooted
                    or _can_end(left + row[2:].sum(), i < n - 1 or row[0] != blank, row[1], lo, hi, count)
                ):
                    if used + n_later >= limit:
                        return UNDECIDED, nothing
                    if _find_or_add(table, later, n_later, row, places):
                        came_from[used + n_later] = p
                        choice[used + n_later] = _slots_of(state[0], merged, width)
                        n_later += 1
                merged = (merged - 1) & among if merged > 0 else -1
        for p in range(n_later):
            table[places[p]] = -1
        now, later = later, now
        n_now = n_later
        used += n_later
    end = _best_end(now[:n_now], count)
    if end < 0:
        return INFEASIBLE, nothing
    return FOUND, _read_back(order, holder, came_from, choice, offset, end)


@njit(cache=True)
def _best_end(rows: Ints, count: int) -> int:
    """Return the last state with the right count and the lightest root's grid, -1 where there is none."""
    end = -1
    for p in range(len(rows)):
        if (count == 0 or rows[p, 1] == count) and (end < 0 or rows[p, 2] < rows[end, 2]):
            end = p
    return end


@njit(cache=True)
def _slots_of(packed: int, merged: int, width: int) -> int:
    """Return one slot of every merged label, as bits."""
    slots = 0
    for s in range(width):
        label = _label_of(packed, s)
        if label != _EMPTY and (merged >> label) & 1:
            slots |= 1 << s
            merged &= ~(1 << label)
    return slots


@njit(cache=True)
def _read_back(
    order: Ints,
    holder: Ints,
    came_from: npt.NDArray[np.int32],
    choice: npt.NDArray[np.int32],
    offset: Ints,
    end: int,
) -> Ints:
    """Follow the choices from the last state to the first and return the grid of every unit."""
    n = len(order)
    label = np.arange(n)
    p = end
    for i in range(n - 1, -1, -1):
        here = offset[i] + p
        for s in range(holder.shape[1]):
            if (choice[here] >> s) & 1:
                mine, other = label[order[i]], label[holder[i, s]]
                label[label == other] = mine
        p = came_from[here]
    return label
