"""The solver beside an exhaustive search that shares nothing with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from gridder.solver import Problem, solve


def connected_sets(near: list[int], first: int, alive: int, weight: list[int], most: int) -> Iterator[int]:
    """Yield every connected set of `alive` with `first` and at most `most` weight, once, as bits."""

    def grow(inside: int, border: int, banned: int, load: int) -> Iterator[int]:
        yield inside
        while border:
            bit = border & -border
            border ^= bit
            unit = bit.bit_length() - 1
            banned |= bit
            if load + weight[unit] <= most:
                fresh = near[unit] & alive & ~inside & ~banned & ~border
                yield from grow(inside | bit, border | fresh, banned, load + weight[unit])

    start = 1 << first
    if weight[first] <= most:
        yield from grow(start, near[first] & alive & ~start, start, weight[first])


def is_feasible(near_of: list[list[int]], weight: list[int], minimum: int, maximum: int) -> bool:
    n = len(weight)
    near = [sum(1 << v for v in s) for s in near_of]

    def weigh(units: int) -> int:
        return sum(weight[u] for u in range(n) if units >> u & 1)

    def split(alive: int) -> Iterator[int]:
        while alive:
            piece = grown = alive & -alive
            while grown:
                unit = grown.bit_length() - 1
                grown ^= 1 << unit
                fresh = near[unit] & alive & ~piece
                piece |= fresh
                grown |= fresh
            yield piece
            alive &= ~piece

    @cache
    def coverable(piece: int) -> bool:
        total = weigh(piece)
        if not any(m * minimum <= total <= m * maximum for m in range(1, n + 1)):
            return False
        first = (piece & -piece).bit_length() - 1
        for grid in connected_sets(near, first, piece, weight, maximum):
            if weigh(grid) >= minimum and all(coverable(rest) for rest in split(piece & ~grid)):
                return True
        return False

    return all(coverable(piece) for piece in split((1 << n) - 1))


def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, int, int, int]:
    kind = rng.integers(4)
    if kind == 0:
        weight = rng.poisson(0.6, n)
    elif kind == 1:
        weight = rng.integers(0, 4, n)
    elif kind == 2:
        weight = rng.integers(1, 10, n)
    else:
        weight = rng.choice([0, 1, 5], n)
    maximum = int(max(weight.max(), rng.integers(2, 22)))
    minimum = maximum if rng.random() < 0.3 else int(rng.integers(maximum // 3, maximum + 1))
    return weight, minimum, int(rng.integers(max(minimum, 1), maximum + 1)), maximum


def compare(seed: int, q: int, make_lattice: Callable, check_plan: Callable) -> str:
    rng = np.random.default_rng(seed)
    weight, minimum, target, maximum = draw(rng, q * q)
    indptr, indices = make_lattice(q, q)
    problem = Problem(
        indptr=indptr,
        indices=indices,
        weight=weight,
        minimum=minimum,
        target=target,
        maximum=maximum,
        xy=np.argwhere(np.ones((q, q))),
    )
    reasons = check_plan(problem, solve(problem, rng=seed, effort=0.25), minimum, maximum)
    if not reasons:
        return "feasible"
    near = [indices[a:b].tolist() for a, b in pairwise(indptr)]
    assert "not-found" not in reasons
    assert not is_feasible(near, weight.tolist(), minimum, maximum)
    return next(iter(reasons))


def test_oracle_agrees_with_plans_drawn_by_hand() -> None:
    """A chain of four ones splits into pairs, not into threes; a star of ones does not split into pairs."""
    chain = [[1], [0, 2], [1, 3], [2]]
    assert is_feasible(chain, [1, 1, 1, 1], 2, 2)
    assert not is_feasible(chain, [1, 1, 1, 1], 3, 3)
    assert not is_feasible([[1, 2, 3], [0], [0], [0]], [1, 1, 1, 1], 2, 2)
    assert is_feasible([[1, 2, 3], [0], [0], [0]], [1, 1, 1, 1], 1, 2)


def test_every_4_by_4_lattice_is_solved_or_certified(make_lattice: Callable, check_plan: Callable) -> None:
    """On 4 by 4 lattices feasible is always found and infeasible always certified."""
    outcomes = {compare(seed, 4, make_lattice, check_plan) for seed in range(250)}
    assert outcomes == {"feasible", "no-count-fits", "proved-infeasible", "component-under-minimum"}


def test_every_5_by_5_lattice_is_solved_or_certified(make_lattice: Callable, check_plan: Callable) -> None:
    """On 5 by 5 lattices feasible is always found and infeasible always certified."""
    outcomes = {compare(seed, 5, make_lattice, check_plan) for seed in range(150)}
    assert {"feasible", "proved-infeasible"} <= outcomes


@pytest.mark.slow
@pytest.mark.parametrize("q", [4, 5])
def test_many_lattices_are_solved_or_certified(q: int, make_lattice: Callable, check_plan: Callable) -> None:
    """The same for many more lattices."""
    outcomes = [compare(seed, q, make_lattice, check_plan) for seed in range(1000, 4000)]
    assert outcomes.count("feasible") > 1000
    assert outcomes.count("proved-infeasible") > 100
