"""The units that are divided, as all stages of the search take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gridder.model import Floats, Ints
from gridder.solver.certificate import Graph
from gridder.solver.keep import homes, match
from gridder.solver.objective import evaluate, penalty
from gridder.solver.search import Terms

Tell = Callable[[float], None]

FEW, FEW_UNITS = 32, 10_000
"""Grids and units up to which the arrangement of the grids is searched as a whole."""


@dataclass(frozen=True, eq=False)
class Work:
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
    skill, skill_minimum
        People with the skill in every unit, shape (n,), and how many every grid needs; None and 0 without.
    """

    terms: Terms
    xy: Floats
    piece: Ints
    counts: Ints
    keep_count: bool
    old: Ints
    skill: Floats | None
    skill_minimum: float

    @property
    def graph(self) -> Graph:
        """Contiguity of the units."""
        return Graph(self.terms.indptr, self.terms.indices, self.terms.length)

    @property
    def tight(self) -> bool:
        """Whether the bounds are so tight that units can hardly move one by one."""
        there = self.terms.weight[self.terms.weight > 0.0]
        return len(there) > 0 and 2.0 * float(np.median(there)) > self.terms.size[2] - self.terms.size[0]

    @property
    def few(self) -> bool:
        """Whether the grids are so few that their arrangement as a whole is searched."""
        count = int(self.counts.sum())
        return 2 <= count <= FEW and len(self.piece) <= FEW_UNITS and len(self.old) == 0

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


def within(tell: Tell, first: float, last: float) -> Tell:
    """Return a callback whose shares run from `first` to `last` of the whole."""

    def tell_part(share: float) -> None:
        tell(first + (last - first) * share)

    return tell_part
