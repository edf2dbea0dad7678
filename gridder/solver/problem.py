"""The question put to the solver, checked once, and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from gridder.errors import InputError
from gridder.model import Certificate, Finding, Floats, Ints, Links, Text

Objective = Literal["moment", "medoid", "cut", "mix"]

SHARE_OF_TARGET = (0.5, 1.5)
"""Minimum and maximum by default, as shares of the target, where the number of grids is asked for."""

_CALL = Text(
    "Build the graph as a symmetric CSR matrix without loops.", "请以对称且无自环的 CSR 矩阵给出邻接关系。"
)
_ARRAY = Text("Pass one finite number per unit.", "请为每个单元给出一个有限数值。")
_INTEGERS = ("indptr", "indices", "zone", "together", "apart", "lock", "old")
_NUMBERS = ("weight", "xy", "cost", "boundary", "moment", "skill", "similar", "second")
_SIGNED = ("xy", "similar")
_BOUNDS = Text(
    "Choose minimum <= target <= maximum, none negative.", "请满足 最小 ≤ 目标 ≤ 最大，且均不为负。"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A contiguity graph whose units are to be divided into grids.

    Parameters
    ----------
    indptr, indices
        Symmetric contiguity graph in compressed sparse rows, shapes (n + 1,) and (m,); no loops and no
        pair twice.
    weight
        What is balanced, one finite non-negative number a unit, shape (n,).
    minimum, target, maximum
        Bounds of the weight of a grid and the weight it should have.
        With `n_grids` each may be None: the target is then the weight that no certificate sets apart,
        divided by `n_grids`, and the bounds are 0.5 and 1.5 of it.
    xy
        Centres of the units in metres, shape (n, 2).
    cost
        Cost of serving a unit (row) from another as the centre of its grid (column), for one unit of `moment`;
        shape (n, n), for `medoid`.
        Squared distances of `xy` by default.
    boundary
        Shared length of each entry of `indices`, shape (m,), symmetric; ones by default.
    moment
        Weight of a unit in the moment of inertia and in `medoid`, shape (n,); ones by default.
    objective
        `moment` (about the centroid), `medoid` (about the best unit of the grid), `cut`, or `mix` of moment
        and cut; by default `mix` with `xy` and `cut` without.
    balance
        Price of the mean squared deviation from the target beside the shape, which is near 1.
    n_grids
        Exactly so many grids besides those that a certificate sets apart.
    zone
        Zone of every unit, shape (n,), integers; links between zones are dropped.
    skill, skill_minimum
        People with the skill in every unit, shape (n,), and how many every grid needs.
    similar, similarity
        Columns in which the units of a grid should be alike, shape (n,) or (n, d): numbers, or one column of
        0 and 1 for each category. `similarity` is the price of the share of their variance that lies within
        the grids, 1 by default.
    second, second_minimum, second_maximum
        A further size, shape (n,), and the soft bounds of a grid: a miss is priced, not ruled out.
    together
        Units with the same number share a grid, shape (n,), integers; -1 for none.
    apart
        Pairs of units that do not share a grid, shape (p, 2).
    lock
        Grid, in the numbers of `old`, in which a unit must be, shape (n,), integers; -1 for none.
        Units with the same number share a grid, units with different numbers do not.
    old, stability
        Grid of every unit in an old plan, shape (n,), integers, -1 for none, and the price of the share of
        the weight whose grid changes, 10 by default; the search then begins with the old plan.

    Raises
    ------
    InputError
        With every fault that was found.
    """

    indptr: Ints
    indices: Links
    weight: Floats
    minimum: float | None
    target: float | None
    maximum: float | None
    xy: Floats | None = None
    cost: Floats | None = None
    boundary: Floats | None = None
    moment: Floats | None = None
    objective: Objective | None = None
    balance: float = 2.0
    n_grids: int | None = None
    zone: Ints | None = None
    skill: Floats | None = None
    skill_minimum: float = 0.0
    similar: Floats | None = None
    similarity: float = 1.0
    second: Floats | None = None
    second_minimum: float = 0.0
    second_maximum: float = np.inf
    together: Ints | None = None
    apart: Ints | None = None
    lock: Ints | None = None
    old: Ints | None = None
    stability: float = 10.0

    def __post_init__(self) -> None:
        """Convert the arrays, then check them all."""
        for name in _INTEGERS:
            if getattr(self, name) is not None:
                kind = np.int32 if name == "indices" else np.int64
                object.__setattr__(self, name, _as_integers(getattr(self, name), kind))
        for name in _NUMBERS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.array(getattr(self, name), dtype=np.float64))
        if self.similar is not None and self.similar.ndim == 1:
            object.__setattr__(self, "similar", self.similar[:, None])
        if self.objective is None:
            object.__setattr__(self, "objective", "cut" if self.xy is None else "mix")
        faults = [*_array_faults(self), *_size_faults(self), *_option_faults(self)]
        if not faults:
            faults = [*_graph_faults(self), *_unit_faults(self)]
        if faults:
            raise InputError(faults)

    def __repr__(self) -> str:
        """Show the counts, not the arrays."""
        return f"Problem({len(self.weight)} units, {len(self.indices) // 2} links)"


@dataclass(frozen=True, eq=False)
class Solution:
    """A plan as arrays.

    Attributes
    ----------
    assignment
        Grid of every unit, shape (n,), int32, numbered from 0 by the first unit of each grid.
    objective
        The value that was minimised (`gridder.solver.objective`); lower is better.
    certificates
        Why grids are out of bounds or lack a skill; ids are positions.
    effort
        Effort that was reached; less than asked for where the time limit struck.
    minimum, target, maximum
        The size that holds: as given, or as it follows from the number of grids asked for.
    kept
        With `Problem.old` the old number of every grid by the best matching, -1 for a new one, shape (k,);
        empty without.
    """

    assignment: npt.NDArray[np.int32]
    objective: float
    certificates: tuple[Certificate, ...]
    effort: float
    minimum: float
    target: float
    maximum: float
    kept: Ints

    def __repr__(self) -> str:
        """Show the counts, not the arrays."""
        n_grids = int(self.assignment.max(initial=-1)) + 1
        return f"Solution({n_grids} grids, objective {self.objective:.4g})"


def _as_integers(values: npt.ArrayLike, kind: type[np.integer[Any]]) -> npt.NDArray[np.generic]:
    """Return a copy of an integral type, or the array as it is where it cannot be one."""
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(kind)
    limits = np.iinfo(kind)
    if array.dtype.kind in "biu" and array.min() >= limits.min and array.max() <= limits.max:
        return array.astype(kind)
    return array


def _fault(kind: str, en: str, zh: str, remedy: Text) -> Finding:
    return Finding(kind, Text(en, zh), remedy=remedy)


def _array_faults(problem: Problem) -> Iterator[Finding]:
    n = len(problem.weight) if problem.weight.ndim == 1 else -1
    m = len(problem.indices)
    others: dict[str, tuple[int, ...]] = {
        "xy": (n, 2),
        "cost": (n, n),
        "boundary": (m,),
        "indptr": (n + 1,),
        "indices": (m,),
    }
    for name in (*_INTEGERS, *_NUMBERS):
        array = getattr(problem, name)
        if array is None:
            continue
        shape = others.get(name, (n,))
        if name == "apart":
            shape = (len(array), 2)
        if name == "similar":
            shape = (n, *array.shape[1:2])
        remedy = _CALL if name in ("indptr", "indices") else _ARRAY
        if array.shape != shape:
            yield _fault(
                "wrong-shape",
                f"`{name}` has shape {array.shape}, expected {shape}",
                f"`{name}` 的形状为 {array.shape}，应为 {shape}",
                remedy,
            )
        elif name in _INTEGERS:
            if array.dtype.kind != "i":
                yield _fault("not-integer", f"`{name}` is not integer", f"`{name}` 不是整数", remedy)
        elif not np.isfinite(array).all():
            yield _fault("not-finite", f"`{name}` is not finite", f"`{name}` 含有非有限数值", remedy)
        elif name not in _SIGNED and (array < 0).any():
            yield _fault("negative", f"`{name}` is negative", f"`{name}` 含有负数", remedy)


def _size_faults(problem: Problem) -> Iterator[Finding]:
    sizes = {name: getattr(problem, name) for name in ("minimum", "target", "maximum")}
    given = [value for value in sizes.values() if value is not None]
    if problem.n_grids is None and len(given) < 3:
        missing = ", ".join(name for name, value in sizes.items() if value is None)
        yield _fault("missing-size", f"{missing} is missing", f"缺少 {missing}", _BOUNDS)
    if any(not np.isfinite(value) or value < 0 for value in given) or problem.target == 0:
        yield _fault(
            "bad-size",
            "minimum, target and maximum must be finite and not negative, and the target above 0",
            "最小、目标、最大须为有限非负数，且目标大于 0",
            _BOUNDS,
        )
    elif given != sorted(given):
        yield _fault("bad-size", f"the order of {sizes} is wrong", f"{sizes} 的大小顺序有误", _BOUNDS)
    if problem.n_grids is not None and problem.n_grids < 1:
        yield _fault(
            "bad-count",
            f"{problem.n_grids} grids were asked for",
            f"要求的网格数为 {problem.n_grids}",
            Text("Ask for at least one grid.", "请至少要求一个网格。"),
        )
    if problem.objective not in ("moment", "medoid", "cut", "mix"):
        yield _fault(
            "bad-objective",
            f"the objective {problem.objective!r} is unknown",
            f"未知的目标函数 {problem.objective!r}",
            Text("Choose moment, medoid, cut or mix.", "请选择 moment、medoid、cut 或 mix。"),
        )
    elif problem.objective == "medoid" and problem.xy is None and problem.cost is None:
        yield _fault(
            "missing-xy",
            "the objective medoid needs `cost` or `xy`",
            "目标函数 medoid 需要 `cost` 或 `xy`",
            Text("Pass the costs or the centres of the units.", "请给出成本矩阵或单元中心坐标。"),
        )
    elif problem.objective in ("moment", "mix") and problem.xy is None:
        yield _fault(
            "missing-xy",
            f"the objective {problem.objective} needs `xy`",
            f"目标函数 {problem.objective} 需要 `xy`",
            Text("Pass the centres of the units, or choose cut.", "请给出单元中心坐标，或选择 cut。"),
        )


def _option_faults(problem: Problem) -> Iterator[Finding]:
    prices = {
        "balance": problem.balance,
        "similarity": problem.similarity,
        "stability": problem.stability,
        "skill_minimum": problem.skill_minimum,
        "second_minimum": problem.second_minimum,
    }
    for name, value in prices.items():
        if not (np.isfinite(value) and value >= 0.0):
            yield _fault(
                "bad-option",
                f"`{name}` is {value}",
                f"`{name}` 的值为 {value}",
                Text("Pass a number from 0.", "请给出不小于 0 的数值。"),
            )
    if not problem.second_maximum >= problem.second_minimum:
        yield _fault(
            "bad-option",
            "`second_maximum` is below `second_minimum`",
            "`second_maximum` 小于 `second_minimum`",
            Text("Choose second_minimum <= second_maximum.", "请满足 second_minimum ≤ second_maximum。"),
        )
    if problem.skill_minimum > 0.0 and problem.skill is None:
        yield _fault(
            "missing-skill",
            "`skill_minimum` without `skill`",
            "给出了 `skill_minimum` 但缺少 `skill`",
            Text("Pass the skilled people of every unit.", "请给出每个单元具备该技能的人数。"),
        )


def _unit_faults(problem: Problem) -> Iterator[Finding]:
    """Yield what is wrong with units named together, apart or locked."""
    n = len(problem.weight)
    if problem.apart is not None and len(problem.apart) > 0:
        pairs = problem.apart
        if ((pairs < 0) | (pairs >= n)).any() or (pairs[:, 0] == pairs[:, 1]).any():
            yield _fault(
                "bad-pair",
                "`apart` names units that are not there, or one with itself",
                "`apart` 含有不存在的单元或同一单元自身",
                Text("Pass pairs of positions of two units.", "请给出两个不同单元的位置。"),
            )


def _graph_faults(problem: Problem) -> Iterator[Finding]:
    indptr, indices, n = problem.indptr, problem.indices, len(problem.weight)
    steps = np.diff(indptr)
    if indptr[0] != 0 or indptr[-1] != len(indices) or (steps < 0).any():
        yield _fault("bad-graph", "`indptr` does not fit `indices`", "`indptr` 与 `indices` 不匹配", _CALL)
        return
    if ((indices < 0) | (indices >= n)).any():
        yield _fault(
            "bad-graph", "`indices` names units that are not there", "`indices` 指向不存在的单元", _CALL
        )
        return
    boundary = np.empty(0) if problem.boundary is None else problem.boundary
    fault = _link_fault(indptr, indices, boundary)
    if fault:
        yield _fault("bad-graph", *_LINK_FAULTS[fault - 1], _CALL)


_LINK_FAULTS = (
    ("the graph has loops", "邻接图含有自环"),
    ("the graph has a link twice", "邻接图含有重复的边"),
    ("the graph is not symmetric", "邻接图不对称"),
    ("`boundary` differs between the two directions of a link", "`boundary` 在同一条边的两个方向上不一致"),
)


@njit(cache=True, nogil=True)
def _link_fault(indptr: Ints, indices: Links, boundary: Floats) -> int:
    """Return which of `_LINK_FAULTS` a graph has, counted from 1; 0 for none.

    Links are compared with their reverses by the sums of a 64-bit hash of both (Zobrist 1970).
    """
    last = np.full(len(indptr) - 1, -1, np.int64)
    there, back = np.uint64(0), np.uint64(0)
    there_long, back_long = np.uint64(0), np.uint64(0)
    bits = boundary.view(np.uint64)
    for u in range(len(indptr) - 1):
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if v == u:
                return 1
            if last[v] == u:
                return 2
            last[v] = u
            ahead, behind = _hash(u, v), _hash(v, u)
            there += ahead
            back += behind
            if len(bits) > 0:
                there_long += _mix(ahead ^ bits[k])
                back_long += _mix(behind ^ bits[k])
    if there != back:
        return 3
    return 4 if there_long != back_long else 0


@njit(cache=True, nogil=True)
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def _hash(u: int, v: int) -> np.uint64:
    return _mix(_mix(np.uint64(u) + np.uint64(0x9E3779B97F4A7C15)) + np.uint64(v))
