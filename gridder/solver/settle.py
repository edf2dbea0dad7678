"""What the rounds left out of bounds is searched exactly: a plan is found, or a proof that there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gridder.model import Ints
from gridder.solver import exact, proof
from gridder.solver.certificate import by_first_unit
from gridder.solver.counts import count_ranges, reshare
from gridder.solver.keep import resize
from gridder.solver.repair import grow_region
from gridder.solver.rounds import POLISH, Best, anneal_plan, mend_all, new_state
from gridder.solver.work import Tell, Work, within

_LAST_PASSES = 4
_PATCH_SIZES = (2, 3, 4, 5, 6) * 2
_PATCH_LIMIT = 20_000
_EXACT_UNITS = 4_000
_EXACT_LIMIT = 300_000


@dataclass(eq=False)
class Proofs:
    """Sets of units that fit no plan in bounds, and sets of which no plan gives every grid the skill."""

    bounds: list[Ints] = field(default_factory=list)
    skill: list[Ints] = field(default_factory=list)


def settle(work: Work, best: Best, seed: np.random.SeedSequence, end: float, tell: Tell) -> Proofs:
    """Search exactly what the best plan so far misses, change it where something is found, and prove the rest.

    No further component is searched after `end` (on the monotonic clock).
    """
    proofs = Proofs()
    if len(work.bad_grids(best.part)) == 0:
        return proofs
    part = mend_all(work, best.part, seed, _LAST_PASSES)
    if work.keep_count and len(work.counts) > 1:
        part = _share_anew(work, part, proofs, seed, end, tell)
    for piece in _pieces(work, work.out_of_bounds(part), part):
        tell(0.0)
        if time.monotonic() > end:
            break
        units = np.flatnonzero(work.piece == piece)
        if not any(np.isin(units, proven).all() for proven in proofs.bounds):
            _settle_piece(work, part, units, proofs, seed)
    _settle_skill(work, part, proofs, end)
    part = by_first_unit(part)
    if not np.array_equal(part, best.part):
        part = anneal_plan(work, part, POLISH, seed, within(tell, 0.5, 1.0), by_people=True)
        best.part = by_first_unit(part)
    return proofs


def _pieces(work: Work, grids: Ints, part: Ints) -> list[int]:
    return [int(piece) for piece in np.unique(work.piece[np.isin(part, grids)])]


def _share_anew(
    work: Work, part: Ints, proofs: Proofs, seed: np.random.SeedSequence, end: float, tell: Tell
) -> Ints:
    """Share the number of grids asked for over the components so that those in doubt can be divided."""
    doubtful = _pieces(work, work.out_of_bounds(part), part)
    if not doubtful:
        return part
    lower, upper = float(work.terms.size[0]), float(work.terms.size[2])
    ranges = count_ranges(work.piece, work.terms.weight, lower, upper)
    if (ranges[:, 0] > ranges[:, 1]).any():
        return part

    def search(piece: int, count: int) -> int:
        tell(0.0)
        units = np.flatnonzero(work.piece == piece)
        if len(units) > _EXACT_UNITS or time.monotonic() > end:
            return exact.UNDECIDED
        return _search_region(work, part, units, count, _EXACT_LIMIT)

    total = np.bincount(work.piece, work.terms.weight).astype(np.float64)
    share = reshare(work.counts, doubtful, ranges, total, search)
    proofs.bounds.extend(np.flatnonzero(work.piece == piece) for piece in share.hopeless)
    if share.none_left:
        proofs.bounds.append(np.arange(len(part)))
        return part
    if share.hopeless or not share.undecided:
        return part
    return mend_all(work, resize(work.terms, work.xy, part, work.piece, share.counts), seed, _LAST_PASSES)


def _settle_piece(work: Work, part: Ints, units: Ints, proofs: Proofs, seed: np.random.SeedSequence) -> None:
    lower, upper = float(work.terms.size[0]), float(work.terms.size[2])
    ranges = count_ranges(np.zeros(len(units), np.int64), work.terms.weight[units], lower, upper)
    if ranges[0, 0] > ranges[0, 1]:
        return
    status = exact.UNDECIDED
    if len(units) <= _EXACT_UNITS and not (work.keep_count and len(work.counts) > 1):
        count = int(work.counts[work.piece[units[0]]]) if work.keep_count else 0
        status = _search_region(work, part, units, count, _EXACT_LIMIT)
    if status == exact.INFEASIBLE:
        proofs.bounds.append(units)
    elif status == exact.UNDECIDED:
        _patch(work, part, units, new_state(seed))
        proofs.bounds.extend(_prove_nearby(work, part, units))


def _settle_skill(work: Work, part: Ints, proofs: Proofs, end: float) -> None:
    """Search components in bounds, some of whose grids lack the skill although there are enough people."""
    skill = np.zeros(len(part)) if work.skill is None else work.skill
    outside = set(_pieces(work, work.out_of_bounds(part), part))
    for piece in _pieces(work, work.bad_grids(part), part):
        units = np.flatnonzero(work.piece == piece)
        if piece in outside or len(units) > _EXACT_UNITS or time.monotonic() > end:
            continue
        count = len(np.unique(part[units])) if work.keep_count else 0
        if skill[units].sum() < max(count, 1) * work.skill_minimum:
            continue
        if _search_region(work, part, units, count, _EXACT_LIMIT) == exact.INFEASIBLE:
            proofs.skill.append(units)


def _search_region(work: Work, part: Ints, units: Ints, count: int, limit: int) -> int:
    """Search some connected units exactly and put what is found into `part`; return the status.

    With a skill a plan that gives it to every grid is sought first.
    """
    sub = work.graph.subgraph(units)
    status = exact.UNDECIDED
    for skill in (None,) if work.skill is None else (work.skill[units], None):
        found = exact.search(
            sub.indptr,
            sub.indices,
            work.terms.weight[units],
            float(work.terms.size[0]),
            float(work.terms.size[2]),
            n_grids=count,
            skill=skill,
            skill_minimum=0.0 if skill is None else work.skill_minimum,
            limit=limit,
        )
        status = found.status
        if status == exact.FOUND:
            part[units] = part.max() + 1 + found.label
            break
        if skill is not None and not np.isin(part[units], work.out_of_bounds(part)).any():
            break
    return status


def _patch(work: Work, part: Ints, units: Ints, state: npt.NDArray[np.uint64]) -> None:
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


def _prove_nearby(work: Work, part: Ints, units: Ints) -> list[Ints]:
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
