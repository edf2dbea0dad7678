"""Rounds of chains from many starts; the best plans begin the next round.

Few large grids have few sensible arrangements, and a chain seldom leaves the one that it starts in.
So many are begun: around centres found by location and allocation, from plans all of whose grids were recombined,
and from the best so far with two of their grids recombined.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from gridder.model import Floats, Ints
from gridder.solver.certificate import Graph
from gridder.solver.few.centres import allocate, find_centres
from gridder.solver.few.recombine import recombine
from gridder.solver.few.walk import judge, typical_change, walk
from gridder.solver.search import Terms

_CENTRED, _NEW, _KICKED, _BEST = range(4)
_CHAINS = (
    (_CENTRED, 0.5),
    (_CENTRED, 1.5),
    (_NEW, 1.5),
    (_NEW, 5.0),
    (_KICKED, 0.5),
    (_KICKED, 1.5),
    (_BEST, 1.5),
    (_BEST, 0.0),
)
"""How the chains of a round begin (around centres, from recombined grids, from the best), and how hot."""
_MOST_VISITS = 2_000_000
_MOST_PER_UNIT = 500
"""Visits a unit that a chain may take even beyond `_MOST_VISITS`."""
_GROWTH = 1.5
_LOOSE = 30.0
"""How much hotter new plans begin while none is in bounds, so that their shape hardly counts."""
_CALM = 0.15
"""Temperature at which the search over arrangements ends; all temperatures are in typical changes."""
_POLISH = (0.3, 0.001)
_PRESSURE = 3.0
_SWEEP = 10
"""Proposals a unit at every temperature."""
_LEAST_BLOCK = 1000
_TREES = 20
_TURNS = 3
"""Recombinations a grid that make a plan new."""
_ELITE = 6
_PLACES = 400
"""Units that are drawn as places for centres."""
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class _Plan:
    """A plan, what it misses and what it costs."""

    missed: float
    value: float
    part: Ints

    @property
    def rank(self) -> tuple[float, float]:
        return round(self.missed, 9), self.value


def improve(
    terms: Terms, part: Ints, n_parts: int, seed: np.random.SeedSequence, first: int = 50_000
) -> Iterator[tuple[Ints, int]]:
    """Yield the best plan so far and the unit visits that it took, after every round; no end of rounds.

    Parameters
    ----------
    terms
        What is priced.
    part
        A plan of connected grids, which may be out of bounds, shape (n,); it is not changed.
    n_parts
        Number of grids, which stays.
    seed
        Source of all random numbers. Each chain has its own, so the plan does not depend on the threads.
    first
        Unit visits of a chain in the first round; they grow from round to round.

    Notes
    -----
    Best is what misses least (people out of bounds, skills that are short, units that are to be apart), then what
    costs least.
    A round is some seconds at most; whoever asks for fewer rounds gets the beginning of more.
    """
    if (np.repeat(part, np.diff(terms.indptr)) == part[terms.indices]).all():
        yield part, 0
        return
    elite = [_Plan(*judge(terms, part, n_parts), part)]
    heat = typical_change(terms, part, n_parts) or 1.0
    centred = terms.price[0] > 0.0 and _connected(terms)
    done, length = 0, float(first)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while True:
            visits = int(length)
            kinds = [kind if centred or kind != _CENTRED else _NEW for kind, _ in _CHAINS]
            looser = _LOOSE if elite[0].missed > 0.0 else 1.0
            hot = [hot * looser if kind == _NEW else hot for kind, hot in _CHAINS]
            starts = [elite[i % len(elite)].part for i in range(len(_CHAINS))]
            seeds = seed.spawn(len(_CHAINS))
            found = list(pool.map(partial(_run, terms, n_parts, heat, visits), kinds, hot, starts, seeds))
            elite = _choose([*elite, *found])
            done += visits * len(_CHAINS)
            length = min(length * _GROWTH, max(_MOST_VISITS, _MOST_PER_UNIT * len(part)))
            yield elite[0].part, done


def _choose(plans: list[_Plan]) -> list[_Plan]:
    """Return the best plans that differ in cost, best first."""
    chosen: list[_Plan] = []
    for plan in sorted(plans, key=lambda plan: plan.rank):
        last = chosen[-1] if chosen else None
        if last is None or plan.value - last.value > _SAME or plan.missed > last.missed:
            chosen.append(plan)
    return chosen[:_ELITE]


def _connected(terms: Terms) -> bool:
    graph = Graph(terms.indptr, terms.indices, terms.length)
    return int(graph.components(np.ones(len(terms.weight), bool)).max(initial=0)) == 0


def _run(
    terms: Terms,
    n_parts: int,
    heat: float,
    visits: int,
    kind: int,
    hot: float,
    part: Ints,
    seed: np.random.SeedSequence,
) -> _Plan:
    """Return the best plan of one chain that begins as its kind says, searches from `hot` and is polished."""
    state = seed.generate_state(1, np.uint64).astype(np.uint64)
    part = part.copy()
    if kind == _CENTRED:
        part = _around_centres(terms, part, n_parts, state)
    if kind in (_NEW, _KICKED):
        for _ in range(_TURNS * n_parts if kind == _NEW else 1):
            recombine(terms.indptr, terms.indices, terms.weight, terms.size, part, _TREES, state)
    if hot > 0.0:
        visits //= 2
        part = _walk(terms, n_parts, heat, visits, (hot, _CALM), _PRESSURE, part, state)
    part = _walk(terms, n_parts, heat, visits, _POLISH, 0.0, part, state)
    return _Plan(*judge(terms, part, n_parts), part)


def _walk(
    terms: Terms,
    n_parts: int,
    heat: float,
    visits: int,
    limits: tuple[float, float],
    pressure: float,
    part: Ints,
    state: npt.NDArray[np.uint64],
) -> Ints:
    """Return the best plan of a walk from hot to cold, `limits` in typical changes."""
    block = max(1, min(max(_SWEEP * len(part), _LEAST_BLOCK), visits // 50))
    temperature = heat * np.geomspace(*limits, max(1, visits // block))
    mean = float(terms.weight.sum()) / len(part)
    best = np.empty_like(part)
    price = heat * float(terms.size[1]) / mean if mean > 0.0 else heat
    walk(terms, temperature, block, pressure, price, part, n_parts, best, state)
    return best


def _around_centres(terms: Terms, part: Ints, n_parts: int, state: npt.NDArray[np.uint64]) -> Ints:
    """Return a plan around the best centres of a random start; the old one where two centres coincide."""
    n = len(part)
    places = np.sort(np.random.default_rng(state).permutation(n)[:_PLACES])
    serve = _serve(terms, places)
    centre, price, _ = find_centres(serve, terms.weight, terms.size, n_parts, state)
    if len(np.unique(centre)) < n_parts:
        return part
    target = float(terms.size[1])
    return allocate(terms.indptr, terms.indices, terms.weight, target, serve[centre], price, places[centre])


def _serve(terms: Terms, places: Ints) -> Floats:
    """Return the cost of every unit from every place, shape (places, n)."""
    if len(terms.cost) > 0:
        away = terms.cost[:, places].T
    else:
        off = terms.place[None, :, :] - terms.place[places][:, None, :]
        away = (off**2).sum(axis=2)
    return np.ascontiguousarray(away * terms.mass)
