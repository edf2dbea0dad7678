"""How many grids every component gets, and how the number asked for is shared anew where a share is impossible.

Of several components each has a range of numbers that fit its weight.
Which of them can really be had is a matter of the graph: `reshare` asks an exact search about the numbers of
the present share, rules out what it proves impossible, and shares again, until all fits or no share is left.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field

import numpy as np

from gridder.model import Floats, Ints
from gridder.solver import exact
from gridder.solver.certificate import Apart, count_range


def choose_counts(
    piece: Ints,
    weight: Floats,
    apart: Apart,
    n_grids: int | None,
    *,
    skill: Floats | None = None,
    skill_minimum: float = 0.0,
) -> tuple[Ints, bool]:
    """Return the number of grids of every component, and whether the number asked for fits them.

    Without `n_grids` it is the weight over the target, within what fits the bounds; with a skill there are no
    more grids than its people can serve, where the bounds allow it.
    With `n_grids` every component gets the least that fits, and the rest goes where the grids are heaviest,
    with a skill first where there are people for it.
    """
    total, n_units = np.bincount(piece, weight).astype(np.float64), np.bincount(piece)
    if len(total) == 0:
        return np.empty(0, np.int64), True
    ranges = count_ranges(piece, weight, apart.minimum, apart.maximum)
    target = apart.target if apart.target > 0.0 else 1.0
    least = np.minimum(np.maximum(ranges[:, 0], 1), n_units)
    most = np.maximum(ranges[:, 1], least)
    served = np.clip(_served(piece, skill, skill_minimum, most), least, most)
    if n_grids is None:
        return np.clip((total / target + 0.5).astype(np.int64), least, served), True
    fits = bool((ranges[:, 0] <= ranges[:, 1]).all()) and int(least.sum()) <= n_grids <= int(most.sum())
    if int(least.sum()) > n_grids:
        least = np.ones_like(least)
    counts = _raise_heaviest(least, served, total, n_grids)
    counts = _raise_heaviest(counts, most, total, n_grids)
    return _raise_heaviest(counts, n_units, total, n_grids), fits


def count_ranges(piece: Ints, weight: Floats, minimum: float, maximum: float) -> Ints:
    """Return the least and the greatest number of grids that fit every component, shape (p, 2)."""
    total, n_units = np.bincount(piece, weight), np.bincount(piece)
    return np.array(
        [count_range(w, n, minimum, maximum) for w, n in zip(total, n_units, strict=True)], np.int64
    ).reshape(-1, 2)


def _served(piece: Ints, skill: Floats | None, skill_minimum: float, most: Ints) -> Ints:
    """Return how many grids of every component can have the skill."""
    if skill is None or skill_minimum <= 0.0:
        return most
    return np.floor(np.bincount(piece, skill) / skill_minimum + 1e-9).astype(np.int64)


def _raise_heaviest(counts: Ints, most: Ints, total: Floats, n_grids: int) -> Ints:
    """Return counts raised up to `most`, one after the other where the grids are heaviest, to a sum at most."""
    counts = counts.copy()
    heaviest = [(-total[i] / (counts[i] + 0.5), i) for i in np.flatnonzero(counts < most).tolist()]
    heapq.heapify(heaviest)
    for _ in range(n_grids - int(counts.sum())):
        if not heaviest:
            break
        _, i = heapq.heappop(heaviest)
        counts[i] += 1
        if counts[i] < most[i]:
            heapq.heappush(heaviest, (-total[i] / (counts[i] + 0.5), i))
    return counts


@dataclass(eq=False)
class Share:
    """The grids that every component gets, and what was learnt on the way.

    Attributes
    ----------
    counts
        Number of grids of every component; adds to what was asked for unless `none_left`.
    undecided
        Components whose number changed or was in doubt, and for which the search found neither a plan nor a
        proof; the caller has to divide them otherwise (`keep.resize`).
    hopeless
        Components that no number of grids fits: each is proved infeasible by itself.
    none_left
        No share of the number asked for fits: all components together are proved infeasible.
    """

    counts: Ints
    undecided: list[int] = field(default_factory=list)
    hopeless: list[int] = field(default_factory=list)
    none_left: bool = False


def reshare(
    counts: Ints,
    doubtful: Iterable[int],
    ranges: Ints,
    total: Floats,
    search: Callable[[int, int], int],
) -> Share:
    """Share the number of grids over the components so that an exact search finds all that is in doubt.

    Parameters
    ----------
    counts
        The present share, shape (p,); it adds to the number asked for.
    doubtful
        Components that the present plan does not divide within bounds.
    ranges, total
        What fits every component (`count_ranges`), shape (p, 2), and its weight, shape (p,).
    search
        Called with a component and a number of grids; it returns the status of an exact search.
        Where it answers `exact.FOUND` the caller keeps the plan: the last one of a component is that of its
        number in the share.
    """
    share = Share(counts.copy())
    impossible: set[tuple[int, int]] = set()
    asked = sorted(doubtful)
    undecided: set[int] = set()
    while asked:
        ruled_out = False
        for c in asked:
            status = search(c, int(share.counts[c]))
            undecided.discard(c)
            if status == exact.UNDECIDED:
                undecided.add(c)
            elif status == exact.INFEASIBLE:
                impossible.add((c, int(share.counts[c])))
                ruled_out = True
        if not ruled_out:
            break
        options = [_options(c, ranges, impossible) for c in range(len(ranges))]
        share.hopeless = [c for c, own in enumerate(options) if not own]
        new = None if share.hopeless else best_share(options, total, int(counts.sum()))
        if new is None:
            share.none_left = not share.hopeless
            break
        asked = np.flatnonzero(new != share.counts).tolist()
        share.counts = new
    share.undecided = sorted(undecided)
    return share


def _options(component: int, ranges: Ints, impossible: Set[tuple[int, int]]) -> list[int]:
    least, most = ranges[component].tolist()
    return [m for m in range(least, most + 1) if (component, m) not in impossible]


def best_share(options: list[list[int]], total: Floats, n_grids: int) -> Ints | None:
    """Return one number a component that add to `n_grids`, the grids as equal as can be; None where none does.

    A dynamic programme over the components: for every sum the least sum of squared weights of the grids.
    """
    best: dict[int, float] = {0: 0.0}
    chosen: list[dict[int, int]] = []
    later = np.cumsum([[min(own), max(own)] for own in reversed(options)], axis=0)[::-1]
    later = np.concatenate([later[1:], [[0, 0]]])
    for own, weight, (least, most) in zip(options, total.tolist(), later.tolist(), strict=True):
        fresh: dict[int, float] = {}
        choice: dict[int, int] = {}
        for done, cost in best.items():
            for m in own:
                if not least <= n_grids - done - m <= most:
                    continue
                price = cost + weight * weight / m
                if price < fresh.get(done + m, np.inf):
                    fresh[done + m], choice[done + m] = price, m
        best = fresh
        chosen.append(choice)
    if n_grids not in best:
        return None
    counts = np.empty(len(options), np.int64)
    left = n_grids
    for c in range(len(options) - 1, -1, -1):
        counts[c] = chosen[c][left]
        left -= int(counts[c])
    return counts
