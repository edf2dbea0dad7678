"""The checker of certificates: true ones pass, each spoiling is named, and its two exact models agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gridder.model import Certificate
from gridder.solver import Problem, Solution
from gridder.testing import exhaustive
from gridder.testing.certificates import check_solution
from gridder.testing.exhaustive import least_cost, plan_exists

SQUARE = [{1, 2}, {0, 3}, {0, 3}, {1, 2}]
ONES = np.ones(4)


def chain_problem(
    make_csr: Callable, weight: list[float], bounds: tuple[float, float], **told: Any
) -> Problem:
    indptr, indices = make_csr(len(weight), [(i, i + 1) for i in range(len(weight) - 1)])
    minimum, maximum = bounds
    return Problem(
        indptr=indptr,
        indices=indices,
        weight=np.array(weight, float),
        minimum=minimum,
        target=maximum,
        maximum=maximum,
        **told,
    )


def answer(problem: Problem, assignment: list[int], *certificates: Certificate) -> Solution:
    return Solution(
        assignment=np.array(assignment, np.int32),
        objective=0.0,
        certificates=certificates,
        effort=1.0,
        minimum=float(problem.minimum or 0.0),
        target=float(problem.target or 0.0),
        maximum=float(problem.maximum or 0.0),
        kept=np.empty(0, np.int64),
    )


def certify(problem: Problem, reason: str, grids: tuple[int, ...], units: tuple[int, ...]) -> Certificate:
    return Certificate(
        reason=reason,
        grid_ids=grids,
        unit_ids=units,
        weight=float(problem.weight[list(units)].sum()),
        minimum=float(problem.minimum or 0.0),
        maximum=float(problem.maximum or 0.0),
    )


# weights of a chain, bounds, further options, assignment, then reason, grids and units of a true certificate
TRUE: dict[str, tuple[list[float], tuple[float, float], dict[str, Any], list[int], tuple[Any, ...]]] = {
    "a unit above the maximum": ([9, 2, 2], (3, 4), {}, [0, 1, 1], ("unit-over-maximum", (0,), (0,))),
    "a chain below the minimum": ([1, 1], (3, 4), {}, [0, 0], ("component-under-minimum", (0,), (0, 1))),
    "no number that fits": ([3, 4], (4, 6), {}, [0, 1], ("no-count-fits", (0,), (0, 1))),
    "a number asked for": ([2, 2], (2, 4), {"n_grids": 3}, [0, 1], ("no-count-fits", (), (0, 1))),
    "no chain that fits": ([1, 4, 1], (3, 4), {}, [0, 1, 2], ("proved-infeasible", (0, 2), (0, 1, 2))),
    "a light end": ([1, 4, 3, 3], (3, 4), {}, [0, 1, 2, 3], ("proved-infeasible", (0,), (0, 1))),
    "a share asked for": (
        [1, 2, 2, 1],
        (1, 3),
        {"n_grids": 2, "zone": np.array([0, 0, 1, 1])},
        [0, 0, 1, 1],
        (),
    ),
    "too few who can drive": (
        [2, 2, 2, 2],
        (4, 4),
        {"skill": np.array([1.0, 0, 0, 0]), "skill_minimum": 1.0},
        [0, 0, 1, 1],
        ("skill-short", (1,), (0, 1, 2, 3)),
    ),
    "too few for three grids": (
        [2, 2, 2],
        (2, 6),
        {"skill": np.array([1.0, 1, 0]), "skill_minimum": 1.0, "n_grids": 3},
        [0, 1, 2],
        ("skill-short", (2,), (0, 1, 2)),
    ),
    "who can drive live together": (
        [2, 2, 2, 2],
        (4, 4),
        {"skill": np.array([1.0, 1, 0, 0]), "skill_minimum": 1.0},
        [0, 0, 1, 1],
        ("proved-infeasible", (1,), (0, 1, 2, 3)),
    ),
    "not found": ([3, 1, 3], (3, 4), {}, [0, 1, 2], ("not-found", (1,), (1,))),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_certificate_passes(name: str, make_csr: Callable) -> None:
    """Cases worked out by hand, one for each reason."""
    weight, bounds, told, assignment, certificate = TRUE[name]
    problem = chain_problem(make_csr, weight, bounds, **told)
    certificates = [certify(problem, *certificate)] if certificate else []
    assert check_solution(problem, answer(problem, assignment, *certificates)) == []


@pytest.mark.parametrize("name", [name for name, case in TRUE.items() if case[-1] and case[-1][1]])
@pytest.mark.parametrize(
    "change",
    [
        {"weight": 77.0},
        {"minimum": 0.25},
        {"maximum": 99.0},
        {"unit_ids": ()},
        {"reason": "bad-luck"},
        {"grid_ids": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_certificate_is_named(name: str, change: dict[str, Any], make_csr: Callable) -> None:
    """Another weight, other bounds, no unit, an unknown reason, no grid."""
    weight, bounds, told, assignment, certificate = TRUE[name]
    problem = chain_problem(make_csr, weight, bounds, **told)
    spoiled = replace(certify(problem, *certificate), **change)
    assert check_solution(problem, answer(problem, assignment, spoiled))


@pytest.mark.parametrize(
    "reason",
    ["unit-over-maximum", "component-under-minimum", "no-count-fits", "skill-short", "proved-infeasible"],
)
@pytest.mark.parametrize("units", [(0, 1, 2, 3), (0, 1), (0,), (1, 2)])
@pytest.mark.parametrize("n_grids", [None, 2])
def test_no_reason_holds_where_a_plan_does(
    reason: str, units: tuple[int, ...], n_grids: int | None, make_csr: Callable
) -> None:
    """Four units that make two good grids are no case for any certificate, whatever units it names."""
    problem = chain_problem(
        make_csr, [1, 2, 2, 1], (3, 3), n_grids=n_grids, skill=np.array([1.0, 0, 1, 0]), skill_minimum=1.0
    )
    spoiled = certify(problem, reason, (0, 1, 2), units)
    assert check_solution(problem, answer(problem, [0, 1, 1, 2], spoiled))
    assert check_solution(problem, answer(problem, [0, 0, 1, 1])) == []


def test_what_is_not_certified_is_named(make_csr: Callable) -> None:
    """A grid out of bounds, one without the skill, one in pieces, and a number of grids that was not asked for."""
    problem = chain_problem(make_csr, [1, 1, 1, 1], (2, 2), n_grids=2)
    assert check_solution(problem, answer(problem, [0, 1, 1, 0])) == ["contiguity: grid 0 is in pieces"]
    assert check_solution(problem, answer(problem, [0, 0, 0, 1])) == [
        "bounds: grid 0 has no certificate",
        "bounds: grid 1 has no certificate",
    ]
    wide = replace(problem, minimum=1.0)
    assert check_solution(wide, answer(wide, [0, 1, 2, 2])) == [
        "bounds: there are 3 grids, not the 2 asked for"
    ]
    skilled = replace(problem, skill=np.array([1.0, 0, 1, 0]), skill_minimum=1.0)
    assert check_solution(skilled, answer(skilled, [0, 0, 1, 1])) == []
    unskilled = replace(skilled, skill=np.array([1.0, 1, 0, 0]))
    assert check_solution(unskilled, answer(unskilled, [0, 0, 1, 1])) == ["bounds: grid 1 has no certificate"]


def test_shares_over_pieces_are_tried(make_csr: Callable) -> None:
    """Two pairs of 1 and 2 make three grids of 1 to 3; of 1 and 3 only 4, which is all that fits them."""
    told = {"zone": np.array([0, 0, 1, 1])}
    for weights, true in (([1, 2, 2, 1], False), ([1, 3, 3, 1], True)):
        problem = chain_problem(make_csr, weights, (1, 3), n_grids=3, **told)
        certificate = certify(problem, "proved-infeasible", (2,), (0, 1, 2, 3))
        faults = check_solution(problem, answer(problem, [0, 1, 2, 2], certificate))
        assert (faults == []) == true


@pytest.mark.parametrize("seed", range(40))
def test_the_trial_and_the_model_agree(
    seed: int, make_lattice: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying all divisions and the model with HiGHS say the same, with a count, a root or a skill."""
    rng = np.random.default_rng(seed)
    indptr, indices = make_lattice(2, int(rng.integers(2, 5)))
    near = [set(indices[a:b].tolist()) for a, b in pairwise(indptr)]
    weight = rng.integers(0, 5, len(near)).astype(float)
    upper = float(rng.integers(4, 9))
    bounds = (float(rng.integers(0, upper + 1)), upper)
    told: dict[str, Any] = (
        {},
        {"count": int(rng.integers(1, 4))},
        {"root": int(rng.integers(len(near)))},
        {"skill": rng.integers(0, 2, len(near)).astype(float), "needed": 1.0},
    )[seed % 4]
    tried = plan_exists(near, weight, range(len(near)), bounds, **told)
    monkeypatch.setattr(exhaustive, "STEPS", 0)
    assert plan_exists(near, weight, range(len(near)), bounds, **told) == tried
    assert tried is not None


def test_the_least_cost_is_that_of_the_best_cut() -> None:
    """A square of four ones is cut into pairs by two links; three grids cut three, and five are too many."""

    def price(units: list[int]) -> float:
        return sum(len(SQUARE[u] - set(units)) for u in units) / 2

    costs = [
        least_cost(SQUARE, ONES, range(4), (1.0, 4.0), count=count, price=price) for count in (1, 2, 3, 4, 5)
    ]
    assert costs == [0.0, 2.0, 3.0, 4.0, None]
    assert least_cost(SQUARE, ONES, range(4), (1.0, 4.0), count=2, price=price, most_sets=3) is None
