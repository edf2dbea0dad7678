"""Whether connected units can be divided within bounds, found out without the solver.

First by trying all grids of one unit after the other, then by an exact model with HiGHS, then by trying on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from gridder.model import Floats

STEPS, LAST_STEPS = 300_000, 10_000_000
"""Connected sets that are tried at most, before the model and after it."""
MODEL_UNITS = 100
"""Units of the largest model."""
_NODES = 50_000
_SECONDS = 60.0


def plan_exists(
    near: Sequence[set[int]],
    weight: Floats,
    units: Sequence[int],
    bounds: tuple[float, float],
    *,
    count: int | None = None,
    root: int | None = None,
    skill: Floats | None = None,
    needed: float = 0.0,
) -> bool | None:
    """Return whether units can be divided into connected sets within bounds; None where it is not settled.

    Parameters
    ----------
    near, weight
        Neighbours and weight of every unit.
    units
        The units to be divided.
    count
        Exactly so many sets, or any number.
    root
        A unit whose set has no lower bound.
    skill, needed
        People with a skill in every unit, and how many every set needs.
    """
    skill = np.zeros(len(weight)) if skill is None else skill
    trial = _Trial(near, weight, units, bounds, skill=skill, needed=needed)
    try:
        return trial.divides(count, root)
    except _TooManyError:
        if len(units) > MODEL_UNITS:
            return None
    found = _model(near, weight, sorted(units), bounds, skill=skill, needed=needed, count=count, root=root)
    if found is not None:
        return found
    try:
        trial.most_steps = LAST_STEPS
        return trial.divides(count, root)
    except _TooManyError:
        return None


class _TooManyError(Exception):
    """More connected sets than can be tried."""


class _Trial:
    """All divisions of some units, whose sets are whole numbers with a bit for each unit."""

    def __init__(
        self,
        near: Sequence[set[int]],
        weight: Floats,
        units: Sequence[int],
        bounds: tuple[float, float],
        *,
        skill: Floats,
        needed: float,
    ) -> None:
        self.units = sorted(units)
        at = {u: i for i, u in enumerate(self.units)}
        self.near = [sum(1 << at[v] for v in near[u] if v in at) for u in self.units]
        self.weight = [float(weight[u]) for u in self.units]
        self.skill = [float(skill[u]) for u in self.units]
        self.lower, self.upper = bounds
        self.needed = needed * (1.0 - 1e-9)
        self.hopeless: set[tuple[int, int | None]] = set()
        self.steps, self.most_steps = 0, STEPS

    def divides(self, count: int | None, root: int | None) -> bool:
        everything = (1 << len(self.units)) - 1
        if root is None:
            return self._divides(everything, count)
        return any(
            self._divides(everything & ~chosen, count)
            for chosen, _ in self.connected_sets(self.units.index(root), everything)
        )

    def _divides(self, left: int, count: int | None) -> bool:
        key = (left, count)
        if key in self.hopeless:
            return False
        pieces = sorted(self._pieces(left), key=int.bit_count)
        ranges = [self._range(piece) for piece in pieces]
        if all(ranges) and self._divides_pieces(pieces, ranges, count):
            return True
        self.hopeless.add(key)
        return False

    def _divides_pieces(self, pieces: list[int], ranges: list[range], count: int | None) -> bool:
        if count is None:
            return all(self._divides_piece(piece, None) for piece in pieces)
        if not sum(r[0] for r in ranges) <= count <= sum(r[-1] for r in ranges):
            return False
        return any(
            all(self._divides_piece(piece, own) for piece, own in zip(pieces, shares, strict=True))
            for shares in product(*ranges)
            if sum(shares) == count
        )

    def _divides_piece(self, piece: int, count: int | None) -> bool:
        if count == 1 or (count is None and self.weigh(piece) <= self.upper):
            return True
        pivot = max(self.bits(piece), key=lambda u: (self.weight[u], -(self.near[u] & piece).bit_count()))
        return any(
            self.is_enough(chosen, load)
            and self._divides(piece & ~chosen, None if count is None else count - 1)
            for chosen, load in self.connected_sets(pivot, piece)
        )

    def _range(self, piece: int) -> range:
        """Return the numbers of sets that fit the weight of a piece."""
        total, n = self.weigh(piece), piece.bit_count()
        least = next((m for m in range(1, n + 1) if m * self.upper >= total), n + 1)
        most = n if self.lower <= 0.0 else min(n, int(total / self.lower))
        if self.needed > 0.0:
            most = min(most, int(self.held(piece) / self.needed))
        return range(least, most + 1)

    def is_enough(self, chosen: int, load: float) -> bool:
        """Return whether units of a weight have what a set needs, the skill too."""
        return load >= self.lower and (self.needed <= 0.0 or self.held(chosen) >= self.needed)

    def held(self, some: int) -> float:
        return sum(self.skill[u] for u in self.bits(some))

    def weigh(self, some: int) -> float:
        return sum(self.weight[u] for u in self.bits(some))

    @staticmethod
    def bits(some: int) -> Iterator[int]:
        while some:
            bit = some & -some
            some ^= bit
            yield bit.bit_length() - 1

    def _pieces(self, left: int) -> Iterator[int]:
        while left:
            piece = grown = left & -left
            while grown:
                bit = grown & -grown
                fresh = self.near[bit.bit_length() - 1] & left & ~piece
                piece |= fresh
                grown = (grown ^ bit) | fresh
            yield piece
            left &= ~piece

    def connected_sets(self, first: int, inside: int) -> Iterator[tuple[int, float]]:
        """Yield every connected set within `inside` that holds a unit, up to the upper bound, and its weight."""
        if self.weight[first] > self.upper:
            return
        start = 1 << first
        waiting = [(start, self.near[first] & inside, start, self.weight[first])]
        while waiting:
            chosen, border, banned, load = waiting.pop()
            self.steps += 1
            if self.steps > self.most_steps:
                raise _TooManyError
            yield chosen, load
            while border:
                bit = border & -border
                border ^= bit
                banned |= bit
                unit = bit.bit_length() - 1
                if load + self.weight[unit] <= self.upper:
                    fresh = self.near[unit] & inside & ~banned & ~chosen
                    waiting.append((chosen | bit, border | fresh, banned, load + self.weight[unit]))


def _model(
    near: Sequence[set[int]],
    weight: Floats,
    units: list[int],
    bounds: tuple[float, float],
    *,
    skill: Floats,
    needed: float,
    count: int | None,
    root: int | None,
) -> bool | None:
    """Solve the labelling model: the first unit of a set is its root, and every other sends it one unit of flow.

    Shirabe's flow (2009, doi:10.1068/b34104), with HiGHS.
    """
    if root is not None:
        units = [root, *(u for u in units if u != root)]
    at = {u: i for i, u in enumerate(units)}
    n = len(units)
    own = np.array([weight[u] for u in units])
    label = {(r, i): k for k, (r, i) in enumerate((r, i) for r in range(n) for i in range(r, n))}
    links = [(at[u], at[v]) for u in units for v in near[u] if v in at]
    flow: dict[tuple[int, int, int], int] = {}
    for r in range(n):
        for a, b in links:
            if a > r and b >= r:
                flow[r, a, b] = len(label) + len(flow)
    model = _Rows(len(label) + len(flow))
    for i in range(n):
        model.add([(label[r, i], 1.0) for r in range(i + 1)], 1.0, 1.0)
    for r in range(n):
        loads = [(label[r, i], float(own[i])) for i in range(r, n)]
        lower = 0.0 if root is not None and r == 0 else bounds[0]
        model.add([*loads, (label[r, r], -lower)], 0.0, np.inf)
        model.add([*loads, (label[r, r], -bounds[1])], -np.inf, 0.0)
        if needed > 0.0:
            people = [(label[r, i], float(skill[units[i]])) for i in range(r, n)]
            model.add([*people, (label[r, r], -needed)], 0.0, np.inf)
        for i in range(r + 1, n):
            out = [(flow[r, i, b], 1.0) for a, b in links if a == i and b >= r]
            into = [(flow[r, a, i], -1.0) for a, b in links if b == i and a > r]
            model.add([*out, *into, (label[r, i], -1.0)], 0.0, 0.0)
            model.add([*out, (label[r, i], -float(n - r - 1))], -np.inf, 0.0)
            model.add([(label[r, i], 1.0), (label[r, r], -1.0)], -np.inf, 0.0)
    if count is not None:
        roots = [(label[r, r], 1.0) for r in range(n)]
        extra = 0 if root is None else 1
        model.add(roots, count + extra, count + extra)
    x = model.solve(len(label))
    if x is None or len(x) == 0:
        return None if x is None else False
    load = np.zeros(n)
    for (r, i), k in label.items():
        load[r] += own[i] * round(x[k])
    held = [load[r] for r in range(n) if round(x[label[r, r]]) and not (root is not None and r == 0)]
    return True if all(bounds[0] <= value <= bounds[1] for value in held) else None


class _Rows:
    """Rows of a model in which all variables lie between 0 and what the rows allow."""

    def __init__(self, n_columns: int) -> None:
        self.n_columns = n_columns
        self.entries: list[tuple[int, int, float]] = []
        self.bounds: list[tuple[float, float]] = []

    def add(self, row: Sequence[tuple[int, float]], least: float, most: float) -> None:
        self.entries += [(len(self.bounds), column, value) for column, value in row]
        self.bounds.append((least, most))

    def solve(self, n_binary: int) -> Floats | None:
        """Return a solution, an empty one where there is none, and None where that is not settled."""
        rows, columns, values = (np.array(part) for part in zip(*self.entries, strict=True))
        matrix = coo_array((values, (rows, columns)), shape=(len(self.bounds), self.n_columns)).tocsr()
        least, most = np.array(self.bounds).T
        binary = np.arange(self.n_columns) < n_binary
        found = milp(
            np.zeros(self.n_columns),
            constraints=LinearConstraint(matrix, least, most),
            integrality=binary.astype(int),
            bounds=Bounds(0.0, np.where(binary, 1.0, np.inf)),
            options={"node_limit": _NODES, "time_limit": _SECONDS},
        )
        if found.status == 2:
            return np.empty(0)
        return None if found.x is None else np.asarray(found.x, dtype=np.float64)


def least_cost(
    near: Sequence[set[int]],
    weight: Floats,
    units: Sequence[int],
    bounds: tuple[float, float],
    *,
    count: int,
    price: Callable[[list[int]], float],
    most_sets: int = 20_000,
) -> float | None:
    """Return the least sum of prices of so many connected sets within bounds; None where there are too many.

    All connected sets within bounds are listed, and HiGHS chooses among them (Garfinkel and Nemhauser 1970,
    doi:10.1287/mnsc.16.8.B495).
    """
    trial = _Trial(near, weight, units, bounds, skill=np.zeros(len(weight)), needed=0.0)
    everything = (1 << len(trial.units)) - 1
    sets: list[list[int]] = []
    try:
        for first in range(len(trial.units)):
            for chosen, load in trial.connected_sets(first, everything & ~((1 << first) - 1)):
                if trial.is_enough(chosen, load):
                    sets.append([*trial.bits(chosen)])
                if len(sets) > most_sets:
                    return None
    except _TooManyError:
        return None
    entries = [(unit, column) for column, own in enumerate(sets) for unit in own]
    rows, columns = np.array(entries, dtype=np.int64).reshape(-1, 2).T
    shape = (len(trial.units), len(sets))
    once = coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
    found = milp(
        np.array([price([trial.units[u] for u in own]) for own in sets]),
        constraints=[
            LinearConstraint(once, 1.0, 1.0),
            LinearConstraint(np.ones((1, len(sets))), count, count),
        ],
        integrality=np.ones(len(sets)),
        bounds=Bounds(0.0, 1.0),
        options={"node_limit": _NODES, "time_limit": _SECONDS, "mip_rel_gap": 0.0},
    )
    return float(found.fun) if found.status == 0 else None
