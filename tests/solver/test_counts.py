"""How many grids every component gets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from gridder.solver import Problem, exact, solve
from gridder.solver.certificate import Apart
from gridder.solver.counts import best_share, choose_counts, reshare


def make_apart(n: int, minimum: float, target: float, maximum: float) -> Apart:
    free = np.full(n, -1)
    return Apart(minimum, target, maximum, np.zeros(n, bool), free, np.zeros(n, np.int64))


def test_counts_follow_the_weight() -> None:
    """30 and 14 people make three grids and one of 10; five asked for go where the grids are heaviest."""
    piece, weight = np.repeat([0, 1], [15, 7]), np.full(22, 2.0)
    apart = make_apart(22, 5, 10, 15)
    assert choose_counts(piece, weight, apart, None)[0].tolist() == [3, 1]
    assert choose_counts(piece, weight, apart, 5)[0].tolist() == [3, 2]
    assert choose_counts(piece, weight, apart, 8)[0].tolist() == [6, 2]
    assert choose_counts(piece, weight, apart, 9)[1] is False


def test_no_more_grids_than_the_skilled_can_serve() -> None:
    """Four who can drive, two a grid: two grids instead of three; the bounds go before the skill."""
    piece, weight, skill = np.zeros(15, np.int64), np.full(15, 2.0), np.repeat([1.0, 0.0], [4, 11])
    told = {"skill": skill, "skill_minimum": 2.0}
    assert choose_counts(piece, weight, make_apart(15, 5, 10, 15), None, **told)[0].tolist() == [2]
    assert choose_counts(piece, weight, make_apart(15, 5, 9, 10), None, **told)[0].tolist() == [3]
    assert choose_counts(piece, weight, make_apart(15, 5, 10, 15), 4, **told)[0].tolist() == [4]


def test_grids_asked_for_go_where_the_skilled_are() -> None:
    """Of two equal components the one with the skilled people gets the third grid."""
    piece, weight = np.repeat([0, 1], 10), np.full(20, 2.0)
    skill = np.repeat([1.0, 3.0], 10) / 10.0
    counts, fits = choose_counts(piece, weight, make_apart(20, 5, 10, 15), 5, skill=skill, skill_minimum=1.0)
    assert counts.tolist() == [2, 3]
    assert fits


@pytest.mark.parametrize("seed", range(40))
def test_the_best_share_is_that_of_trying_all(seed: int) -> None:
    """The dynamic programme finds what all combinations give, or that there is none."""
    rng = np.random.default_rng(seed)
    options = [sorted(set(rng.integers(1, 6, rng.integers(1, 4)).tolist())) for _ in range(4)]
    total = rng.integers(1, 30, 4).astype(float)
    n_grids = int(rng.integers(4, 20))
    tried = [c for c in product(*options) if sum(c) == n_grids]
    found = best_share(options, total, n_grids)
    if not tried:
        assert found is None
    else:
        assert found is not None
        assert found.sum() == n_grids
        assert (total**2 / found).sum() == pytest.approx(min((total**2 / c).sum() for c in tried))


def test_a_share_that_is_impossible_is_left() -> None:
    """Where two grids of the first component are ruled out, three are taken and the other gives one up."""
    ranges, total = np.array([[1, 3], [2, 4]]), np.array([20.0, 30.0])

    def search(component: int, count: int) -> int:
        return exact.INFEASIBLE if (component, count) == (0, 2) else exact.FOUND

    share = reshare(np.array([2, 3]), [0], ranges, total, search)
    assert share.counts.tolist() == [3, 2]
    assert (share.undecided, share.hopeless, share.none_left) == ([], [], False)


def test_what_no_share_fits_is_told() -> None:
    """A component that no number fits is named; where only sums are missed all are."""
    ranges, total = np.array([[1, 2], [2, 2]]), np.array([20.0, 30.0])
    share = reshare(np.array([2, 2]), [0], ranges, total, lambda c, m: exact.INFEASIBLE)
    assert share.none_left
    share = reshare(np.array([2, 2]), [1], ranges, total, lambda c, m: exact.INFEASIBLE)
    assert share.hopeless == [1]
    share = reshare(np.array([2, 2]), [1], ranges, total, lambda c, m: exact.UNDECIDED)
    assert share.undecided == [1]


def test_a_star_gives_its_grids_to_a_chain(make_csr: Callable, check_plan: Callable) -> None:
    """A star of six ones is one grid or none; asked for 4 grids of 1 to 6 the chain must have three."""
    star = [(0, i) for i in range(1, 6)]
    chain = [(i, i + 1) for i in range(6, 11)]
    indptr, indices = make_csr(12, star + chain)
    problem = Problem(
        indptr=indptr, indices=indices, weight=np.ones(12), minimum=2, target=3, maximum=6, n_grids=4
    )
    assert check_plan(problem, solve(problem), 2, 6) == {}
