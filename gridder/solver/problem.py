"""The question put to the solver, checked once, and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from gridder.errors import InputError
from gridder.model import Certificate, Finding, Floats, Ints, Text

Objective = Literal["moment", "cut", "mix"]

SHARE_OF_TARGET = (0.5, 1.5)
"""Minimum and maximum by default, as shares of the target, where the number of grids is asked for."""

_CALL = Text(
    "Build the graph as a symmetric CSR matrix without loops.", "请以对称且无自环的 CSR 矩阵给出邻接关系。"
)
_ARRAY = Text("Pass one finite number per unit.", "请为每个单元给出一个有限数值。")
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
    boundary
        Shared length of each entry of `indices`, shape (m,), symmetric; ones by default.
    moment
        Weight of a unit in the moment of inertia, shape (n,); ones by default.
    objective
        `moment`, `cut`, or `mix` of both; by default `mix` with `xy` and `cut` without.
    n_grids
        Exactly so many grids besides those that a certificate sets apart.
    zone
        Zone of every unit, shape (n,), integers; links between zones are dropped.

    Raises
    ------
    InputError
        With every fault that was found.
    """

    indptr: Ints
    indices: Ints
    weight: Floats
    minimum: float | None
    target: float | None
    maximum: float | None
    xy: Floats | None = None
    boundary: Floats | None = None
    moment: Floats | None = None
    objective: Objective | None = None
    n_grids: int | None = None
    zone: Ints | None = None

    def __post_init__(self) -> None:
        """Convert the arrays, then check them all."""
        for name in ("indptr", "indices", "zone"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _as_integers(getattr(self, name)))
        for name in ("weight", "xy", "boundary", "moment"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.array(getattr(self, name), dtype=np.float64))
        if self.objective is None:
            object.__setattr__(self, "objective", "cut" if self.xy is None else "mix")
        faults = [*_array_faults(self), *_size_faults(self)]
        if not faults:
            faults = list(_graph_faults(self))
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
        The value that was minimised (`gridder.solver.shape`); lower is better.
    certificates
        Why grids are out of bounds; ids are positions.
    effort
        Effort that was reached; less than asked for where the time limit struck.
    minimum, target, maximum
        The size that holds: as given, or as it follows from the number of grids asked for.
    """

    assignment: npt.NDArray[np.int32]
    objective: float
    certificates: tuple[Certificate, ...]
    effort: float
    minimum: float
    target: float
    maximum: float

    def __repr__(self) -> str:
        """Show the counts, not the arrays."""
        n_grids = int(self.assignment.max(initial=-1)) + 1
        return f"Solution({n_grids} grids, objective {self.objective:.4g})"


def _as_integers(values: npt.ArrayLike) -> npt.NDArray[np.generic]:
    array = np.array(values)
    if array.dtype.kind in "biu" or array.size == 0:
        return cast("npt.NDArray[np.generic]", array.astype(np.int64))
    return array


def _fault(kind: str, en: str, zh: str, remedy: Text) -> Finding:
    return Finding(kind, Text(en, zh), remedy=remedy)


def _array_faults(problem: Problem) -> Iterator[Finding]:
    n = len(problem.weight) if problem.weight.ndim == 1 else -1
    m = len(problem.indices)
    shapes: dict[str, tuple[int, ...]] = {
        "weight": (n,),
        "moment": (n,),
        "zone": (n,),
        "xy": (n, 2),
        "boundary": (m,),
        "indptr": (n + 1,),
        "indices": (m,),
    }
    for name, shape in shapes.items():
        array = getattr(problem, name)
        if array is None:
            continue
        remedy = _CALL if name in ("indptr", "indices") else _ARRAY
        if array.shape != shape:
            yield _fault(
                "wrong-shape",
                f"`{name}` has shape {array.shape}, expected {shape}",
                f"`{name}` 的形状为 {array.shape}，应为 {shape}",
                remedy,
            )
        elif name in ("indptr", "indices", "zone"):
            if array.dtype.kind != "i":
                yield _fault("not-integer", f"`{name}` is not integer", f"`{name}` 不是整数", remedy)
        elif not np.isfinite(array).all():
            yield _fault("not-finite", f"`{name}` is not finite", f"`{name}` 含有非有限数值", remedy)
        elif name != "xy" and (array < 0).any():
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
    if problem.objective not in ("moment", "cut", "mix"):
        yield _fault(
            "bad-objective",
            f"the objective {problem.objective!r} is unknown",
            f"未知的目标函数 {problem.objective!r}",
            Text("Choose moment, cut or mix.", "请选择 moment、cut 或 mix。"),
        )
    elif problem.objective != "cut" and problem.xy is None:
        yield _fault(
            "missing-xy",
            f"the objective {problem.objective} needs `xy`",
            f"目标函数 {problem.objective} 需要 `xy`",
            Text("Pass the centres of the units, or choose cut.", "请给出单元中心坐标，或选择 cut。"),
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
    heads = np.repeat(np.arange(n), steps)
    if (heads == indices).any():
        yield _fault("bad-graph", "the graph has loops", "邻接图含有自环", _CALL)
    there, back = np.lexsort((indices, heads)), np.lexsort((heads, indices))
    pairs, mirrored = (heads[there], indices[there]), (indices[back], heads[back])
    if not (np.array_equal(pairs[0], mirrored[0]) and np.array_equal(pairs[1], mirrored[1])):
        yield _fault("bad-graph", "the graph is not symmetric", "邻接图不对称", _CALL)
    elif ((np.diff(pairs[0]) == 0) & (np.diff(pairs[1]) == 0)).any():
        yield _fault("bad-graph", "the graph has a link twice", "邻接图含有重复的边", _CALL)
    elif problem.boundary is not None and not np.array_equal(problem.boundary[there], problem.boundary[back]):
        yield _fault(
            "bad-graph",
            "`boundary` differs between the two directions of a link",
            "`boundary` 在同一条边的两个方向上不一致",
            _CALL,
        )
