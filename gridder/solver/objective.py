"""The value that the search minimises and the solution reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridder.model import Floats, Ints
from gridder.solver.certificate import Apart, Graph
from gridder.solver.problem import Problem

DEVIATION = 2.0
"""Price of the mean squared deviation; moment and cut are near 1 in compact plans."""
CUT_IN_MIX = 0.3
"""Price of the cut beside the moment. On Delaunay graphs of jittered lattices (Poisson 0.6, 7 to 15 for 10) 1.0
gave moment 2.94 and cut .286, 0.3 gave 2.76 and .293: roundness costs the cut little."""


@dataclass(frozen=True, eq=False)
class Objective:
    """Prices and measures of a problem.

    objective = price_moment x moment + price_cut x cut + price_deviation x sum of squared deviations.

    Attributes
    ----------
    xy
        Positions in lengths of a mean link, from the middle, shape (n, 2); zeros where there are none.
    mass
        Weight in the moment, shape (n,).
    price_moment
        1 over the moment of n_grids equal discs, `mass x L2 x n / (2 pi n_grids)` with L2 the mean squared
        length of a link.
    price_cut
        1, in a mix `CUT_IN_MIX`, over (length of all links x sqrt(n_grids / n)), the order of the cut of
        compact grids.
    price_deviation
        `DEVIATION` over the number of grids.
    """

    xy: Floats
    mass: Floats
    price_moment: float
    price_cut: float
    price_deviation: float
    target: float

    def evaluate(
        self, graph: Graph, weight: Floats, assignment: Ints, units: Ints | slice = slice(None)
    ) -> float:
        """Return the objective of a plan of some units, whose graph, weight and assignment are given."""
        xy, mass = self.xy[units], self.mass[units]
        load = np.bincount(assignment, weight)
        present = np.bincount(assignment) > 0
        total = np.bincount(assignment, mass)
        sums = np.stack([np.bincount(assignment, mass * xy[:, axis]) for axis in (0, 1)], axis=1)
        centre = sums / np.where(total > 0.0, total, 1.0)[:, None]
        moment = float((mass * ((xy - centre[assignment]) ** 2).sum(axis=1)).sum())
        cut = float(graph.length[assignment[graph.heads()] != assignment[graph.indices]].sum()) / 2.0
        off = (load[present] - self.target) / self.target
        return (
            self.price_moment * moment
            + self.price_cut * cut
            + self.price_deviation * float((off * off).sum())
        )


def build_objective(problem: Problem, graph: Graph, apart: Apart, n_grids: int) -> Objective:
    """Return the prices for a problem that is divided into about `n_grids` grids."""
    n = len(problem.weight)
    mass = np.ones(n) if problem.moment is None else problem.moment
    xy = np.zeros((n, 2))
    spread = 1.0
    if problem.xy is not None and n > 0:
        link = problem.xy[graph.heads()] - problem.xy[graph.indices]
        spread = float((link**2).sum(axis=1).mean()) if len(link) else 1.0
        spread = spread if spread > 0.0 else 1.0
        xy = (problem.xy - problem.xy.mean(axis=0)) / np.sqrt(spread)
    disc = float(mass.sum()) * n / (2.0 * np.pi * max(n_grids, 1))
    length = float(graph.length.sum()) / 2.0 * np.sqrt(max(n_grids, 1) / max(n, 1))
    share = CUT_IN_MIX if problem.objective == "mix" else 1.0
    return Objective(
        xy=xy,
        mass=mass,
        price_moment=1.0 / disc if problem.objective != "cut" and disc > 0.0 else 0.0,
        price_cut=share / length if problem.objective != "moment" and length > 0.0 else 0.0,
        price_deviation=DEVIATION / max(n_grids, 1),
        target=apart.target if apart.target > 0.0 else 1.0,
    )
