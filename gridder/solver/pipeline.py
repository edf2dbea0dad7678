"""The solver's stages in order: set apart, first plan, rounds of search, exact search, certificates."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from gridder.errors import Stopped
from gridder.model import Floats, Ints
from gridder.progress import Progress, silent
from gridder.solver import proof
from gridder.solver.blocks import first_plan, local_terms
from gridder.solver.cells import cells
from gridder.solver.certificate import Apart, Graph, build_graph, by_first_unit, certify, set_apart
from gridder.solver.contract import contract, expanded, with_locks
from gridder.solver.counts import choose_counts
from gridder.solver.initial import layout
from gridder.solver.keep import adopt, fill, homes, match, resize
from gridder.solver.objective import build_terms, clashes, evaluate
from gridder.solver.problem import Problem, Solution
from gridder.solver.rounds import Best, improve
from gridder.solver.search import Terms
from gridder.solver.settle import Proofs, settle
from gridder.solver.work import Tell, Work, within

_MOSTLY_KNOWN = 0.5
"""Share of the units that an old plan must know for the search to begin with it."""


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
    divided = _divide(smaller, graph, apart, rng, effort, end, tell)
    assignment = proof.shed(
        smaller.weight, graph, apart, by_first_unit(divided.assignment), n_grids=smaller.n_grids
    )
    certificates = proof.certificates(
        smaller.weight,
        apart,
        assignment,
        divided.proofs.bounds,
        n_grids=smaller.n_grids,
        count_fits=divided.count_fits,
        skill=smaller.skill,
        skill_minimum=smaller.skill_minimum,
        skill_proofs=divided.proofs.skill,
    )
    terms = build_terms(smaller, graph, apart, divided.n_grids)
    for grid in np.flatnonzero(clashes(terms, assignment)).tolist():
        own = np.flatnonzero(assignment == grid)
        certificates += (certify("not-found", np.array([grid]), own, smaller.weight, apart),)
    if smaller is not problem:
        certificates = expanded(certificates, group)
        assignment = assignment[group]
        terms = build_terms(problem, build_graph(problem), apart, divided.n_grids)
    kept = np.empty(0, np.int64)
    if problem.old is not None:
        kept = match(assignment, problem.old, terms.stay)
        terms = terms._replace(home=homes(kept, problem.old))
    return Solution(
        assignment=assignment.astype(np.int32),
        objective=evaluate(terms, assignment) / max(divided.n_grids, 1),
        certificates=certificates,
        effort=divided.effort,
        minimum=apart.minimum,
        target=apart.target,
        maximum=apart.maximum,
        kept=kept,
    )


@dataclass(frozen=True, eq=False)
class _Divided:
    """The plan of all units, what was proved, and the effort that was reached."""

    assignment: Ints
    proofs: Proofs
    n_grids: int
    count_fits: bool
    effort: float


def _divide(
    problem: Problem,
    graph: Graph,
    apart: Apart,
    rng: int | np.random.Generator,
    effort: float,
    end: float,
    tell: Tell,
) -> _Divided:
    """Divide the units that are not set apart."""
    units = _along_a_curve(np.flatnonzero(apart.grid < 0), problem.xy)
    piece = by_first_unit(apart.piece[units])
    skill = None if problem.skill is None or problem.skill_minimum == 0.0 else problem.skill[units]
    counts, count_fits = choose_counts(
        piece,
        problem.weight[units],
        apart,
        problem.n_grids,
        skill=skill,
        skill_minimum=problem.skill_minimum,
    )
    n_grids = int(counts.sum()) + int(apart.grid.max(initial=-1)) + 1
    if len(units) == 0:
        return _Divided(apart.grid, Proofs(), n_grids, count_fits, effort)
    where = np.full(len(problem.weight), -1, np.int64)
    terms = local_terms(build_terms(problem, graph, apart, n_grids), units, where)
    del where
    work = Work(
        terms=terms,
        xy=_positions(problem, terms, units),
        piece=piece,
        counts=counts,
        keep_count=problem.n_grids is not None,
        old=np.empty(0, np.int64) if problem.old is None else problem.old[units],
        skill=skill,
        skill_minimum=problem.skill_minimum,
    )
    seed = np.random.SeedSequence(int(np.random.default_rng(rng).integers(0, 2**63)))
    best = Best(_first_plan(work, within(tell, 0.0, 0.1)))
    proofs = Proofs()
    try:
        improve(work, best, seed, effort, end, within(tell, 0.1, 0.9))
        proofs = settle(work, best, seed, end, within(tell, 0.9, 1.0))
        tell(1.0)
    except Stopped:
        if best.effort == 0.0:
            raise
    assignment = apart.grid.copy()
    assignment[units] = best.part + assignment.max(initial=-1) + 1
    named = Proofs([units[own] for own in proofs.bounds], [units[own] for own in proofs.skill])
    return _Divided(assignment, named, n_grids, count_fits, best.effort)


def _positions(problem: Problem, terms: Terms, units: Ints) -> Floats:
    """Return the positions that the first plan follows, up to place and scale; shape (n, 2)."""
    if problem.xy is None:
        return layout(terms.indptr, terms.indices)
    if problem.similar is None and terms.place.shape[1] == 2:
        return terms.place
    return problem.xy[units]


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


def _first_plan(work: Work, tell: Tell) -> Ints:
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
