"""The solver's stages in order: set apart, bisect, search and mend in rounds, search exactly, certify."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridder.model import Floats, Ints
from gridder.progress import Progress, silent
from gridder.solver import exact, proof
from gridder.solver.certificate import (
    Apart,
    Graph,
    build_graph,
    by_first_unit,
    count_range,
    set_apart,
)
from gridder.solver.initial import bisect, layout
from gridder.solver.objective import Objective, build_objective
from gridder.solver.problem import Problem, Solution
from gridder.solver.repair import bucket_scale, grow_region, mend
from gridder.solver.search import anneal

Tell = Callable[[float], None]

ROUNDS_PER_EFFORT = 4

_FIRST_ROUND = np.concatenate([np.geomspace(0.15, 0.005, 100), np.zeros(3)])
_LATER_ROUND = np.concatenate([np.geomspace(0.05, 0.005, 60), np.zeros(3)])
_POLISH = np.concatenate([np.geomspace(0.02, 0.005, 8), np.zeros(3)])
_VISITS_PER_CALL = 500_000
_REGION_SIZES = (2, 3, 4, 6, 9, 14, 24)
_TREES = 8
_LAST_PASSES = 4
_PATCH_SIZES = (2, 3, 4, 5, 6) * 2
_PATCH_LIMIT = 20_000
_EXACT_UNITS = 4_000
_EXACT_LIMIT = 300_000


@dataclass(frozen=True, eq=False)
class _Work:
    """The units to be divided, as the kernels take them.

    Attributes
    ----------
    units
        Their positions in the problem, shape (n,).
    graph, weight
        Their contiguity and weights.
    xy, mass
        Position, and weight in the moment.
    piece
        Component of every unit, numbered from 0.
    counts
        Number of grids of every component to begin with.
    size
        Minimum and maximum with the tolerance, the target between them.
    coef
        Price of moment, of cut and of the squared deviation of one grid.
    keep_count
        Whether the number of grids must stay.
    """

    units: Ints
    graph: Graph
    weight: Floats
    xy: Floats
    mass: Floats
    piece: Ints
    counts: Ints
    size: Floats
    coef: Floats
    keep_count: bool

    def bad_grids(self, part: Ints) -> Ints:
        """Return the grids out of bounds."""
        load = np.bincount(part, self.weight)
        bad = (load < self.size[0]) | (load > self.size[2])
        return np.flatnonzero(bad & (np.bincount(part) > 0))


def solve(
    problem: Problem,
    *,
    rng: int | np.random.Generator = 0,
    effort: float = 1.0,
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Divide the units of a contiguity graph into connected grids in bounds.

    Parameters
    ----------
    problem
        The question.
    rng
        Source of all random numbers.
    effort
        How much to search, 1 by default; it and not the clock decides the plan.
    time_limit_s
        No further round begins after so many seconds; the first always runs.
    progress
        Told the stage `solve`; may raise `Stopped`.

    Returns
    -------
    Assignment, objective, certificates and the effort that was reached; the method is described in
    docs/design/partition.md.
    """
    end = np.inf if time_limit_s is None else time.monotonic() + time_limit_s
    call = progress or silent

    def tell(share: float) -> None:
        call("solve", share)

    tell(0.0)
    graph = build_graph(problem)
    apart = set_apart(problem, graph)
    piece_of = apart.piece.copy()
    piece_of[apart.grid >= 0] = -1
    units = np.flatnonzero(piece_of >= 0)
    piece = by_first_unit(piece_of[units])
    counts, count_fits = choose_counts(piece, problem.weight[units], apart, problem.n_grids)
    n_grids = int(counts.sum()) + int(apart.grid.max(initial=-1)) + 1
    objective = build_objective(problem, graph, apart, n_grids)
    assignment = apart.grid.copy()
    proofs: list[Ints] = []
    rounds = max(1, round(effort * ROUNDS_PER_EFFORT))
    if len(units) > 0:
        work = _prepare(problem, graph, apart, objective, units, piece, counts, n_grids)
        state = np.array([np.random.default_rng(rng).integers(0, 2**63)], np.uint64)
        part, rounds = _improve(work, objective, _first_plan(work), state, rounds, end, tell)
        part, found = _search_exactly(work, part, state, _within(tell, 0.9, 1.0))
        proofs = [units[where] for where in found]
        assignment[units] = part + assignment.max(initial=-1) + 1
    assignment = proof.shed(problem.weight, graph, apart, by_first_unit(assignment))
    tell(1.0)
    return Solution(
        assignment=assignment.astype(np.int32),
        objective=objective.evaluate(graph, problem.weight, assignment) if len(assignment) else 0.0,
        certificates=proof.certificates(
            problem.weight, apart, assignment, proofs, n_grids=problem.n_grids, count_fits=count_fits
        ),
        effort=rounds / ROUNDS_PER_EFFORT,
        minimum=apart.minimum,
        target=apart.target,
        maximum=apart.maximum,
    )


def choose_counts(piece: Ints, weight: Floats, apart: Apart, n_grids: int | None) -> tuple[Ints, bool]:
    """Return the number of grids of every component, and whether the number asked for fits them.

    Without `n_grids` it is the weight over the target, within what fits the bounds.
    With it every component gets the least that fits, and the rest goes where the grids are heaviest.
    """
    total = np.bincount(piece, weight)
    n_units = np.bincount(piece)
    if len(total) == 0:
        return np.empty(0, np.int64), True
    ranges = np.array(
        [count_range(w, n, apart.minimum, apart.maximum) for w, n in zip(total, n_units, strict=True)]
    )
    target = apart.target if apart.target > 0.0 else 1.0
    least = np.minimum(np.maximum(ranges[:, 0], 1), n_units)
    most = np.maximum(ranges[:, 1], least)
    if n_grids is None:
        return np.clip((total / target + 0.5).astype(np.int64), least, most), True
    fits = bool((ranges[:, 0] <= ranges[:, 1]).all()) and int(least.sum()) <= n_grids <= int(most.sum())
    if int(most.sum()) < n_grids:
        most = n_units
    if int(least.sum()) > n_grids:
        least = np.ones_like(least)
    counts = least.copy()
    for _ in range(min(n_grids, int(most.sum())) - int(counts.sum())):
        share = np.where(counts < most, total / (counts + 0.5), -1.0)
        counts[np.argmax(share)] += 1
    return counts, fits


def _prepare(
    problem: Problem,
    graph: Graph,
    apart: Apart,
    objective: Objective,
    units: Ints,
    piece: Ints,
    counts: Ints,
    n_grids: int,
) -> _Work:
    sub = graph.subgraph(units)
    prices = np.array([objective.price_moment, objective.price_cut, objective.price_deviation])
    return _Work(
        units=units,
        graph=sub,
        weight=problem.weight[units],
        xy=layout(sub.indptr, sub.indices) if problem.xy is None else objective.xy[units],
        mass=objective.mass[units],
        piece=piece,
        counts=counts,
        size=np.array([apart.lower, objective.target, apart.upper]),
        coef=prices * n_grids,
        keep_count=problem.n_grids is not None,
    )


def _first_plan(work: _Work) -> Ints:
    return bisect(
        work.graph.indptr,
        work.graph.indices,
        work.weight,
        work.xy,
        work.mass,
        (float(work.size[0]), float(work.size[2])),
        np.argsort(work.piece, kind="stable"),
        np.concatenate([[0], np.cumsum(np.bincount(work.piece))]).astype(np.int64),
        work.counts,
    )


def _improve(
    work: _Work,
    objective: Objective,
    part: Ints,
    state: npt.NDArray[np.uint64],
    rounds: int,
    end: float,
    tell: Tell,
) -> tuple[Ints, int]:
    """Return the best plan of some rounds and how many there were; each begins with the best so far."""
    best, best_cost = part, (np.inf, np.inf)
    for done in range(rounds):
        if done > 0 and time.monotonic() > end:
            return best, done
        first, last = 0.9 * done / rounds, 0.9 * (done + 1) / rounds
        schedule = _FIRST_ROUND if done == 0 else _LATER_ROUND
        part = best.copy()
        _anneal(work, part, schedule, state, by_people=False, tell=_within(tell, first, (first + last) / 2))
        part = _mend_all(work, part, state, 1)
        _anneal(work, part, _POLISH, state, by_people=True, tell=_within(tell, (first + last) / 2, last))
        cost = _missed(work, part), objective.evaluate(work.graph, work.weight, part, work.units)
        if cost < best_cost:
            best, best_cost = part, cost
    return best, rounds


def _within(tell: Tell, first: float, last: float) -> Tell:
    """Return a callback whose shares run from `first` to `last` of the whole."""

    def tell_part(share: float) -> None:
        tell(first + (last - first) * share)

    return tell_part


def _anneal(
    work: _Work,
    part: Ints,
    schedule: Floats,
    state: npt.NDArray[np.uint64],
    *,
    by_people: bool,
    tell: Tell,
) -> None:
    step = max(1, _VISITS_PER_CALL // len(part))
    for first in range(0, len(schedule), step):
        tell(first / len(schedule))
        anneal(
            work.graph.indptr,
            work.graph.indices,
            work.graph.length,
            work.weight,
            work.xy,
            work.mass,
            work.size,
            work.coef,
            by_people,
            schedule[first : first + step],
            part,
            state,
        )


def _mend_all(work: _Work, part: Ints, state: npt.NDArray[np.uint64], passes: int) -> Ints:
    """Mend the grids out of bounds, merging more and more neighbours; return the best plan on the way."""
    scratch = np.full(len(part), -1, np.int64)
    scale = bucket_scale(work.weight, float(work.size[2]))
    best, least = part, np.inf
    part = part.copy()
    n_parts = int(part.max()) + 1
    for n_merged in _REGION_SIZES * passes:
        missed = _missed(work, part)
        if missed < least:
            best, least = part.copy(), missed
        if missed == 0.0:
            break
        for start in _first_units(part)[work.bad_grids(part)]:
            n_parts = mend(
                work.graph.indptr,
                work.graph.indices,
                work.weight,
                work.size,
                float(work.coef[2]),
                scale,
                work.keep_count,
                start,
                n_merged,
                _TREES,
                part,
                n_parts,
                scratch,
                state,
            )
    return by_first_unit(part if _missed(work, part) < least else best)


def _first_units(part: Ints) -> Ints:
    """Return the first unit of every grid."""
    present, first = np.unique(part, return_index=True)
    out = np.full(int(present[-1]) + 1, -1, np.int64)
    out[present] = first
    return out


def _missed(work: _Work, part: Ints) -> float:
    """Return the grids out of bounds plus their weight in targets."""
    bad = work.bad_grids(part)
    return len(bad) + float(np.bincount(part, work.weight)[bad].sum()) / float(work.size[1])


def _search_exactly(
    work: _Work, part: Ints, state: npt.NDArray[np.uint64], tell: Tell
) -> tuple[Ints, list[Ints]]:
    """Search exactly what the rounds left out of bounds; return the plan and the sets proved infeasible."""
    before = part
    proofs: list[Ints] = []
    if len(work.bad_grids(part)) > 0:
        part = _mend_all(work, part, state, _LAST_PASSES)
    for piece in np.unique(work.piece[np.isin(part, work.bad_grids(part))]):
        tell(0.0)
        units = np.flatnonzero(work.piece == piece)
        least, most = count_range(
            float(work.weight[units].sum()), len(units), float(work.size[0]), float(work.size[2])
        )
        if least > most:
            continue
        count = int(work.counts[piece]) if work.keep_count else 0
        status = exact.UNDECIDED
        if len(units) <= _EXACT_UNITS:
            status = _search_region(work, part, units, count, _EXACT_LIMIT)
        if status == exact.INFEASIBLE and count > 0 and len(work.counts) > 1:
            # another share of the grids asked for might fit; only what no number fits is proved
            status = exact.UNDECIDED
        if status == exact.INFEASIBLE:
            proofs.append(units)
        elif status == exact.UNDECIDED:
            _patch(work, part, units, state)
            proofs.extend(_prove_nearby(work, part, units))
    part = by_first_unit(part)
    if not np.array_equal(part, before):
        _anneal(work, part, _POLISH, state, by_people=True, tell=_within(tell, 0.5, 1.0))
    return by_first_unit(part), proofs


def _search_region(work: _Work, part: Ints, units: Ints, count: int, limit: int) -> int:
    """Search some connected units exactly and put what is found into `part`; return the status."""
    sub = work.graph.subgraph(units)
    found = exact.search(
        sub.indptr,
        sub.indices,
        work.weight[units],
        float(work.size[0]),
        float(work.size[2]),
        n_grids=count,
        limit=limit,
    )
    if found.status == exact.FOUND:
        part[units] = part.max() + 1 + found.label
    return found.status


def _patch(work: _Work, part: Ints, units: Ints, state: npt.NDArray[np.uint64]) -> None:
    """Search exactly around every grid out of bounds of a component, with neighbours drawn at random."""
    scratch = np.full(len(part), -1, np.int64)
    inside = np.zeros(len(part), bool)
    inside[units] = True
    for n_merged in _PATCH_SIZES:
        for bad in work.bad_grids(part):
            start = int(np.argmax(part == bad))
            if part[start] != bad or not inside[start]:
                continue
            region, merged = grow_region(
                work.graph.indptr, work.graph.indices, part, start, n_merged, scratch, state
            )
            scratch[region] = -1
            count = len(merged) if work.keep_count else 0
            _search_region(work, part, np.sort(region), count, _PATCH_LIMIT)


def _prove_nearby(work: _Work, part: Ints, units: Ints) -> list[Ints]:
    """Return units and hanging pieces of a component that rule out every plan, at most one a bad grid."""
    proofs: list[Ints] = []
    inside = np.zeros(len(part), bool)
    inside[units] = True
    lower, upper = float(work.size[0]), float(work.size[2])
    for bad in work.bad_grids(part):
        own = part == bad
        if not inside[own].all() or any(own[proven].any() for proven in proofs):
            continue
        for prove in (proof.prove_alone, proof.prove_hanging):
            proven = prove(work.graph, work.weight, lower, upper, part, int(bad))
            if len(proven) > 0:
                proofs.append(proven)
                break
    return proofs
