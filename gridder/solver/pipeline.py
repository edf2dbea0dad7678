"""The solver's stages in order: set apart, first plan, search and mend in rounds, search exactly, certify."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridder.errors import Stopped
from gridder.model import Floats, Ints
from gridder.progress import Progress, silent
from gridder.solver import exact, proof
from gridder.solver.blocks import BLOCK, first_plan, local_terms, search_all
from gridder.solver.cells import cells
from gridder.solver.certificate import Graph, build_graph, by_first_unit, certify, count_range, set_apart
from gridder.solver.contract import contract, expanded, with_locks
from gridder.solver.counts import choose_counts
from gridder.solver.initial import layout
from gridder.solver.keep import adopt, fill, homes, match, resize
from gridder.solver.objective import build_terms, clashes, evaluate, penalty
from gridder.solver.problem import Problem, Solution
from gridder.solver.repair import bucket_scale, grow_region, mend
from gridder.solver.search import Terms

Tell = Callable[[float], None]

SWEEPS = 30
"""Sweeps of effort 1 over many units."""
VISITS = 10_000_000
"""Unit visits of effort 1 beside these sweeps, so that small problems are searched longer."""
_MOST_SWEEPS = 3000
_HOT, _WARM, _CALM, _COLD = 0.08, 0.05, 0.02, 0.005
_PASS = 40
"""Sweeps after which the blocks are laid anew."""
_TURN = 0.9
_SWEEPS_PER_PAIRING = 20
_MOSTLY_KNOWN = 0.5
"""Share of the units that an old plan must know for the search to begin with it."""
_VISITS_PER_PASS = 2_000_000
_POLISH = np.concatenate([np.geomspace(0.02, _COLD, 8), np.zeros(3)])
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
    terms
        What plans of these units cost, with their graph and weights.
    xy
        Positions that the first plan follows, shape (n, 2).
    piece
        Component of every unit, numbered from 0.
    counts
        Number of grids of every component to begin with.
    keep_count
        Whether the number of grids must stay.
    old
        Old grid of every unit, -1 for none, shape (n,); empty where there is no old plan.
    """

    terms: Terms
    xy: Floats
    piece: Ints
    counts: Ints
    keep_count: bool
    old: Ints

    @property
    def graph(self) -> Graph:
        """Contiguity of the units."""
        return Graph(self.terms.indptr, self.terms.indices, self.terms.length)

    @property
    def tight(self) -> bool:
        """Whether the bounds are so tight that units can hardly move one by one."""
        there = self.terms.weight[self.terms.weight > 0.0]
        return len(there) > 0 and 2.0 * float(np.median(there)) > self.terms.size[2] - self.terms.size[0]

    def out_of_bounds(self, part: Ints) -> Ints:
        """Return the grids whose weight is out of bounds."""
        load = np.bincount(part, self.terms.weight)
        bad = (load < self.terms.size[0]) | (load > self.terms.size[2])
        return np.flatnonzero(bad & (np.bincount(part) > 0))

    def bad_grids(self, part: Ints) -> Ints:
        """Return the grids that miss a bound, lack a skill or hold units that are to be apart."""
        return np.flatnonzero(penalty(self.terms, part) > 0.0)

    def missed(self, part: Ints) -> float:
        """Return by how many grids, and people in them, a plan misses what it must keep."""
        return float(penalty(self.terms, part).sum())

    def settled(self, part: Ints) -> Terms:
        """Return the terms with the home of every unit by the best matching of a plan with the old one."""
        if len(self.old) == 0:
            return self.terms
        return self.terms._replace(home=homes(match(part, self.old, self.terms.stay), self.old))

    def cost(self, part: Ints) -> tuple[float, float]:
        """Return what a plan is judged by: what it misses, then the objective."""
        return self.missed(part), evaluate(self.settled(part), part)


@dataclass(eq=False)
class _Best:
    """The best plan so far and the effort that it took."""

    part: Ints
    cost: tuple[float, float] = (np.inf, np.inf)
    effort: float = 0.0


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
        Told the stage `solve`.
        If it raises `Stopped` once there is a plan, the best plan so far is returned, as after a time limit.

    Returns
    -------
    Assignment, objective, certificates and the effort that was reached; the method is described in
    docs/design/partition.md.

    Raises
    ------
    InputError
        Where units that are to share a grid cannot.
    Stopped
        Where `progress` raised it before there was a plan.
    """
    end = np.inf if time_limit_s is None else time.monotonic() + time_limit_s
    call = progress or silent

    def tell(share: float) -> None:
        call("solve", share)

    tell(0.0)
    problem = with_locks(problem)
    smaller, group = contract(problem)
    graph = build_graph(smaller)
    apart = set_apart(smaller, graph)
    piece_of = np.where(apart.grid >= 0, -1, apart.piece)
    units = _along_a_curve(np.flatnonzero(piece_of >= 0), smaller.xy)
    piece = by_first_unit(piece_of[units])
    skill = None if smaller.skill is None else smaller.skill[units]
    counts, count_fits = choose_counts(
        piece,
        smaller.weight[units],
        apart,
        smaller.n_grids,
        skill=skill,
        skill_minimum=smaller.skill_minimum,
    )
    n_grids = int(counts.sum()) + int(apart.grid.max(initial=-1)) + 1
    terms = build_terms(smaller, graph, apart, n_grids)
    assignment = apart.grid.copy()
    proofs: list[Ints] = []
    reached = effort
    if len(units) > 0:
        work = _prepare(smaller, terms, units, piece, counts)
        seed = np.random.SeedSequence(int(np.random.default_rng(rng).integers(0, 2**63)))
        best = _Best(_first_plan(work, _within(tell, 0.0, 0.1)))
        try:
            _improve(work, best, seed, effort, end, _within(tell, 0.1, 0.9))
            proofs = [
                units[where] for where in _search_exactly(work, best, seed, end, _within(tell, 0.9, 1.0))
            ]
            tell(1.0)
        except Stopped:
            if best.effort == 0.0:
                raise
        reached = best.effort
        assignment[units] = best.part + assignment.max(initial=-1) + 1
    assignment = proof.shed(smaller.weight, graph, apart, by_first_unit(assignment))
    certificates = proof.certificates(
        smaller.weight,
        apart,
        assignment,
        proofs,
        n_grids=smaller.n_grids,
        count_fits=count_fits,
        skill=smaller.skill,
        skill_minimum=smaller.skill_minimum,
    )
    for grid in np.flatnonzero(clashes(terms, assignment)).tolist():
        own = np.flatnonzero(assignment == grid)
        certificates += (certify("not-found", np.array([grid]), own, smaller.weight, apart),)
    if smaller is not problem:
        certificates = expanded(certificates, group)
        assignment = assignment[group]
        terms = build_terms(problem, build_graph(problem), apart, n_grids)
    kept = np.empty(0, np.int64)
    if problem.old is not None:
        kept = match(assignment, problem.old, terms.stay)
        terms = terms._replace(home=homes(kept, problem.old))
    return Solution(
        assignment=assignment.astype(np.int32),
        objective=evaluate(terms, assignment) / max(n_grids, 1),
        certificates=certificates,
        effort=reached,
        minimum=apart.minimum,
        target=apart.target,
        maximum=apart.maximum,
        kept=kept,
    )


def _along_a_curve(units: Ints, xy: Floats | None) -> Ints:
    """Return units sorted along a Z-order curve (Morton 1966), so that neighbours are near in memory."""
    if xy is None or len(units) == 0:
        return units
    own = xy[units] - xy[units].min(axis=0)
    cells = (own * (1023.0 / max(float(own.max()), 1e-300))).astype(np.uint32)
    code = np.zeros(len(units), np.uint32)
    for bit in range(10):
        code |= ((cells[:, 0] >> bit) & 1) << (2 * bit)
        code |= ((cells[:, 1] >> bit) & 1) << (2 * bit + 1)
    return units[np.argsort(code, kind="stable")]


def _prepare(problem: Problem, terms: Terms, units: Ints, piece: Ints, counts: Ints) -> _Work:
    own = local_terms(terms, units, np.full(len(problem.weight), -1, np.int64))
    return _Work(
        terms=own,
        xy=layout(own.indptr, own.indices) if problem.xy is None else problem.xy[units],
        piece=piece,
        counts=counts,
        keep_count=problem.n_grids is not None,
        old=np.empty(0, np.int64) if problem.old is None else problem.old[units],
    )


def _first_plan(work: _Work, tell: Tell) -> Ints:
    """Return the old plan, made to fit, or that of recursive bisection."""
    if len(work.old) > 0 and np.mean(work.old >= 0) > _MOSTLY_KNOWN:
        part = adopt(work.graph, work.terms.weight, work.old)
        part = fill(work.terms, work.xy, part, work.piece, work.counts)
        counts = work.counts if work.keep_count else None
        return by_first_unit(resize(work.terms, work.xy, part, work.piece, counts))
    units = np.argsort(work.piece, kind="stable")
    ends = np.cumsum(np.bincount(work.piece))
    regions = np.stack([np.append(0, ends[:-1]), ends, work.counts], axis=1)
    part = first_plan(work.terms, work.xy, regions, units, tell)
    if work.tight:
        other = cells(work.terms.indptr, work.terms.indices, work.terms.weight, work.xy, regions, units)
        if len(np.unique(other)) == len(np.unique(part)) and work.cost(other) < work.cost(part):
            part = other
    return by_first_unit(part)


def _rounds(effort: float) -> Iterator[float]:
    """Yield the work of every round: 1, then as much again as all before it."""
    done, step = 0.0, 1.0
    while done < effort:
        yield min(step, effort - done)
        done += step
        step = done


def _improve(
    work: _Work, best: _Best, seed: np.random.SeedSequence, effort: float, end: float, tell: Tell
) -> None:
    """Search in rounds, each from the best plan so far."""
    done = 0.0
    for step in _rounds(effort):
        if done > 0.0 and time.monotonic() > end:
            break
        told = _within(tell, done / effort, (done + step) / effort)
        part = _search(work, best.part.copy(), step, seed, told, first=done == 0.0)
        done += step
        if done == step and done == effort:
            best.part, best.effort = part, done
            return
        cost = work.cost(part)
        if cost < best.cost:
            best.part, best.cost = part, cost
        best.effort = done


def _search(
    work: _Work, part: Ints, step: float, seed: np.random.SeedSequence, tell: Tell, *, first: bool
) -> Ints:
    """Anneal, mend and polish a plan with the work of one round."""
    sweeps = max(4, round(step * min(SWEEPS + VISITS / len(part), _MOST_SWEEPS)))
    hot = _HOT if first else _WARM
    if len(work.old) > 0:
        hot = _CALM
    schedule = np.concatenate([np.geomspace(hot, _COLD, sweeps), np.zeros(3)])
    part = _anneal(work, part, schedule, seed, _within(tell, 0.0, 0.6), by_people=False)
    if work.tight:
        pairs = max(2, sweeps // _SWEEPS_PER_PAIRING)
        part = _recombine(work, part, pairs, seed, _within(tell, 0.6, 0.8))
    part = _mend_all(work, part, seed, 1)
    return by_first_unit(_anneal(work, part, _POLISH, seed, _within(tell, 0.8, 1.0), by_people=True))


def _within(tell: Tell, first: float, last: float) -> Tell:
    """Return a callback whose shares run from `first` to `last` of the whole."""

    def tell_part(share: float) -> None:
        tell(first + (last - first) * share)

    return tell_part


def _anneal(
    work: _Work, part: Ints, schedule: Floats, seed: np.random.SeedSequence, tell: Tell, *, by_people: bool
) -> Ints:
    """Anneal a plan in place, with the blocks laid anew after some sweeps."""
    passes = max(1, round(len(schedule) / _PASS)) if len(part) > BLOCK else 1
    passes = max(passes, len(schedule) * min(len(part), BLOCK) // _VISITS_PER_PASS)
    for i, temperature in enumerate(np.array_split(schedule, passes)):
        told = _within(tell, i / passes, (i + 1) / passes)
        search_all(
            work.settled(part),
            work.xy,
            by_people,
            temperature,
            part,
            seed.spawn(1)[0],
            told,
            turn=i * _TURN,
            pairs=False,
        )
    return part


def _recombine(work: _Work, part: Ints, sweeps: int, seed: np.random.SeedSequence, tell: Tell) -> Ints:
    """Recombine pairs of a plan in place, with the blocks laid anew once."""
    for i, count in enumerate((sweeps - sweeps // 2, sweeps // 2)):
        told = _within(tell, i / 2.0, (i + 1) / 2.0)
        still = np.zeros(count)
        turn = (i + 0.5) * _TURN
        search_all(
            work.settled(part), work.xy, False, still, part, seed.spawn(1)[0], told, turn=turn, pairs=True
        )
    return part


def _state(seed: np.random.SeedSequence) -> npt.NDArray[np.uint64]:
    return np.asarray(seed.spawn(1)[0].generate_state(1, np.uint64), np.uint64)


def _mend_all(work: _Work, part: Ints, seed: np.random.SeedSequence, passes: int) -> Ints:
    """Mend the grids out of bounds, merging more and more neighbours; return the best plan on the way."""
    if work.missed(part) == 0.0:
        return part
    terms, state = work.settled(part), _state(seed)
    scratch = np.full(len(part), -1, np.int64)
    scale = bucket_scale(terms.weight, float(terms.size[2]))
    best, least = part, np.inf
    part = part.copy()
    n_parts = int(part.max()) + 1
    for n_merged in _REGION_SIZES * passes:
        missed = work.missed(part)
        if missed < least:
            best, least = part.copy(), missed
        if missed == 0.0:
            break
        for start in _first_units(part)[work.bad_grids(part)]:
            n_parts = mend(
                terms, scale, work.keep_count, start, n_merged, _TREES, part, n_parts, scratch, state
            )
    return by_first_unit(part if work.missed(part) < least else best)


def _first_units(part: Ints) -> Ints:
    """Return the first unit of every grid."""
    present, first = np.unique(part, return_index=True)
    out = np.full(int(present[-1]) + 1, -1, np.int64)
    out[present] = first
    return out


def _search_exactly(
    work: _Work, best: _Best, seed: np.random.SeedSequence, end: float, tell: Tell
) -> list[Ints]:
    """Search exactly what the rounds left out of bounds; return the sets proved infeasible."""
    part = best.part
    proofs: list[Ints] = []
    if len(work.bad_grids(part)) > 0:
        part = _mend_all(work, part, seed, _LAST_PASSES)
    size = work.terms.size
    for piece in np.unique(work.piece[np.isin(part, work.out_of_bounds(part))]):
        tell(0.0)
        if time.monotonic() > end:
            break
        units = np.flatnonzero(work.piece == piece)
        least, most = count_range(
            float(work.terms.weight[units].sum()), len(units), float(size[0]), float(size[2])
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
            _patch(work, part, units, _state(seed))
            proofs.extend(_prove_nearby(work, part, units))
    part = by_first_unit(part)
    if not np.array_equal(part, best.part):
        _anneal(work, part, _POLISH, seed, _within(tell, 0.5, 1.0), by_people=True)
        best.part = by_first_unit(part)
    return proofs


def _search_region(work: _Work, part: Ints, units: Ints, count: int, limit: int) -> int:
    """Search some connected units exactly and put what is found into `part`; return the status."""
    sub = work.graph.subgraph(units)
    found = exact.search(
        sub.indptr,
        sub.indices,
        work.terms.weight[units],
        float(work.terms.size[0]),
        float(work.terms.size[2]),
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
        for bad in work.out_of_bounds(part):
            start = int(np.argmax(part == bad))
            if part[start] != bad or not inside[start]:
                continue
            region, merged = grow_region(
                work.terms.indptr, work.terms.indices, part, start, n_merged, scratch, state
            )
            scratch[region] = -1
            count = len(merged) if work.keep_count else 0
            _search_region(work, part, np.sort(region), count, _PATCH_LIMIT)


def _prove_nearby(work: _Work, part: Ints, units: Ints) -> list[Ints]:
    """Return units and hanging pieces of a component that rule out every plan, at most one a bad grid."""
    proofs: list[Ints] = []
    inside = np.zeros(len(part), bool)
    inside[units] = True
    lower, upper = float(work.terms.size[0]), float(work.terms.size[2])
    for bad in work.out_of_bounds(part):
        own = part == bad
        if not inside[own].all() or any(own[proven].any() for proven in proofs):
            continue
        for prove in (proof.prove_alone, proof.prove_hanging):
            proven = prove(work.graph, work.terms.weight, lower, upper, part, int(bad))
            if len(proven) > 0:
                proofs.append(proven)
                break
    return proofs
