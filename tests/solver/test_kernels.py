"""The compiled kernels beside plain computations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest

from gridder.solver import exact
from gridder.solver.certificate import Graph, count_range
from gridder.solver.initial import bisect, layout
from gridder.solver.objective import evaluate
from gridder.solver.proof import behind
from gridder.solver.repair import split_tree
from gridder.solver.search import Terms, anneal, next_random, stays_connected


def test_random_numbers_are_those_of_splitmix64() -> None:
    """The first two outputs for the seed 0 are the published ones (Vigna's reference code)."""
    state = np.zeros(1, np.uint64)
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    assert [next_random(state) for _ in range(2)] == [(z >> 11) / 2**53 for z in published]


@pytest.mark.slow
def test_bisection_gives_connected_parts_of_equal_weight(
    make_lattice: Callable, find_pieces: Callable
) -> None:
    """A lattice of ones is divided into sixteen connected parts of sixteen."""
    indptr, indices = make_lattice(16, 16)
    units = np.arange(256)
    regions = bisect(
        indptr,
        indices,
        np.ones(256),
        np.argwhere(np.ones((16, 16))).astype(float),
        np.ones(256),
        (16.0, 16.0),
        np.array([[0, 256, 16]]),
        units,
        1,
        0,
    )
    part = np.empty(256, np.int64)
    for p, (lo, hi, count) in enumerate(regions.tolist()):
        assert count == 1
        part[units[lo:hi]] = p
    near = [set(indices[a:b].tolist()) for a, b in pairwise(indptr)]
    assert np.bincount(part).tolist() == [16] * 16
    for p in range(16):
        assert len(find_pieces(near, set(np.flatnonzero(part == p).tolist()))) == 1


def test_a_layout_keeps_neighbours_near(make_lattice: Callable) -> None:
    """Units of a lattice without coordinates lie nearer to their neighbours than to others."""
    indptr, indices = make_lattice(12, 12)
    xy = layout(indptr, indices)
    heads = np.repeat(np.arange(144), np.diff(indptr))
    linked = np.hypot(*(xy[heads] - xy[indices]).T).mean()
    others = np.hypot(*(xy[:, None] - xy[None]).reshape(-1, 2).T).mean()
    assert linked < others / 4


def test_leaving_units_are_seen_by_the_ways_around(make_csr: Callable) -> None:
    """A unit of a ring may leave, one of a path may not, and the last one of a grid may not."""
    indptr, indices = make_csr(6, [(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5)])
    stamp, queue = np.full(6, -1), np.empty(6, np.int64)
    part = np.array([0, 0, 0, 0, 0, 1])
    seen = [stays_connected(indptr, indices, part, u, stamp, queue, u, 400) for u in range(6)]
    assert seen == [True, True, True, False, True, False]


def make_terms(
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    size: tuple,
    price: tuple,
    **others: np.ndarray,
) -> Terms:
    """Return terms of which only those that are given count."""
    n = len(weight)
    nothing = {
        "length": np.ones(len(indices)),
        "place": np.empty((n, 0)),
        "mass": np.ones(n),
        "cost": np.empty((0, 0)),
        "extra": np.empty((n, 0)),
        "extra_size": np.empty((0, 4)),
        "home": np.empty(0, np.int64),
        "stay": np.empty(0),
        "foe_indptr": np.empty(0, np.int64),
        "foes": np.empty(0, np.int64),
    }
    given = {"weight": weight, "size": np.array(size, float), "price": np.array(price, float)}
    return Terms(indptr=indptr, indices=indices, **(nothing | given | others))


def test_every_term_follows_the_moves(make_lattice: Callable) -> None:
    """Whatever is priced, annealing at zero temperature never raises the value computed from nothing."""
    rng = np.random.default_rng(5)
    indptr, indices = make_lattice(10, 10)
    xy = np.argwhere(np.ones((10, 10))).astype(float)
    pairs = np.array([[0, 99], [45, 54], [12, 88]])
    foes = np.concatenate([pairs, pairs[:, ::-1]])
    foes = foes[np.argsort(foes[:, 0])]
    part = (np.arange(100) // 10) // 2
    terms = make_terms(
        indptr,
        indices,
        rng.poisson(2, 100).astype(float),
        (30.0, 40.0, 50.0),
        (0.01, 0.5, 2.0),
        place=np.concatenate([xy, rng.random((100, 2))], axis=1),
        extra=rng.poisson(0.2, (100, 2)).astype(float),
        extra_size=np.array([[2.0, np.inf, 2.0, 20.0], [3.0, 5.0, 4.0, 5.0]]),
        home=rng.integers(-1, 5, 100),
        stay=rng.random(100),
        foe_indptr=np.searchsorted(foes[:, 0], np.arange(101)),
        foes=foes[:, 1].copy(),
    )

    def value(part: np.ndarray) -> float:
        load = np.bincount(part, terms.weight, 5)
        missed = np.maximum(np.maximum(30.0 - load, load - 50.0), 0.0)
        total = evaluate(terms, part) + 20.0 * float((0.05 * (missed > 0.0) + missed / 40.0).sum())
        skilled = np.bincount(part, terms.extra[:, 0], 5)
        total += 20.0 * float(np.maximum(2.0 - skilled, 0.0).sum()) / 2.0
        return total + 20.0 * float((part[pairs[:, 0]] == part[pairs[:, 1]]).sum())

    state = np.array([7], np.uint64)
    values = [value(part)]
    for _ in range(8):
        anneal(terms, False, np.zeros(1), part, 5, state)
        values.append(value(part))
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]


def test_sums_follow_the_moves(make_lattice: Callable) -> None:
    """Annealing at zero temperature never raises the objective that is recomputed from nothing."""
    rng = np.random.default_rng(3)
    indptr, indices = make_lattice(10, 10)
    weight, mass = rng.poisson(2, 100).astype(float), rng.random(100)
    xy = np.argwhere(np.ones((10, 10))).astype(float)
    terms = make_terms(indptr, indices, weight, (0.0, 20.0, 1e9), (1.0, 0.5, 2.0), place=xy, mass=mass)
    heads = np.repeat(np.arange(100), np.diff(indptr))

    def objective(part: np.ndarray) -> float:
        total = 0.5 * (part[heads] != part[indices]).sum() / 2
        for p in range(part.max() + 1):
            inside = part == p
            centre = np.average(xy[inside], axis=0, weights=mass[inside])
            total += (mass[inside] * ((xy[inside] - centre) ** 2).sum(axis=1)).sum()
            total += 2.0 * (weight[inside].sum() / 20 - 1) ** 2
        return float(total)

    part = (np.arange(100) // 10) // 2
    state = np.array([7], np.uint64)
    values = [objective(part)]
    for _ in range(8):
        anneal(terms, False, np.zeros(1), part, 5, state)
        values.append(objective(part))
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]


@pytest.mark.parametrize("seed", range(20))
def test_trees_are_cut_at_the_least_cost(seed: int) -> None:
    """The programme on a tree of nine units costs what the best of all 256 ways to cut it costs."""
    rng = np.random.default_rng(seed)
    parent = np.array([-1, *(rng.integers(0, i) for i in range(1, 9))])
    weight = rng.integers(0, 6, 9).astype(float)
    size = np.array([4.0, 6.0, 8.0])

    def cost(load: float) -> float:
        bad = 20 * (1 + load / 6) if load < 4 else 0
        return np.inf if load > 8 else bad + 2.0 * (load / 6 - 1) ** 2

    def total(label: np.ndarray) -> float:
        return sum(cost(weight[label == p].sum()) for p in np.unique(label))

    best = np.inf
    for cuts in product((False, True), repeat=8):
        label = np.zeros(9, np.int64)
        for i in range(1, 9):
            label[i] = i if cuts[i - 1] else label[parent[i]]
        best = min(best, total(label))
    label, n_labels = split_tree(weight, parent, np.arange(9), size, 2.0, 1.0)
    assert total(label) == pytest.approx(best)
    assert n_labels == len(np.unique(label))


def test_behind_a_cut_vertex(make_csr: Callable) -> None:
    """Behind the knot of a triangle and two tails are the tails, not the triangle."""
    links = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 4), (0, 5)]
    indptr, indices = make_csr(6, links)
    mark = np.full(6, -1)
    assert sorted(behind(indptr, indices, 0, 10, mark, 0).tolist()) in ([3, 4, 5], [1, 2, 5])
    assert behind(indptr, indices, 3, 10, mark, 4).tolist() == [4]
    assert behind(indptr, indices, 1, 10, mark, 8).tolist() == []
    assert sorted(behind(indptr, indices, 0, 1, mark, 12).tolist()) == [5]


def test_the_widest_frontier_is_searched(make_lattice: Callable, find_pieces: Callable) -> None:
    """Frontiers of up to fifteen units give plans in bounds; wider ones are left undecided."""
    widths = set()
    for side in range(8, 17):
        indptr, indices = make_lattice(side, side + 2)
        n = side * (side + 2)
        found = exact.search(indptr, indices, np.zeros(n), 0.0, 1.0, root=0, root_cap=0.0, limit=50_000)
        widths.add(found.status)
        if found.status == exact.FOUND:
            near = [set(indices[a:b].tolist()) for a, b in pairwise(indptr)]
            for p in np.unique(found.label):
                assert len(find_pieces(near, set(np.flatnonzero(found.label == p).tolist()))) == 1
    assert exact.UNDECIDED in widths


@pytest.mark.parametrize("width", range(2, 16))
def test_full_frontiers_are_told_from_empty_slots(width: int, make_csr: Callable) -> None:
    """A hub whose leaves are joined in pairs behind it keeps every slot busy; the plan is the hub's grid."""
    rows = width - 1
    links = [(0, 1 + i) for i in range(rows)] + [(1 + i, 1 + rows + i) for i in range(rows)]
    links += [(1 + rows + i, 2 + rows + i) for i in range(rows - 1)]
    n = 1 + 2 * rows
    indptr, indices = make_csr(n, links)
    found = exact.search(indptr, indices, np.ones(n), float(n), float(n))
    assert found.status == exact.FOUND
    assert len(np.unique(found.label)) == 1


def test_broken_weights_are_searched_too(make_csr: Callable) -> None:
    """Six times 0.1 makes three grids of 0.2, in spite of rounding."""
    indptr, indices = make_csr(6, [(i, i + 1) for i in range(5)])
    found = exact.search(indptr, indices, np.full(6, 0.1), 0.2, 0.2)
    assert found.status == exact.FOUND
    assert np.bincount(found.label).max() == 2
    assert exact.search(indptr, indices, np.full(6, 0.1), 0.4, 0.5).status == exact.INFEASIBLE


@pytest.mark.parametrize(
    ("weight", "units", "bounds", "counts"),
    [
        (12, 9, (3, 5), (3, 4)),
        (0, 9, (1, 5), (1, 0)),
        (0, 9, (0, 5), (1, 9)),
        (16, 9, (10, 15), (2, 1)),
        (0.3, 9, (0.1, 0.1), (3, 3)),
        (0, 4, (0, 0), (1, 4)),
    ],
)
def test_counts_that_fit(weight: float, units: int, bounds: tuple, counts: tuple) -> None:
    """The least and the greatest number of grids are the obvious ones, worked by hand."""
    assert count_range(weight, units, *bounds) == counts


def test_a_subgraph_keeps_its_links(make_lattice: Callable) -> None:
    """The middle column of a 3 by 3 lattice is a path."""
    indptr, indices = make_lattice(3, 3)
    sub = Graph(indptr, indices, np.ones(len(indices))).subgraph(np.array([1, 4, 7]))
    assert sub.indptr.tolist() == [0, 1, 3, 4]
    assert sub.indices.tolist() == [1, 0, 2, 1]
    assert len(sub.length) == 4
