"""Exact search: every grid that may hold one unit is tried, then what is left is divided in the same way.

The unit is the one with the fewest such grids, a heavy unit or one at the edge.
A grid is tried only where every piece of the rest still has a number of grids that fits its weight; with
bounds that are narrow beside the weights of single units few remain, and pieces that were found hopeless once
are not divided again.
This is the exact cover by depth-first search of Garfinkel and Nemhauser (1970, "Optimal political
districting by implicit enumeration techniques", doi:10.1287/mnsc.16.8.B495) without listing the grids first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.model import Bools, Ints, Links
from gridder.solver.exact.outcome import FOUND, INFEASIBLE, UNDECIDED, Search

MOST_UNITS = 250
_SAMPLE = 400
"""Steps of listing after which a unit is taken to be in too many grids."""
_RUNS = 32
"""Half of the steps go to half as many short runs in other orders: how long a run takes varies widely
(Gomes, Selman, Crato and Kautz 2000, doi:10.1023/A:1006314320276)."""


class _SpentError(Exception):
    """The steps allowed are used up."""


def search_cover(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    lo: int,
    hi: int,
    *,
    count: int,
    steps: int,
    skill: Ints | None = None,
    needed: int = 0,
) -> Search:
    """Divide a connected graph into connected grids of weight `lo` to `hi`, or prove that it cannot be done.

    Parameters
    ----------
    weight
        Whole numbers, shape (n,).
    count
        Exactly so many grids; 0 for any number.
    steps
        Units taken into or left out of a grid after which the search is given up.
    skill, needed
        People with a skill in every unit, whole numbers of shape (n,), and how many every grid needs.
    """
    n = len(weight)
    if n > MOST_UNITS:
        return Search(UNDECIDED, np.empty(0, np.int64))
    skill = np.zeros(n, np.int64) if skill is None else skill
    size = lo, hi, needed, count
    found = _search_once(indptr, indices, weight, skill, size, steps // _RUNS)
    rng = np.random.default_rng(0)
    for _ in range(_RUNS // 2 - 1):
        if found.status != UNDECIDED:
            return found
        place, start, near = _shuffled(indptr, indices, rng)
        found = _search_once(start, near, weight[place], skill[place], size, steps // _RUNS)
        if found.status == FOUND:
            found.label[place] = found.label.copy()
    if found.status == UNDECIDED:
        found = _search_once(indptr, indices, weight, skill, size, steps // 2)
    return found


def _shuffled(indptr: Ints, indices: Links, rng: np.random.Generator) -> tuple[Ints, Ints, Links]:
    """Return old numbers of units in a new order, and the graph in it with neighbours in any order."""
    place = rng.permutation(len(indptr) - 1)
    new = np.argsort(place).astype(np.int32)
    rows = [rng.permutation(new[indices[indptr[u] : indptr[u + 1]]]) for u in place.tolist()]
    start = np.concatenate([[0], np.cumsum(np.diff(indptr)[place])]).astype(np.int64)
    return place, start, np.concatenate(rows)


def _search_once(
    indptr: Ints, indices: Links, weight: Ints, skill: Ints, size: tuple[int, int, int, int], steps: int
) -> Search:
    lo, hi, needed, count = size
    units = np.arange(len(weight))
    cover = _Cover(indptr, indices, weight, skill, (lo, hi, needed), steps)
    try:
        grids = cover.divide(units, count) if cover.may_be(units, count) else None
    except _SpentError:
        return Search(UNDECIDED, np.empty(0, np.int64))
    if grids is None:
        return Search(INFEASIBLE, np.empty(0, np.int64))
    label = np.empty(len(weight), np.int64)
    for i, own in enumerate(grids):
        label[own] = i
    return Search(FOUND, label)


class _Cover:
    def __init__(
        self,
        indptr: Ints,
        indices: Links,
        weight: Ints,
        skill: Ints,
        size: tuple[int, int, int],
        steps: int,
    ) -> None:
        self.question = indptr, indices, weight, skill, size
        self.steps = steps
        self.hopeless: set[tuple[bytes, int]] = set()

    def may_be(self, units: Ints, count: int) -> bool:
        least, most = self._range(units)
        return least <= (count or least) <= most

    def _range(self, units: Ints) -> tuple[int, int]:
        _, _, weight, skill, size = self.question
        return _count_range(int(weight[units].sum()), int(skill[units].sum()), len(units), size)

    def divide(self, units: Ints, count: int) -> list[Ints] | None:
        """Return the grids of connected units, of which so many may fit; None where there are none."""
        least, _ = self._range(units)
        if count == 1 or (count == 0 and least == 1):
            return [units]
        key = (units.tobytes(), count)
        if key in self.hopeless:
            return None
        for grid, pieces in self._grids(units, count):
            rest = self._divide_all(pieces, count - 1 if count > 0 else 0)
            if rest is not None:
                return [grid, *rest]
        self.hopeless.add(key)
        return None

    def _divide_all(self, pieces: list[Ints], count: int) -> list[Ints] | None:
        pieces = sorted(pieces, key=len)
        for counts in _shares([self._range(piece) for piece in pieces], count):
            grids: list[Ints] = []
            for piece, own in zip(pieces, counts, strict=True):
                divided = self.divide(piece, own)
                if divided is None:
                    break
                grids += divided
            else:
                return grids
        return None

    def _grids(self, units: Ints, count: int) -> Iterator[tuple[Ints, list[Ints]]]:
        """Yield the grids that may hold one of the units, each with the pieces of the rest."""
        inside = np.zeros(len(self.question[2]), np.bool_)
        inside[units] = True
        pivot = self._pivot(units, inside, count)
        listing = _start(len(inside), pivot)
        while True:
            taken = listing[0][2]
            found = _next_grid(*self.question, inside, count, *listing, self.steps)
            self.steps -= int(listing[0][2] - taken)
            if self.steps <= 0:
                raise _SpentError
            if not found:
                return
            piece = listing[-1]
            grid = units[piece[units] < 0]
            yield grid, [units[piece[units] == p] for p in range(int(piece[units].max()) + 1)]

    def _pivot(self, units: Ints, inside: Bools, count: int) -> int:
        """Return the unit with the fewest grids among those that a short listing can tell."""
        pivot, steps = _fewest(*self.question, inside, units, count, _SAMPLE)
        self.steps -= int(steps)
        return int(pivot)


def _shares(ranges: list[tuple[int, int]], count: int) -> Iterator[list[int]]:
    """Yield the ways to share a number of grids over pieces; with 0 any number will do for each."""
    if count == 0:
        yield [0] * len(ranges)
        return
    least, most = ranges[0]
    others = ranges[1:]
    if not others:
        yield [count]
        return
    lo = max(least, count - sum(b for _, b in others))
    hi = min(most, count - sum(a for a, _ in others))
    for own in range(lo, hi + 1):
        for rest in _shares(others, count - own):
            yield [own, *rest]


@njit(cache=True, nogil=True)
def _count_range(total: int, held: int, n_units: int, size: tuple[int, int, int]) -> tuple[int, int]:
    """Return the least and the greatest number of grids for a weight and the people with the skill."""
    lo, hi, needed = size
    least = 1 if total <= hi else (-(-total // hi) if hi > 0 else n_units + 1)
    most = n_units if lo <= 0 else min(n_units, total // lo)
    if needed > 0:
        most = min(most, held // needed)
    return least, most


Listing = tuple[Ints, Ints, Ints, npt.NDArray[np.int8], Ints]


def _start(n: int, pivot: int) -> Listing:
    """Return where a listing of the grids of a unit begins: what `_next_grid` works on."""
    order, n_before, state = np.empty(n, np.int64), np.empty(n + 1, np.int64), np.zeros(n, np.int8)
    order[0] = pivot
    state[pivot] = _SEEN
    # position, units seen, steps, weight and skilled people taken
    return np.array([0, 1, 0, 0, 0]), order, n_before, state, np.empty(n, np.int64)


_SEEN, _TAKEN, _LEFT = 1, 2, 3


@njit(cache=True, nogil=True)
def _next_grid(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    skill: Ints,
    size: tuple[int, int, int],
    inside: Bools,
    count: int,
    at: Ints,
    order: Ints,
    n_before: Ints,
    state: npt.NDArray[np.int8],
    piece: Ints,
    steps: int,
) -> bool:
    """Go on with a listing to the next grid that leaves a rest that may be divided; False at its end.

    Units are seen in the order of a breadth-first search and taken or left one after the other; what is seen
    after the last unit taken is left.
    """
    lo, hi, needed = size
    position, n_seen, done, load, held = at[0], at[1], 0, at[3], at[4]
    found = False
    while not found and done < steps:
        if position < n_seen:
            done += 1
            u = order[position]
            n_before[position] = n_seen
            position += 1
            if load + weight[u] > hi:
                state[u] = _LEFT
                continue
            state[u] = _TAKEN
            load += weight[u]
            held += skill[u]
            for k in range(indptr[u], indptr[u + 1]):
                v = indices[k]
                if inside[v] and state[v] == 0:
                    state[v] = _SEEN
                    order[n_seen] = v
                    n_seen += 1
            found = (
                load >= lo
                and held >= needed
                and _rest_fits(indptr, indices, weight, skill, size, inside, count, state, piece)
            )
            continue
        while position > 0 and state[order[position - 1]] == _LEFT:
            position -= 1
            state[order[position]] = _SEEN
        if position <= 1:
            position, n_seen = 0, 0
            break
        position -= 1
        u = order[position]
        for i in range(n_before[position], n_seen):
            state[order[i]] = 0
        n_seen = n_before[position]
        load -= weight[u]
        held -= skill[u]
        state[u] = _LEFT
        position += 1
    at[0], at[1], at[3], at[4] = position, n_seen, load, held
    at[2] += done
    return found


@njit(cache=True, nogil=True)
def _rest_fits(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    skill: Ints,
    size: tuple[int, int, int],
    inside: Bools,
    count: int,
    state: npt.NDArray[np.int8],
    piece: Ints,
) -> bool:
    """Write the numbers of the pieces that a grid leaves, -1 in it; return whether they may be divided."""
    n = len(weight)
    piece[:] = -1
    queue = np.empty(n, np.int64)
    n_pieces, least, most = 0, 0, 0
    for start in range(n):
        if not inside[start] or state[start] == _TAKEN or piece[start] >= 0:
            continue
        queue[0], head, filled = start, 0, 1
        piece[start] = n_pieces
        total, held = 0, 0
        while head < filled:
            u = queue[head]
            head += 1
            total += weight[u]
            held += skill[u]
            for k in range(indptr[u], indptr[u + 1]):
                v = indices[k]
                if inside[v] and state[v] != _TAKEN and piece[v] < 0:
                    piece[v] = n_pieces
                    queue[filled] = v
                    filled += 1
        own_least, own_most = _count_range(total, held, filled, size)
        if own_least > own_most:
            return False
        least += own_least
        most += own_most
        n_pieces += 1
    return count == 0 or least <= count - 1 <= most


@njit(cache=True, nogil=True)
def _fewest(
    indptr: Ints,
    indices: Links,
    weight: Ints,
    skill: Ints,
    size: tuple[int, int, int],
    inside: Bools,
    units: Ints,
    count: int,
    sample: int,
) -> tuple[int, int]:
    """Return the unit with the fewest grids that a listing of `sample` steps can tell, else the heaviest."""
    n = len(weight)
    best, fewest, done = units[0], 1 << 62, 0
    order, n_before = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    state, piece = np.zeros(n, np.int8), np.empty(n, np.int64)
    at = np.zeros(5, np.int64)
    heaviest = units[np.argsort(-weight[units], kind="mergesort")]
    for u in heaviest:
        state[:] = 0
        order[0], state[u] = u, 1
        at[:] = 0
        at[1] = 1
        n_found = 0
        while at[2] < sample and n_found < fewest:
            if not _next_grid(
                indptr,
                indices,
                weight,
                skill,
                size,
                inside,
                count,
                at,
                order,
                n_before,
                state,
                piece,
                sample - at[2],
            ):
                break
            n_found += 1
        done += at[2]
        if at[2] < sample and n_found < fewest:
            best, fewest = u, n_found
            if fewest == 0:
                break
    if fewest == 1 << 62:
        best = heaviest[0]
    return best, done
