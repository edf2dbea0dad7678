"""A thousand small problems of every kind, beside exact models that share nothing with the solver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gridder.solver import Problem, solve
from gridder.testing import certificates
from gridder.testing.certificates import check_solution
from gridder.testing.exhaustive import least_cost, plan_exists
from gridder.testing.family import KINDS, MOST_UNITS, draw_problem

SHORT_RUN, WHOLE_FAMILY = range(160), range(1000)


@dataclass
class Outcome:
    """What a run over the family gave."""

    n_grids: int = 0
    not_found: int = 0
    unsettled: int = 0
    faults: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        gaps = np.array(self.gaps)
        return (
            f"{self.n_grids} grids, {self.not_found} not found; {dict(self.reasons)}; gap to the optimum of "
            f"{len(gaps)} plans: mean {gaps.mean():.4f}, worst {gaps.max():.4f}, {(gaps < 1e-9).sum()} optimal"
        )


def run(seeds: range, most_sets: int, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    outcome = Outcome()

    def settled(*args: Any, **told: Any) -> bool | None:
        found = plan_exists(*args, **told)
        outcome.unsettled += found is None
        return found

    monkeypatch.setattr(certificates, "plan_exists", settled)
    for seed in seeds:
        problem = draw_problem(seed)
        solution = solve(problem, rng=seed)
        reasons = [c.reason for c in solution.certificates]
        outcome.n_grids += int(solution.assignment.max()) + 1
        outcome.not_found += sum(
            max(1, len(c.grid_ids)) for c in solution.certificates if c.reason == "not-found"
        )
        outcome.reasons.update(reasons or ["in bounds"])
        outcome.faults += [f"{seed}: {fault}" for fault in check_solution(problem, solution)]
        if not reasons and problem.skill is None:
            gap = gap_to_optimum(problem, solution.assignment, most_sets)
            outcome.gaps += [] if gap is None else [gap]
    return outcome


def gap_to_optimum(problem: Problem, assignment: np.ndarray, most_sets: int) -> float | None:
    """Return by how much a plan costs more than the best with as many grids in every piece, as a share."""
    near = [set(problem.indices[a:b].tolist()) for a, b in pairwise(problem.indptr)]
    bounds = (problem.minimum * (1 - 1e-9), problem.maximum * (1 + 1e-9))

    def price(units: list[int]) -> float:
        if problem.objective == "cut":
            return sum(len(near[u] - set(units)) for u in units) / 2
        apart = problem.xy[units][:, None] - problem.xy[units][None]
        return float((apart**2).sum(axis=2).sum(axis=1).min())

    own = least = 0.0
    waiting = set(range(len(near)))
    while waiting:
        piece, fresh = set(), {min(waiting)}
        while fresh:
            piece |= fresh
            fresh = set().union(*(near[u] for u in fresh)) - piece
        waiting -= piece
        grids = [[u for u in sorted(piece) if assignment[u] == g] for g in np.unique(assignment[list(piece)])]
        own += sum(price(units) for units in grids)
        best = least_cost(
            near, problem.weight, sorted(piece), bounds, count=len(grids), price=price, most_sets=most_sets
        )
        if best is None:
            return None
        least += best
    return 0.0 if own <= least else own / max(least, 1e-300) - 1.0


def test_the_family_is_what_it_says() -> None:
    """Every kind of graph and bounds is among the first problems, and the same seed gives the same problem."""
    problems = [draw_problem(seed) for seed in range(200)]
    sizes = [len(problem.weight) for problem in problems]
    assert (min(sizes), max(sizes)) >= (4, 30)
    assert max(sizes) <= MOST_UNITS
    assert {problem.objective for problem in problems} == {"cut", "medoid"}
    assert any(problem.n_grids is None for problem in problems)
    assert any(problem.n_grids is not None for problem in problems)
    assert any(problem.skill is not None for problem in problems)
    assert any((problem.weight > problem.maximum).any() for problem in problems)
    exact = [problem for seed, problem in enumerate(problems) if KINDS[seed % len(KINDS)] == "exact"]
    assert all(problem.minimum == problem.maximum for problem in exact)
    assert np.array_equal(draw_problem(7).weight, problems[7].weight)


def test_the_first_of_the_family_are_solved_or_certified(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable
) -> None:
    """Feasible problems are solved, all certificates hold, and plans are near the optimum."""
    outcome = run(SHORT_RUN, most_sets=2_000, monkeypatch=monkeypatch)
    record_property("family", str(outcome))
    assert (outcome.faults, outcome.unsettled) == ([], 0)
    assert outcome.not_found == 0
    assert np.mean(outcome.gaps) < 0.03


@pytest.mark.slow
def test_the_whole_family_is_solved_or_certified(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable
) -> None:
    """The same for a thousand problems; fewer than one grid in a thousand is merely not found."""
    outcome = run(WHOLE_FAMILY, most_sets=5_000, monkeypatch=monkeypatch)
    record_property("family", str(outcome))
    assert (outcome.faults, outcome.unsettled) == ([], 0)
    assert outcome.not_found < 0.001 * outcome.n_grids
    assert np.mean(outcome.gaps) < 0.03
