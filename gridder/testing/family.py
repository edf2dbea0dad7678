"""A family of small problems, drawn from seeds: every kind of graph, weights and bounds that makes trouble."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.spatial import Delaunay

from gridder.model import Floats
from gridder.solver import Problem

KINDS = ("planar", "tree", "chain", "islands", "heavy", "exact", "zeros", "lattice")
MOST_UNITS = 40
MEDOID_UNITS = 12
"""Larger problems minimise the cut, smaller ones the moment about the best unit of each grid."""

Links = list[tuple[int, int]]


def draw_problem(seed: int) -> Problem:
    """Return the problem of a seed: the kinds take turns, and two in five ask for a number of grids.

    It has from 4 to `MOST_UNITS` units, small ones more often, and no price of unequal weights, so that its
    objective is the cut or the moment alone.
    """
    rng = np.random.default_rng([seed, 4])
    kind = KINDS[seed % len(KINDS)]
    n = 4 + int((MOST_UNITS - 3) * rng.random() ** 1.5)
    xy, links = _draw_graph(rng, kind, n)
    n = len(xy)
    graph = _csr(n, links)
    weight = _draw_weights(rng, kind, n)
    minimum, maximum = _draw_bounds(rng, kind, weight)
    target = rng.uniform(max(minimum, 0.5 * maximum), maximum) if maximum > 0.0 else 1.0
    n_grids = None
    if rng.random() < 0.4:
        n_grids = max(1, round(float(weight.sum()) / target) + int(rng.choice([-1, 0, 0, 0, 1])))
    skill = rng.binomial(weight.astype(np.int64), 0.3).astype(float) if rng.random() < 0.15 else None
    return Problem(
        indptr=graph.indptr,
        indices=graph.indices,
        weight=weight,
        minimum=minimum,
        target=target,
        maximum=max(maximum, target),
        xy=xy,
        objective="medoid" if n <= MEDOID_UNITS else "cut",
        balance=0.0,
        n_grids=n_grids,
        skill=skill,
        skill_minimum=0.0 if skill is None else float(rng.integers(1, 3)),
    )


def _draw_graph(rng: np.random.Generator, kind: str, n: int) -> tuple[Floats, Links]:
    if kind == "lattice":
        rows = int(rng.integers(2, 7))
        columns = max(2, min(n // rows, MOST_UNITS // rows))
        at = np.arange(rows * columns).reshape(rows, columns)
        beside = [*zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True)]
        below = [*zip(at[:-1].ravel(), at[1:].ravel(), strict=True)]
        return np.argwhere(at >= 0).astype(float), [(int(a), int(b)) for a, b in beside + below]
    xy = rng.random((n, 2)) * np.sqrt(n)
    if kind == "chain":
        return xy, [*pairwise(range(n))]
    if kind == "tree":
        return xy, [(int(rng.integers(max(0, i - 5), i)), i) for i in range(1, n)]
    links = _delaunay(xy)
    if kind == "islands":
        island = np.digitize(xy[:, 0], np.sort(rng.uniform(0.0, np.sqrt(n), int(rng.integers(1, 4)))))
        links = [(a, b) for a, b in links if island[a] == island[b]]
    return xy, [link for link in links if rng.random() < 0.9]


def _delaunay(xy: Floats) -> Links:
    triangles = Delaunay(xy).simplices
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    return [(int(a), int(b)) for a, b in np.unique(np.sort(pairs, axis=1), axis=0)]


def _draw_weights(rng: np.random.Generator, kind: str, n: int) -> Floats:
    if kind == "zeros":
        return rng.choice([0, 0, 0, 0, 1, 2, 5], n).astype(float)
    if kind == "heavy":
        return np.where(rng.random(n) < 0.15, rng.integers(8, 25, n), rng.poisson(1.5, n)).astype(float)
    if kind == "exact":
        return rng.integers(1, 4, n).astype(float)
    drawn = (rng.poisson(0.8, n), rng.integers(1, 10, n), rng.integers(500, 2000, n), rng.gamma(2.0, 1.5, n))
    return np.asarray(drawn[int(rng.integers(len(drawn)))], dtype=np.float64)


def _draw_bounds(rng: np.random.Generator, kind: str, weight: Floats) -> tuple[float, float]:
    """Return bounds for grids of two to ten units: wide, tight, without a minimum, or equal.

    Where they are equal people are added until the weight is a multiple of them.
    """
    middle = max(1.0, float(weight.mean()) * rng.uniform(2.0, 10.0))
    if kind != "heavy":
        middle = max(middle, float(weight.max(initial=0.0)) / 1.2)
    if kind == "exact":
        middle = float(round(middle))
        weight[: int(-weight.sum() % middle)] += 1.0
        return middle, middle
    if rng.random() < 0.1:
        return 0.0, middle
    width = rng.choice([0.02, 0.1, 0.2, 0.5])
    return float(np.floor(middle * (1.0 - width))), float(np.ceil(middle * (1.0 + width)))


def _csr(n: int, links: Iterable[tuple[int, int]]) -> csr_array:
    heads, tails = np.array([*links], dtype=np.int64).reshape(-1, 2).T
    ones = np.ones(2 * len(heads))
    ends = np.concatenate([heads, tails]), np.concatenate([tails, heads])
    return coo_array((ones, ends), shape=(n, n)).tocsr()
