"""The exact searches beside each other, and on states of the United States."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import Delaunay

from gridder.solver import Problem, exact, solve
from gridder.solver.exact.cover import search_cover
from gridder.solver.exact.frontier import search_frontier
from gridder.testing.certificates import check_solution
from gridder.testing.exhaustive import plan_exists

FEASIBLE = ("AL", "AR", "ID", "KS", "ME", "MT", "NE", "OK", "SD", "WY")
CROSSED = ("CO", "SC")
"""States that could be divided if grids need not be connected."""


def load_state(data_dir: Path, state: str, make_csr: Callable) -> Problem:
    path = data_dir / "optima" / "feasibility" / f"{state}.json"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    told = json.loads(path.read_text())
    indptr, indices = make_csr(told["n"], told["edges"])
    weight = np.array(told["pop"], float)
    return Problem(
        indptr=indptr,
        indices=indices,
        weight=weight,
        minimum=told["L"],
        target=weight.sum() / told["k"],
        maximum=told["U"],
        n_grids=told["k"],
    )


def draw_planar(rng: np.random.Generator, n: int, make_csr: Callable) -> tuple[np.ndarray, np.ndarray]:
    triangles = Delaunay(rng.random((n, 2))).simplices
    links = {(int(min(a, b)), int(max(a, b))) for t in triangles for a, b in ((t[0], t[1]), (t[1], t[2]))}
    return make_csr(n, sorted(links))


def check_label(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, int, int],
    label: np.ndarray,
    count: int,
    find_pieces: Callable,
) -> None:
    indptr, indices, weight, lo, hi = problem
    near = [set(indices[a:b].tolist()) for a, b in pairwise(indptr)]
    names = np.unique(label)
    assert count in (0, len(names))
    for name in names:
        units = set(np.flatnonzero(label == name).tolist())
        assert len(find_pieces(near, units)) == 1
        assert lo <= weight[list(units)].sum() <= hi


@pytest.mark.parametrize("seed", range(60))
def test_both_searches_agree(seed: int, make_csr: Callable, find_pieces: Callable) -> None:
    """The frontier and the cover find the same problems feasible, and the plans are in bounds."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 15))
    indptr, indices = draw_planar(rng, n, make_csr)
    weight = rng.integers(0, (2, 4, 12)[seed % 3], n)
    hi = int(rng.integers(max(weight.max(), 1), 14))
    lo = int(rng.integers(0, hi + 1))
    for count in (0, *range(1, 5)):
        problem = indptr, indices, weight, lo, hi
        one = search_frontier(*problem, count=count, limit=100_000)
        other = search_cover(*problem, count=count, steps=10_000_000)
        assert one.status == other.status != exact.UNDECIDED
        for found in (one, other):
            if found.status == exact.FOUND:
                check_label(problem, found.label, count, find_pieces)


def test_work_is_limited_and_repeats(make_lattice: Callable) -> None:
    """Too little work leaves it undecided; the same work gives the same plan."""
    indptr, indices = make_lattice(9, 9)
    weight = np.random.default_rng(0).integers(1000, 2000, 81)
    bounds = int(weight.sum() / 9 * 0.98), int(weight.sum() / 9 * 1.02)
    assert search_cover(indptr, indices, weight, *bounds, count=9, steps=1000).status == exact.UNDECIDED
    first, second = (
        search_cover(indptr, indices, weight, *bounds, count=9, steps=3_000_000) for _ in range(2)
    )
    assert first.status == second.status == exact.FOUND
    assert np.array_equal(first.label, second.label)


@pytest.mark.parametrize("state", FEASIBLE)
def test_states_that_can_be_divided_are(
    state: str, data_dir: Path, make_csr: Callable, check_plan: Callable
) -> None:
    """Counties make districts of equal population, to half a percent, in every state where they can."""
    problem = load_state(data_dir, state, make_csr)
    assert check_plan(problem, solve(problem), problem.minimum, problem.maximum) == {}


@pytest.mark.parametrize("state", [pytest.param("CO", marks=pytest.mark.slow), "SC"])
def test_states_that_contiguity_rules_out_are_proved(
    state: str, data_dir: Path, make_csr: Callable, check_plan: Callable
) -> None:
    """Where connected districts are impossible the whole state is proved, and an independent model agrees."""
    problem = load_state(data_dir, state, make_csr)
    solution = solve(problem)
    assert set(check_plan(problem, solution, problem.minimum, problem.maximum)) == {"proved-infeasible"}
    assert [len(c.unit_ids) for c in solution.certificates] == [len(problem.weight)]
    assert check_solution(problem, solution) == []
    near = [set(problem.indices[a:b].tolist()) for a, b in pairwise(problem.indptr)]
    bounds, count = (problem.minimum, problem.maximum), problem.n_grids
    assert plan_exists(near, problem.weight, range(len(near)), bounds, count=count) is False


def test_counties_above_the_maximum_are_certified(
    data_dir: Path, make_csr: Callable, check_plan: Callable
) -> None:
    """All other states have counties above the maximum, and nothing is merely not found there."""
    states = sorted(path.stem for path in (data_dir / "optima" / "feasibility").glob("*.json"))
    for state in sorted(set(states) - {*FEASIBLE, *CROSSED}):
        problem = load_state(data_dir, state, make_csr)
        solution = solve(problem)
        reasons = check_plan(problem, solution, problem.minimum, problem.maximum)
        assert reasons["unit-over-maximum"] == (problem.weight > problem.maximum).sum()
        assert "not-found" not in reasons
