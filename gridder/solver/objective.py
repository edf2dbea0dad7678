"""The value that the search minimises and the solution reports."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from gridder.model import Floats, Ints, Links
from gridder.solver.certificate import Apart, Graph
from gridder.solver.problem import Problem
from gridder.solver.search import PENALTY, Sums, Terms, find_medoids, link_length, sum_up

CUT_IN_MIX = 0.15
"""Price of the cut beside the moment: roundness costs the cut little (docs/design/partition.md)."""
MOST_COSTS = 3000
"""Units up to which squared distances to medoids are tabulated; above, the moment about centroids stands in."""
STAY_BY_UNIT = 0.1
"""Share of the price of stability that counts units; the rest counts weight."""
_SHORT = PENALTY
_SOFT = 5.0
"""Price of a grid that misses the bounds of the second size by the middle of these bounds."""


def build_terms(problem: Problem, graph: Graph, apart: Apart, n_grids: int) -> Terms:
    """Return what plans of about `n_grids` grids cost.

    Moment (or cost to the medoids) is priced by that of `n_grids` equal discs, the cut by its order of magnitude
    in compact plans, so that both are near 1; the prices are those of one grid.
    """
    n, k = len(problem.weight), max(n_grids, 1)
    mass = np.ones(n) if problem.moment is None else problem.moment
    place, price_moment = _positions(problem, graph, mass, k)
    cost = _costs(problem)
    length = graph.total_length() * np.sqrt(k / max(n, 1))
    share = CUT_IN_MIX if problem.objective == "mix" else 1.0
    price_cut = share / length if problem.objective in ("cut", "mix") and length > 0.0 else 0.0
    place, price_moment = _with_similar(problem, place, mass, price_moment)
    extra, extra_size = _further_sizes(problem)
    foe_indptr, foes = _foes(problem.apart, n)
    return Terms(
        indptr=graph.indptr,
        indices=graph.indices,
        length=graph.length,
        weight=problem.weight,
        place=place,
        mass=mass,
        cost=cost,
        size=np.array([apart.lower, apart.target if apart.target > 0.0 else 1.0, apart.upper]),
        price=np.array([price_moment, price_cut, problem.balance / k]) * k,
        extra=extra,
        extra_size=extra_size,
        home=np.empty(0, np.int64),
        stay=_stay(problem, k),
        foe_indptr=foe_indptr,
        foes=foes,
    )


def _costs(problem: Problem) -> Floats:
    """Return the cost of every unit from every other, of shape (0, 0) where moments do instead."""
    if problem.objective == "medoid" and problem.cost is not None:
        return problem.cost
    if problem.objective == "medoid" and problem.xy is not None and len(problem.xy) <= MOST_COSTS:
        return np.asarray(((problem.xy[:, None] - problem.xy[None]) ** 2).sum(axis=2), np.float64)
    return np.empty((0, 0))


def _positions(problem: Problem, graph: Graph, mass: Floats, k: int) -> tuple[Floats, float]:
    """Return the columns whose moment counts, in lengths of a mean link from the middle, and its price."""
    n = len(mass)
    total = float(mass.sum())
    if problem.objective == "cut" or total <= 0.0:
        return np.empty((n, 0)), 0.0
    cost = _costs(problem)
    if len(cost) > 0:
        one = float((mass @ cost).min())
        return np.empty((n, 0)), k / one if one > 0.0 else 0.0
    xy = np.zeros((n, 2)) if problem.xy is None else problem.xy
    spread = _mean_square_link(graph.indptr, graph.indices, xy)
    return (xy - xy.mean(axis=0)) / np.sqrt(spread), 2.0 * np.pi * k / (total * n)


@njit(cache=True, nogil=True)
def _mean_square_link(indptr: Ints, indices: Links, xy: Floats) -> float:
    total = 0.0
    for u in range(len(indptr) - 1):
        for k in range(indptr[u], indptr[u + 1]):
            dx, dy = xy[indices[k], 0] - xy[u, 0], xy[indices[k], 1] - xy[u, 1]
            total += dx * dx + dy * dy
    return total / len(indices) if total > 0.0 else 1.0


def _with_similar(problem: Problem, place: Floats, mass: Floats, price: float) -> tuple[Floats, float]:
    """Add the columns that should be alike, so scaled that their moment is the price of the variance in grids."""
    if problem.similar is None or problem.similarity == 0.0:
        return place, price
    price = price if price > 0.0 else 1.0 / max(float(mass.sum()), 1e-300)
    middle = np.average(problem.similar, axis=0, weights=mass if mass.sum() > 0.0 else None)
    off = problem.similar - middle
    variance = float((mass[:, None] * off**2).sum())
    scale = np.sqrt(problem.similarity / (variance * price)) if variance > 0.0 else 0.0
    return np.concatenate([place, off * scale], axis=1), price


def _further_sizes(problem: Problem) -> tuple[Floats, Floats]:
    columns, sizes = [], []
    if problem.skill is not None and problem.skill_minimum > 0.0:
        columns.append(problem.skill)
        sizes.append((problem.skill_minimum, np.inf, problem.skill_minimum, _SHORT))
    if problem.second is not None:
        least, most = problem.second_minimum, problem.second_maximum
        middle = (least + most) / 2.0 if np.isfinite(most) else max(least, 1e-300)
        columns.append(problem.second)
        sizes.append((least, most, middle if middle > 0.0 else 1.0, _SOFT))
    if not columns:
        return np.empty((len(problem.weight), 0)), np.empty((0, 4))
    return np.stack(columns, axis=1), np.array(sizes)


def _foes(pairs: Ints | None, n: int) -> tuple[Ints, Links]:
    if pairs is None or len(pairs) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    heads = np.concatenate([pairs[:, 0], pairs[:, 1]])
    tails = np.concatenate([pairs[:, 1], pairs[:, 0]])
    table = csr_array((np.ones(len(heads), np.int8), (heads, tails)), shape=(n, n))
    return table.indptr.astype(np.int64), table.indices.astype(np.int32)


def _stay(problem: Problem, k: int) -> Floats:
    """Return the price of moving every unit: the stability asked for in all, and a penalty for the locked."""
    if problem.old is None:
        return np.empty(0)
    known = problem.old >= 0
    weight = np.where(known, problem.weight, 0.0)
    by_weight = weight / weight.sum() if weight.sum() > 0.0 else weight
    by_unit = known / max(int(known.sum()), 1)
    stay = problem.stability * k * ((1.0 - STAY_BY_UNIT) * by_weight + STAY_BY_UNIT * by_unit)
    return stay if problem.lock is None else stay + PENALTY * (problem.lock >= 0)


def evaluate(terms: Terms, part: Ints) -> float:
    """Return the cost of all grids: shape, deviation, similarity, second size and moved weight, no penalty."""
    if len(part) == 0:
        return 0.0
    n_parts = int(part.max()) + 1
    sums = sum_up(terms, part, n_parts)
    present = np.bincount(part, minlength=n_parts) > 0
    moment, cut = _moment_and_cut(terms, sums, part)
    value = float(terms.price[0] * moment + terms.price[1] * cut)
    if len(terms.cost) > 0:
        value += float(terms.price[0]) * find_medoids(terms, part, sums)
    deviation = (sums.load[present] - terms.size[1]) / terms.size[1]
    value += float(terms.price[2] * (deviation**2).sum())
    for e, (least, most, scale, price) in enumerate(terms.extra_size):
        if price != _SHORT:
            held = sums.extra[present, e]
            value += price * float(np.maximum(np.maximum(least - held, held - most), 0.0).sum()) / scale
    if len(terms.home) > 0:
        value += float(terms.stay[(terms.home >= 0) & (terms.home != part)].sum())
        value += float(terms.stay[terms.home < 0].sum())
    return value


@njit(cache=True, nogil=True)
def _moment_and_cut(terms: Terms, sums: Sums, part: Ints) -> tuple[float, float]:
    indptr, indices, length, place, mass = terms.indptr, terms.indices, terms.length, terms.place, terms.mass
    moment, cut = 0.0, 0.0
    for u in range(len(part)):
        p = part[u]
        for k in range(indptr[u], indptr[u + 1]):
            if part[indices[k]] != p:
                cut += 0.5 * link_length(length, k)
        square = 0.0
        for axis in range(place.shape[1]):
            d = place[u, axis] - sums.centre[p, axis] / sums.mass[p] if sums.mass[p] > 0.0 else 0.0
            square += d * d
        moment += mass[u] * square
    return moment, cut


def penalty(terms: Terms, part: Ints) -> Floats:
    """Return by how much every grid misses what it must keep, 0 where it does not; shape (k,).

    A weight out of bounds counts 1 and all people in the grid, in targets, so that few are left out of bounds;
    a skill that is short counts the share that is missing, two units that are to be apart count 1.
    """
    n_parts = int(part.max(initial=-1)) + 1
    load = np.bincount(part, terms.weight, n_parts)
    bad = ((load < terms.size[0]) | (load > terms.size[2])) & (np.bincount(part, minlength=n_parts) > 0)
    missed = np.where(bad, 1.0 + load / terms.size[1], 0.0)
    for e, (least, _, scale, price) in enumerate(terms.extra_size):
        if price == _SHORT:
            held = np.bincount(part, terms.extra[:, e], n_parts)
            short = np.maximum(least - held, 0.0) / scale
            missed += np.where(np.bincount(part, minlength=n_parts) > 0, short, 0.0)
    return missed + clashes(terms, part)


def clashes(terms: Terms, part: Ints) -> Floats:
    """Return how many pairs that are to be apart share each grid, shape (k,)."""
    n_parts = int(part.max(initial=-1)) + 1
    if len(terms.foes) == 0:
        return np.zeros(n_parts)
    heads = np.repeat(np.arange(len(part)), np.diff(terms.foe_indptr))
    clash = part[heads] == part[terms.foes]
    return np.bincount(part[heads[clash]], minlength=n_parts) / 2.0
