"""Graphs, and an independent check of plans that uses neither the solver's code nor scipy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pytest

from gridder.solver import Problem, Solution

Links = list[tuple[int, int]]


def csr(n: int, links: Iterable[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    near: list[set[int]] = [set() for _ in range(n)]
    for a, b in links:
        near[a].add(b)
        near[b].add(a)
    indptr = np.cumsum([0] + [len(s) for s in near])
    return indptr, np.array([v for s in near for v in sorted(s)], dtype=np.int32)


def lattice_links(rows: int, columns: int) -> Links:
    at = np.arange(rows * columns).reshape(rows, columns)
    across = zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True)
    down = zip(at[:-1].ravel(), at[1:].ravel(), strict=True)
    return [(int(a), int(b)) for a, b in [*across, *down]]


def reach(near: list[set[int]], inside: set[int]) -> set[int]:
    """Return the connected piece of the smallest unit of `inside`."""
    seen, stack = {min(inside)}, [min(inside)]
    while stack:
        fresh = (near[stack.pop()] & inside) - seen
        seen |= fresh
        stack.extend(fresh)
    return seen


def pieces(near: list[set[int]], inside: set[int]) -> list[set[int]]:
    out, inside = [], set(inside)
    while inside:
        out.append(reach(near, inside))
        inside -= out[-1]
    return out


def check(problem: Problem, solution: Solution, minimum: float, maximum: float) -> dict[str, int]:
    """Assert all that a plan promises and return how many grids are out of bounds, by reason."""
    n = len(problem.weight)
    near: list[set[int]] = [set(problem.indices[a:b].tolist()) for a, b in pairwise(problem.indptr)]
    if problem.zone is not None:
        near = [{v for v in s if problem.zone[v] == problem.zone[u]} for u, s in enumerate(near)]
    assert solution.assignment.shape == (n,)
    assert solution.assignment.dtype == np.int32
    grids: dict[int, set[int]] = {}
    for unit, grid in enumerate(solution.assignment.tolist()):
        grids.setdefault(grid, set()).add(unit)
    assert sorted(grids) == list(range(len(grids)))
    assert [min(units) for units in grids.values()] == sorted(min(units) for units in grids.values())
    slack = 1e-9 * max(maximum, 1.0)

    def weigh(units: Iterable[int]) -> float:
        return float(problem.weight[list(units)].sum())

    heavy = {u for u in range(n) if problem.weight[u] > maximum + slack}
    for units in grids.values():
        assert reach(near, units) == units
        assert len(units & heavy) <= 1
    covered: dict[int, str] = {}
    for c in solution.certificates:
        assert (c.minimum, c.maximum) == pytest.approx((minimum, maximum))
        assert c.weight == pytest.approx(weigh(c.unit_ids))
        covered.update(dict.fromkeys(c.grid_ids, c.reason))
        units = set(c.unit_ids)
        if c.reason == "unit-over-maximum":
            assert units <= heavy
            assert len(units) == 1
        elif c.reason in ("component-under-minimum", "no-count-fits"):
            if problem.n_grids is None:
                assert units in pieces(near, set(range(n)) - heavy)
            if c.reason == "component-under-minimum":
                assert c.weight < minimum
            elif problem.n_grids is None:
                assert not any(
                    m * minimum - slack <= c.weight <= m * maximum + slack for m in range(1, len(units) + 1)
                )
    bad = {g for g, units in grids.items() if not minimum - slack <= weigh(units) <= maximum + slack}
    assert bad <= set(covered)
    reasons = [covered[g] for g in bad]
    return {reason: reasons.count(reason) for reason in set(reasons)}


@pytest.fixture
def make_csr() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return csr


@pytest.fixture
def make_lattice() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return lambda rows, columns: csr(rows * columns, lattice_links(rows, columns))


@pytest.fixture
def check_plan() -> Callable[..., dict[str, int]]:
    return check


@pytest.fixture
def find_pieces() -> Callable[..., list[set[int]]]:
    return pieces
