"""What plans keep beside their size: skills, likeness, a second size, wishes about units, and an old plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from gridder.errors import InputError
from gridder.solver import Problem, Solution, solve

N = 1600
SIZE = {"minimum": 7, "target": 10, "maximum": 15}
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def scatter(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    side = round(n**0.5)
    xy = np.argwhere(np.ones((side, side))) + rng.uniform(-0.35, 0.35, (side * side, 2))
    indptr, indices = Delaunay(xy).vertex_neighbor_vertices
    return {"indptr": indptr, "indices": indices, "weight": rng.poisson(0.6, side * side), "xy": 100 * xy}


@pytest.fixture(scope="module")
def land() -> dict[str, np.ndarray]:
    return scatter(N, 5)


@pytest.fixture(scope="module")
def bands() -> np.ndarray:
    """Two zones side by side."""
    return (np.arange(N) // 40 >= 20).astype(int)


@pytest.fixture(scope="module")
def plain(land: dict) -> Solution:
    return solve(Problem(**land, **SIZE))


@pytest.fixture(scope="module", params=[False, True], ids=["one zone", "two zones"])
def where(request: pytest.FixtureRequest, land: dict, bands: np.ndarray) -> dict:
    """Return the land with and without zones."""
    return land | {"zone": bands} if request.param else land


def test_every_grid_has_the_skill_where_there_are_enough(where: dict, check_plan: Callable) -> None:
    """Rare skills are spread so that every grid holds somebody, in bounds all the same."""
    skill = (np.random.default_rng(3).random(N) < 0.12).astype(float)
    problem = Problem(**where, **SIZE, skill=skill, skill_minimum=1)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}
    assert np.bincount(solution.assignment, skill).min() >= 1
    assert solution.certificates == ()
    assert np.bincount(solve(Problem(**where, **SIZE)).assignment, skill).min() == 0


def test_too_few_skilled_people_are_certified(where: dict, check_plan: Callable) -> None:
    """Five people cannot serve a hundred grids; all grids without one are named, and the five are spread."""
    skill = np.zeros(N)
    skill[[3, 400, 801, 1202, 1599]] = 1
    problem = Problem(**where, **SIZE, skill=skill, skill_minimum=1)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}
    held = np.bincount(solution.assignment, skill)
    assert {c.reason for c in solution.certificates} == {"skill-short"}
    assert sorted(g for c in solution.certificates for g in c.grid_ids) == np.flatnonzero(held == 0).tolist()
    assert held.max() == 1


@pytest.mark.parametrize("columns", [1, 3])
def test_likeness_is_bought_by_its_price(where: dict, columns: int, check_plan: Callable) -> None:
    """The more likeness is worth, the less of the variance lies within grids."""
    crop = (np.arange(N) % 40 // 7 + np.arange(N) // 40 // 9) % 3
    similar = np.eye(3)[crop] if columns == 3 else crop.astype(float)
    within = []
    for similarity in (0.0, 0.3, 2.0):
        problem = Problem(**where, **SIZE, similar=similar, similarity=similarity)
        solution = solve(problem)
        assert check_plan(problem, solution, 7, 15) == {}
        table = similar.reshape(N, -1)
        size = np.bincount(solution.assignment)[:, None]
        mean = np.stack([np.bincount(solution.assignment, c) for c in table.T], axis=1) / size
        total = ((table - table.mean(axis=0)) ** 2).sum()
        within.append(((table - mean[solution.assignment]) ** 2).sum() / total)
    assert within[0] > 1.3 * within[1] > 1.7 * within[2]


def test_a_second_size_is_held_where_it_can(where: dict, check_plan: Callable) -> None:
    """Areas of very different fields come within soft bounds that a plan without them misses."""
    area = np.random.default_rng(4).lognormal(0, 0.8, N)
    mean = area.sum() / (where["weight"].sum() / 10)
    soft = {"second": area, "second_minimum": 0.8 * mean, "second_maximum": 1.25 * mean}
    problem = Problem(**where, **SIZE, **soft)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}

    def missed(assignment: np.ndarray) -> float:
        held = np.bincount(assignment, area)
        return float(((held < 0.8 * mean) | (held > 1.25 * mean)).mean())

    assert missed(solution.assignment) < 0.03
    assert missed(solve(Problem(**where, **SIZE)).assignment) > 0.2


def test_wishes_about_units_hold(where: dict, plain: Solution, check_plan: Callable) -> None:
    """Units together, apart, and locked to grids, all at once."""
    first = np.arange(0, N - 41, 37)
    pairs = np.stack([first, [where["indices"][where["indptr"][u]] for u in first]], axis=1)
    if "zone" in where:
        pairs = pairs[where["zone"][pairs[:, 0]] == where["zone"][pairs[:, 1]]]
    together, lock = np.full(N, -1), np.full(N, -1)
    # two units with another between them, and two that touch
    together[[10, 12]], together[[600, 640]] = 4, 9
    lock[[120, 122]], lock[241], lock[242] = 77, 5, 6
    pairs = pairs[~np.isin(pairs, [10, 11, 12, 600, 640, 120, 121, 122]).any(axis=1)]
    problem = Problem(**where, **SIZE, together=together, apart=pairs, lock=lock)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}
    grid = solution.assignment
    assert grid[10] == grid[12]
    assert grid[600] == grid[640]
    assert (grid[pairs[:, 0]] != grid[pairs[:, 1]]).all()
    assert solution.kept[grid[[120, 122, 241, 242]]].tolist() == [77, 77, 5, 6]
    assert (plain.assignment[pairs[:, 0]] == plain.assignment[pairs[:, 1]]).any()


def test_wishes_that_cannot_be_are_all_told(land: dict, bands: np.ndarray) -> None:
    """Every group that is in two zones, outweighs the maximum or contradicts another is named."""
    together, lock = np.full(N, -1), np.full(N, -1)
    together[[0, N - 1]] = 0
    together[40:100] = 1
    together[[300, 301]] = 2
    lock[300], lock[301] = 1, 2
    with pytest.raises(InputError) as caught:
        solve(Problem(**land, **SIZE, zone=bands, together=together, lock=lock, apart=np.array([[300, 301]])))
    kinds = sorted(finding.kind for finding in caught.value.faults)
    assert kinds == ["locked-and-apart", "locked-apart", "locked-over-maximum", "two-locks"]


def test_an_old_plan_that_still_fits_stays(where: dict) -> None:
    """Nothing moves where nothing changed, and the old numbers are kept, whatever they are."""
    before = solve(Problem(**where, **SIZE))
    after = solve(Problem(**where, **SIZE, old=before.assignment * 3 + 5))
    assert (after.kept[after.assignment] == before.assignment * 3 + 5).mean() > 0.999


@pytest.mark.parametrize(("share", "most"), [(0.01, 0.002), (0.05, 0.02), (0.2, 0.06)])
def test_few_of_the_others_move_when_people_do(
    where: dict, share: float, most: float, check_plan: Callable
) -> None:
    """Of those who stay where they are few change grid, and all grids are in bounds again."""
    before = solve(Problem(**where, **SIZE)).assignment
    rng = np.random.default_rng(8)
    weight = where["weight"].astype(float)
    leaving = rng.choice(np.repeat(np.arange(N), where["weight"]), int(share * weight.sum()), replace=False)
    np.subtract.at(weight, leaving, 1)
    stayed = weight.copy()
    np.add.at(weight, rng.integers(0, N, len(leaving)), 1)
    problem = Problem(**(where | {"weight": weight}), **SIZE, old=before)
    solution = solve(problem)
    assert check_plan(problem, solution, 7, 15) == {}
    moved = solution.kept[solution.assignment] != before
    assert stayed[moved].sum() / stayed.sum() <= most
    anew = solve(Problem(**(where | {"weight": weight, "old": before}), **SIZE, stability=0.0))
    assert moved.sum() < (anew.kept[anew.assignment] != before).sum()


def test_new_units_and_another_number_of_grids(land: dict, plain: Solution) -> None:
    """New units join, and a number of grids that differs from the old one is met."""
    old = plain.assignment.copy()
    old[::50] = -1
    count = int(plain.assignment.max()) + 1
    more = solve(Problem(**land, minimum=None, target=None, maximum=None, n_grids=count + 3, old=old))
    assert int(more.assignment.max()) + 1 == count + 3
    assert (more.kept == -1).sum() == 3
    fewer = solve(Problem(**land, minimum=None, target=None, maximum=None, n_grids=count - 3, old=old))
    assert int(fewer.assignment.max()) + 1 == count - 3


def test_each_objective_is_best_at_its_own_measure(land: dict) -> None:
    """Moment gives rounder grids than a mix, a mix than cut, and cut fewer links between grids."""
    heads = np.repeat(np.arange(N), np.diff(land["indptr"]))
    xy = land["xy"] / 100

    def measure(objective: str) -> tuple[float, float]:
        part = solve(Problem(**land, **SIZE, objective=objective)).assignment
        centre = np.stack([np.bincount(part, xy[:, i]) for i in (0, 1)], axis=1) / np.bincount(part)[:, None]
        cut = (part[heads] != part[land["indices"]]).mean()
        return float(((xy - centre[part]) ** 2).sum() / N), float(cut)

    by = {objective: measure(objective) for objective in ("moment", "medoid", "mix", "cut")}
    assert by["moment"][0] < by["mix"][0] < by["cut"][0]
    assert by["moment"][1] > by["mix"][1] > by["cut"][1]
    assert by["medoid"][0] == pytest.approx(by["moment"][0], rel=0.02)


def test_costs_of_the_caller_are_followed(land: dict) -> None:
    """With costs instead of places the plan is priced by them: the same as by squared distances."""
    small = scatter(144, 2)
    xy = small.pop("xy")
    cost = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    by_cost = solve(Problem(**small, **SIZE, cost=cost, objective="medoid"))
    by_place = solve(Problem(**small, **SIZE, xy=xy, objective="medoid"))

    def score(part: np.ndarray) -> float:
        inside = [np.flatnonzero(part == p) for p in range(part.max() + 1)]
        return float(sum(cost[np.ix_(own, own)].sum(axis=0).min() for own in inside))

    assert score(by_cost.assignment) == pytest.approx(score(by_place.assignment), rel=0.06)


def draw_options(data: st.DataObject, n: int, rng: np.random.Generator) -> dict:
    more: dict = {}
    if data.draw(st.booleans()):
        more["zone"] = (np.arange(n) > n // 2).astype(int)
    if data.draw(st.booleans()):
        more |= {"skill": (rng.random(n) < 0.2).astype(float), "skill_minimum": 1.0}
    if data.draw(st.booleans()):
        more |= {"similar": rng.random((n, 2))}
    if data.draw(st.booleans()):
        more |= {"second": rng.random(n), "second_minimum": 3.0, "second_maximum": 9.0}
    if data.draw(st.booleans()):
        more["old"] = rng.integers(-1, 9, n)
    if data.draw(st.booleans()):
        more["apart"] = rng.permutation(n)[:10].reshape(5, 2)
    if data.draw(st.booleans()):
        together = np.full(n, -1)
        together[[0, 1]] = 3
        more["together"] = together
        if "apart" in more:
            more["apart"] = more["apart"][~(more["apart"] < 2).all(axis=1)]
    return more


@FEW
@given(seed=st.integers(0, 10_000), data=st.data())
def test_all_options_at_once(seed: int, data: st.DataObject, check_plan: Callable) -> None:
    """Whatever is asked for together, plans are complete, connected, in their zones, and certified."""
    land = scatter(data.draw(st.sampled_from([36, 100, 225])), seed)
    more = draw_options(data, len(land["weight"]), np.random.default_rng(seed))
    objective = data.draw(st.sampled_from(["mix", "moment", "cut", "medoid"]))
    problem = Problem(**land, **SIZE, objective=objective, **more)
    solution = solve(problem, rng=seed, effort=0.2)
    check_plan(problem, solution, 7, 15)
    named = {g: c.reason for c in solution.certificates for g in c.grid_ids}
    part = solution.assignment
    if "together" in more:
        assert part[0] == part[1]
    if "skill" in more:
        short = np.bincount(part, more["skill"]) < 1
        assert all(g in named for g in np.flatnonzero(short).tolist())
    if "apart" in more:
        clash = part[more["apart"][:, 0]] == part[more["apart"][:, 1]]
        assert all(g in named for g in part[more["apart"][clash, 0]].tolist())
    if "old" in more:
        kept = solution.kept[solution.kept >= 0]
        assert len(np.unique(kept)) == len(kept)
    again = solve(problem, rng=seed, effort=0.2)
    assert (again.assignment == part).all()
