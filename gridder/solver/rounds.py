"""Rounds of annealing, recutting and mending, each from the best plan so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridder.model import Floats, Ints
from gridder.solver import few
from gridder.solver.blocks import BLOCK, search_all
from gridder.solver.certificate import by_first_unit
from gridder.solver.repair import bucket_scale, mend
from gridder.solver.work import Tell, Work, within

SWEEPS = 30
"""Sweeps of effort 1 over many units."""
VISITS = 10_000_000
"""Unit visits of effort 1 beside these sweeps, so that small problems are searched longer."""
_MOST_SWEEPS = 3000
_HOT, _WARM, _CALM, _COLD = 0.08, 0.05, 0.02, 0.005
_FEW_VISITS, _MOST_FEW_VISITS = 20, 20_000_000
"""Visits of effort 1 for the square of the number of units, and at most, where grids are few."""
_LEAST_CHAIN, _MOST_CHAIN = 500, 50_000
_CHAIN_SHARE = 40
_PASS = 40
"""Sweeps after which the blocks are laid anew."""
_TURN = 0.9
_SWEEPS_PER_PAIRING = 20
_VISITS_PER_PASS = 2_000_000
POLISH = np.concatenate([np.geomspace(0.02, _COLD, 8), np.zeros(3)])
_REGION_SIZES = (2, 3, 4, 6, 9, 14, 24)
_TREES = 8


@dataclass(eq=False)
class Best:
    """The best plan so far and the effort that it took."""

    part: Ints
    cost: tuple[float, float] = (np.inf, np.inf)
    effort: float = 0.0


def _rounds(effort: float) -> Iterator[float]:
    """Yield the work of every round: 1, then as much again as all before it."""
    done, step = 0.0, 1.0
    while done < effort:
        yield min(step, effort - done)
        done += step
        step = done


def improve(
    work: Work, best: Best, seed: np.random.SeedSequence, effort: float, end: float, tell: Tell
) -> None:
    """Search in rounds, each from the best plan so far."""
    if work.few:
        _improve_few(work, best, seed, effort, end, tell)
        return
    done = 0.0
    for step in _rounds(effort):
        if done > 0.0 and time.monotonic() > end:
            break
        told = within(tell, done / effort, (done + step) / effort)
        part = _search(work, best.part.copy(), step, seed, told, first=done == 0.0)
        done += step
        if done == step and done == effort:
            best.part, best.effort = part, done
            return
        cost = work.cost(part)
        if cost < best.cost:
            best.part, best.cost = part, cost
        best.effort = done


def _improve_few(
    work: Work, best: Best, seed: np.random.SeedSequence, effort: float, end: float, tell: Tell
) -> None:
    """Search among arrangements of few large grids (`few`)."""
    each = min(_FEW_VISITS * len(best.part) ** 2, _MOST_FEW_VISITS)
    first = min(max(each // _CHAIN_SHARE, _LEAST_CHAIN), _MOST_CHAIN)
    n_parts = int(best.part.max()) + 1
    for part, visits in few.improve(work.terms, best.part, n_parts, seed.spawn(1)[0], first):
        best.part, best.effort = part, visits / each
        tell(min(best.effort / effort, 1.0))
        if best.effort >= effort or time.monotonic() > end:
            break
    best.part = mend_all(work, best.part, seed, 1)


def _search(
    work: Work, part: Ints, step: float, seed: np.random.SeedSequence, tell: Tell, *, first: bool
) -> Ints:
    """Anneal, mend and polish a plan with the work of one round."""
    sweeps = max(4, round(step * min(SWEEPS + VISITS / len(part), _MOST_SWEEPS)))
    hot = _HOT if first else _WARM
    if len(work.old) > 0:
        hot = _CALM
    schedule = np.concatenate([np.geomspace(hot, _COLD, sweeps), np.zeros(3)])
    part = anneal_plan(work, part, schedule, seed, within(tell, 0.0, 0.6), by_people=False)
    if work.tight:
        pairs = max(2, sweeps // _SWEEPS_PER_PAIRING)
        part = _recut(work, part, pairs, seed, within(tell, 0.6, 0.8))
    part = mend_all(work, part, seed, 1)
    return by_first_unit(anneal_plan(work, part, POLISH, seed, within(tell, 0.8, 1.0), by_people=True))


def anneal_plan(
    work: Work, part: Ints, schedule: Floats, seed: np.random.SeedSequence, tell: Tell, *, by_people: bool
) -> Ints:
    """Anneal a plan in place, with the blocks laid anew after some sweeps."""
    passes = max(1, round(len(schedule) / _PASS)) if len(part) > BLOCK else 1
    passes = max(passes, len(schedule) * min(len(part), BLOCK) // _VISITS_PER_PASS)
    for i, temperature in enumerate(np.array_split(schedule, passes)):
        told = within(tell, i / passes, (i + 1) / passes)
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


def _recut(work: Work, part: Ints, sweeps: int, seed: np.random.SeedSequence, tell: Tell) -> Ints:
    """Cut pairs of a plan anew, in place, with the blocks laid anew once."""
    for i, count in enumerate((sweeps - sweeps // 2, sweeps // 2)):
        told = within(tell, i / 2.0, (i + 1) / 2.0)
        still = np.zeros(count)
        turn = (i + 0.5) * _TURN
        search_all(
            work.settled(part), work.xy, False, still, part, seed.spawn(1)[0], told, turn=turn, pairs=True
        )
    return part


def new_state(seed: np.random.SeedSequence) -> npt.NDArray[np.uint64]:
    """Return the state of a generator of its own."""
    return np.asarray(seed.spawn(1)[0].generate_state(1, np.uint64), np.uint64)


def mend_all(work: Work, part: Ints, seed: np.random.SeedSequence, passes: int) -> Ints:
    """Mend the grids out of bounds, merging more and more neighbours; return the best plan on the way."""
    if work.missed(part) == 0.0:
        return part
    terms, state = work.settled(part), new_state(seed)
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
        for start in first_units(part)[work.bad_grids(part)]:
            n_parts = mend(
                terms, scale, work.keep_count, start, n_merged, _TREES, part, n_parts, scratch, state
            )
    return by_first_unit(part if work.missed(part) < least else best)


def first_units(part: Ints) -> Ints:
    """Return the first unit of every grid."""
    present, first = np.unique(part, return_index=True)
    out = np.full(int(present[-1]) + 1, -1, np.int64)
    out[present] = first
    return out
