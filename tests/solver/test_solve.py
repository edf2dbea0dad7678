"""What every plan promises: complete, connected, in bounds or certified, repeatable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from gridder.errors import Stopped
from gridder.solver import Problem, Solution, solve

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(graph: tuple[np.ndarray, np.ndarray], weight: object, bounds: tuple, **more: object) -> Problem:
    minimum, target, maximum = bounds
    return Problem(
        indptr=graph[0],
        indices=graph[1],
        weight=weight,
        minimum=minimum,
        target=target,
        maximum=maximum,
        **more,
    )


@pytest.fixture(scope="module")
def town() -> Problem:
    """Return some 2 000 units, most of them with nobody or one person."""
    rng = np.random.default_rng(5)
    xy = np.argwhere(np.ones((45, 45))) + rng.uniform(-0.35, 0.35, (2025, 2))
    indptr, indices = Delaunay(xy).vertex_neighbor_vertices
    return build((indptr, indices), rng.poisson(0.6, 2025), (7, 10, 15), xy=100 * xy)


@pytest.fixture(scope="module")
def town_plan(town: Problem) -> Solution:
    return solve(town)


def test_a_path_of_ones_falls_into_its_only_thirds(make_csr: Callable, check_plan: Callable) -> None:
    """Nine ones in a row have one division into threes."""
    problem = build(make_csr(9, [(i, i + 1) for i in range(8)]), np.ones(9), (3, 3, 3))
    solution = solve(problem)
    assert solution.assignment.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert solution.certificates == ()
    # two of eight links are cut, and nothing deviates
    assert solution.objective == pytest.approx(2 / (8 * np.sqrt(3 / 9)))


def test_a_square_of_16_falls_into_its_quarters(make_lattice: Callable) -> None:
    """Four squares of four units are the compactest quarters of a 4 by 4 lattice; the moment is worked by hand."""
    xy = 100.0 * np.argwhere(np.ones((4, 4)))
    problem = build(make_lattice(4, 4), np.ones(16), (4, 4, 4), xy=xy, objective="moment")
    solution = solve(problem)
    blocks = solution.assignment.reshape(4, 4)
    assert blocks[::2, ::2].ravel().tolist() == [0, 1, 2, 3]
    assert (np.kron(blocks[::2, ::2], np.ones((2, 2))) == blocks).all()
    # every unit is at distance sqrt(1/2) of a link from its centre: moment 16 x 1/2, disc 16 x 16 / (2 pi 4)
    assert solution.objective == pytest.approx(8 / (16 * 16 / (8 * np.pi)))


def test_a_town_is_in_bounds_and_compact(town: Problem, town_plan: Solution, check_plan: Callable) -> None:
    """A town of the usual kind is in bounds, near the target, and rounder than the peers make it."""
    assert check_plan(town, town_plan, 7, 15) == {}
    load = np.bincount(town_plan.assignment, town.weight)
    assert len(load) == pytest.approx(town.weight.sum() / 10, rel=0.01)
    assert np.abs(load / 10 - 1).mean() < 0.07
    xy = town.xy / 100
    centre = np.stack([np.bincount(town_plan.assignment, xy[:, i]) for i in (0, 1)], axis=1)
    centre /= np.bincount(town_plan.assignment)[:, None]
    assert ((xy - centre[town_plan.assignment]) ** 2).sum() / 2025 < 2.85
    heads = np.repeat(np.arange(2025), np.diff(town.indptr))
    assert (town_plan.assignment[heads] != town_plan.assignment[town.indices]).mean() < 0.32


def test_the_same_call_gives_the_same_plan(town: Problem, town_plan: Solution) -> None:
    """Plans repeat, and an integer and its generator are the same source."""
    again = solve(town, rng=np.random.default_rng(0))
    assert (again.assignment == town_plan.assignment).all()
    assert (solve(town, rng=1).assignment != town_plan.assignment).any()


def test_more_effort_is_never_worse(town: Problem, town_plan: Solution) -> None:
    """The rounds of a smaller effort are the first rounds of a larger one."""
    quick, long = solve(town, effort=0.25), solve(town, effort=2)
    assert (quick.effort, long.effort) == (0.25, 2)
    assert long.objective <= town_plan.objective <= quick.objective
    assert long.objective < quick.objective


def test_the_effort_that_a_time_limit_allows_makes_the_plan_again(town: Problem) -> None:
    """A time limit ends the rounds, and the recorded effort repeats the plan."""
    capped = solve(town, effort=50, time_limit_s=0.0)
    assert capped.effort == 1
    assert (solve(town, effort=capped.effort).assignment == capped.assignment).all()


def test_the_work_stops_where_the_callback_says_so(town: Problem) -> None:
    """Progress runs from 0 to 1 in the stage `solve`; Stopped gives the best plan, if there is one already."""
    seen: list[float] = []

    def note(stage: str, done: float) -> None:
        assert stage == "solve"
        seen.append(done)

    solve(town, progress=note)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)
    assert len(seen) > 5

    def stop_at(share: float) -> Callable[[str, float], None]:
        def stop(stage: str, done: float) -> None:
            if done >= share:
                raise Stopped("enough")

        return stop

    stopped = solve(town, effort=8, progress=stop_at(0.5))
    assert 1 <= stopped.effort < 8
    assert (solve(town, effort=stopped.effort).assignment == stopped.assignment).all()
    with pytest.raises(Stopped):
        solve(town, progress=stop_at(0.0))


def test_inputs_are_not_changed(town: Problem) -> None:
    """The caller's arrays stay as they were."""
    weight = town.weight.copy()
    problem = build((town.indptr, town.indices), weight, (7, 10, 15), xy=town.xy)
    solve(problem, effort=0.25)
    assert (weight == town.weight).all()
    weight[:] = -1
    assert (problem.weight == town.weight).all()


def test_no_units_give_an_empty_plan() -> None:
    """Nothing is divided into nothing."""
    solution = solve(build((np.zeros(1, np.int64), np.empty(0)), np.empty(0), (1, 2, 3)))
    assert solution.assignment.shape == (0,)
    assert solution.certificates == ()


@pytest.mark.parametrize("weight", [0.0, 5.0, 10.0, 50.0])
def test_one_unit_is_one_grid(weight: float, make_csr: Callable, check_plan: Callable) -> None:
    """A single unit is a grid, with a certificate where it is out of bounds."""
    problem = build(make_csr(1, []), [weight], (7, 10, 15), xy=np.zeros((1, 2)))
    reasons = check_plan(problem, solve(problem), 7, 15)
    want = {0.0: "component-under-minimum", 5.0: "component-under-minimum", 50.0: "unit-over-maximum"}
    assert reasons == ({want[weight]: 1} if weight in want else {})


def test_nobody_anywhere(make_lattice: Callable, check_plan: Callable) -> None:
    """Without any weight a component is one grid below the minimum, and in bounds where the minimum is 0."""
    problem = build(make_lattice(3, 3), np.zeros(9), (1, 2, 3))
    assert check_plan(problem, solve(problem), 1, 3) == {"component-under-minimum": 1}
    problem = build(make_lattice(3, 3), np.zeros(9), (0, 2, 3))
    assert check_plan(problem, solve(problem), 0, 3) == {}


def test_units_on_one_point(make_lattice: Callable, check_plan: Callable) -> None:
    """Coordinates that do not differ do no harm."""
    problem = build(make_lattice(4, 5), np.ones(20), (4, 5, 6), xy=np.ones((20, 2)))
    assert check_plan(problem, solve(problem), 4, 6) == {}


def test_zones_and_islands(make_lattice: Callable, check_plan: Callable) -> None:
    """No grid leaves its zone, and a zone that is too light is certified."""
    zone = np.repeat([7, 3, 3, 3, 9, 9], 6)
    problem = build(make_lattice(6, 6), np.ones(36), (8, 9, 10), zone=zone)
    solution = solve(problem)
    assert check_plan(problem, solution, 8, 10) == {"component-under-minimum": 1, "no-count-fits": 1}
    under, no_count = solution.certificates
    assert under.unit_ids == tuple(range(6))
    assert no_count.unit_ids == tuple(range(24, 36))


def test_a_heavy_unit_takes_what_is_too_light_behind_it(make_csr: Callable, check_plan: Callable) -> None:
    """A leaf behind a unit above the maximum joins it; the side that can stand alone does."""
    problem = build(make_csr(5, [(0, 1), (1, 2), (2, 3), (3, 4)]), [1, 20, 3, 3, 3], (6, 8, 10))
    solution = solve(problem)
    assert solution.assignment.tolist() == [0, 0, 1, 1, 1]
    assert check_plan(problem, solution, 6, 10) == {"unit-over-maximum": 1}
    assert [c.unit_ids for c in solution.certificates] == [(1,)]


def test_a_heavy_unit_takes_the_least_that_must_go(make_csr: Callable, check_plan: Callable) -> None:
    """Twelve behind a heavy unit are no grid of 6 to 10 nor two of 10 to 10: the nearest two ones are shed."""
    links = [(i, i + 1) for i in range(12)]
    problem = build(make_csr(13, links), [30, *[1] * 12], (10, 10, 10))
    solution = solve(problem)
    assert solution.assignment.tolist() == [0, 0, 0, *[1] * 10]
    assert check_plan(problem, solution, 10, 10) == {"unit-over-maximum": 1}


def test_a_star_is_proved_infeasible(make_csr: Callable, check_plan: Callable) -> None:
    """Four leaves of weight 2 around a 4 are no two grids of 6: the search says so after seeing all."""
    problem = build(make_csr(5, [(0, i) for i in range(1, 5)]), [4, 2, 2, 2, 2], (6, 6, 6))
    solution = solve(problem)
    assert set(check_plan(problem, solution, 6, 6)) == {"proved-infeasible"}
    assert solution.certificates[0].unit_ids == tuple(range(5))


def test_a_hanging_piece_is_proved_infeasible(
    town: Problem, make_csr: Callable, check_plan: Callable
) -> None:
    """Two leaves of 3 behind a unit of 11 fit no plan, however large the rest; nothing else is out of bounds."""
    heads = np.repeat(np.arange(2025), np.diff(town.indptr))
    links = [*zip(heads.tolist(), town.indices.tolist(), strict=True), (1000, 2025), (1000, 2026)]
    weight = np.append(town.weight, [3, 3])
    weight[1000] = 11
    problem = build(
        make_csr(2027, links), weight, (7, 10, 15), xy=np.vstack([town.xy, town.xy[1000], town.xy[1000]])
    )
    solution = solve(problem)
    assert sum(check_plan(problem, solution, 7, 15).values()) == 1
    (certificate,) = solution.certificates
    assert (certificate.reason, certificate.unit_ids) == ("proved-infeasible", (1000, 2025, 2026))


def test_a_count_is_met_exactly(town: Problem, check_plan: Callable) -> None:
    """With K there are K grids, and the bounds are 0.5 and 1.5 of the mean."""
    total = float(town.weight.sum())
    for k in (1, 2, 37, 150):
        problem = build((town.indptr, town.indices), town.weight, (None, None, None), xy=town.xy, n_grids=k)
        solution = solve(problem, effort=0.25)
        assert solution.assignment.max() + 1 == k
        assert check_plan(problem, solution, 0.5 * total / k, 1.5 * total / k) == {}


def test_a_count_that_cannot_be_met_is_certified(make_csr: Callable) -> None:
    """Two grids cannot cover three islands of the same weight."""
    links = [(0, 1), (2, 3), (4, 5)]
    problem = build(make_csr(6, links), np.ones(6), (None, None, None), n_grids=2)
    solution = solve(problem)
    assert solution.assignment.max() + 1 == 3
    assert [c.reason for c in solution.certificates] == ["no-count-fits"]


def test_many_islands_and_a_small_count(make_csr: Callable) -> None:
    """Ten islands asked to be two grids are each below the minimum of half the mean."""
    problem = build(make_csr(10, []), np.ones(10), (None, None, None), n_grids=2)
    reasons = {(c.reason, c.weight, c.minimum) for c in solve(problem).certificates}
    assert reasons == {("component-under-minimum", 1, 2.5)}


def test_a_count_does_not_count_what_is_set_apart(make_csr: Callable) -> None:
    """The heavy unit and the empty island stand beside the two grids asked for."""
    links = [(i, i + 1) for i in range(8)]
    weight = [100, *[1] * 8, 0]
    problem = build(make_csr(10, links), weight, (None, None, None), n_grids=2)
    solution = solve(problem)
    assert solution.assignment.tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3]
    assert [(c.reason, c.minimum, c.maximum) for c in solution.certificates] == [
        ("unit-over-maximum", 2, 6),
        ("component-under-minimum", 2, 6),
    ]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Problem, float, float]:
    """Draw graphs of up to 40 units, connected or not, with whole or broken weights."""
    n = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    parents = [(i, int(rng.integers(max(0, i - 6), i))) for i in range(1, n) if rng.random() < 0.95]
    extra = rng.integers(0, n, (draw(st.integers(0, n)), 2))
    near: list[set[int]] = [set() for _ in range(n)]
    for a, b in [*parents, *extra.tolist()]:
        if a != b:
            near[a].add(b)
            near[b].add(a)
    indptr = np.cumsum([0] + [len(s) for s in near])
    indices = np.array([v for s in near for v in sorted(s)], dtype=np.int64)
    weight = rng.poisson(draw(st.sampled_from([0.6, 2, 5])), n).astype(float)
    if draw(st.booleans()):
        weight = np.round(weight * rng.uniform(0.5, 1.5, n), 6)
    maximum = draw(st.integers(3, 30))
    minimum = draw(st.integers(0, maximum))
    target = draw(st.integers(max(minimum, 1), maximum))
    zone = rng.integers(0, 2, n) if draw(st.booleans()) else None
    objective = draw(st.sampled_from(["moment", "cut", "mix"]))
    problem = build(
        (indptr, indices),
        weight,
        (minimum, target, maximum),
        xy=rng.random((n, 2)),
        zone=zone,
        objective=objective,
        moment=rng.random(n) if draw(st.booleans()) else None,
    )
    return problem, minimum, maximum


@FEW
@given(case=problems(), rng=st.integers(0, 9))
def test_every_plan_keeps_its_promises(
    case: tuple[Problem, float, float], rng: int, check_plan: Callable
) -> None:
    """Whatever the graph, the plan is complete, connected, in bounds or certified, and repeats."""
    problem, minimum, maximum = case
    solution = solve(problem, rng=rng, effort=0.25)
    assert "not-found" not in check_plan(problem, solution, minimum, maximum)
    assert (solve(problem, rng=rng, effort=0.25).assignment == solution.assignment).all()


@FEW
@given(n=st.integers(2, 300), seed=st.integers(0, 2**32))
def test_trees_are_solved_or_certified(n: int, seed: int, make_csr: Callable, check_plan: Callable) -> None:
    """On trees the exact search ends: nothing is left not found."""
    rng = np.random.default_rng(seed)
    parents = [(i, int(rng.integers(max(0, i - 8), i))) for i in range(1, n)]
    problem = build(make_csr(n, parents), rng.poisson(0.8, n), (4, 6, 7))
    assert "not-found" not in check_plan(problem, solve(problem, effort=0.25), 4, 7)


@pytest.mark.slow
def test_100_000_units_take_seconds(check_plan: Callable) -> None:
    """A hundred thousand units are in bounds, as compact as the prototype, in some seconds."""
    rng = np.random.default_rng(0)
    xy = np.argwhere(np.ones((316, 316))) + rng.uniform(-0.35, 0.35, (316**2, 2))
    indptr, indices = Delaunay(xy).vertex_neighbor_vertices
    problem = build((indptr, indices), rng.poisson(0.6, 316**2), (7, 10, 15), xy=xy)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}
    count = np.bincount(solution.assignment)
    centre = np.stack([np.bincount(solution.assignment, xy[:, i]) / count for i in (0, 1)], axis=1)
    assert ((xy - centre[solution.assignment]) ** 2).sum() / len(xy) < 2.8
