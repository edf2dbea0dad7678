"""What plans are judged by, computed from the graph and the labels alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.graphs import Map, Question
from gridder.geometry.dissolve import outline
from gridder.geometry.measure import polsby_popper
from gridder.model import Floats, Ints

NEAR = 0.1
ROUNDING = 1e-9


@dataclass(frozen=True)
class Measures:
    """A plan in numbers; shares are fractions of its grids.

    Attributes
    ----------
    n_grids
        Grids that hold a unit.
    out_of_bounds, unproved
        Share of grids whose weight misses a bound, and of those for which no proof was given.
    split
        Share of grids in several pieces.
    deviation, near
        Mean absolute deviation from the target, as a fraction of it, and share of grids within 10 % of it.
    moment
        Area-weighted mean squared distance to the centre of the grid, in mean areas of a unit.
    cut
        Share of the length of all links that runs between grids.
    """

    n_grids: int
    out_of_bounds: float
    unproved: float
    split: float
    deviation: float
    near: float
    moment: float
    cut: float


def measure(question: Question, labels: Ints, proved: Ints) -> Measures:
    """Measure a plan.

    Parameters
    ----------
    labels
        Grid of every unit, any whole numbers, shape (n,).
    proved
        Labels of grids that are proved not to fit, shape (k,).
    """
    names, grid = np.unique(labels, return_inverse=True)
    load = np.bincount(grid, question.weight)
    slack = ROUNDING * question.maximum
    out = (load < question.minimum - slack) | (load > question.maximum + slack)
    deviation = np.abs(load - question.target) / question.target
    heads = question.heads()
    inside = grid[heads] == grid[question.indices]
    return Measures(
        n_grids=len(names),
        out_of_bounds=float(out.mean()),
        unproved=float((out & ~np.isin(names, proved)).mean()),
        split=_split(question, grid, heads[inside], question.indices[inside]),
        deviation=float(deviation.mean()),
        near=float((deviation <= NEAR + ROUNDING).mean()),
        moment=_moment(question, grid),
        cut=1.0 - float(question.length[inside].sum() / question.length.sum()),
    )


def _split(question: Question, grid: Ints, a: Ints, b: Ints) -> float:
    """Return the share of grids that their own links do not connect."""
    n = question.n_units
    links = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    n_pieces, piece = connected_components(links, directed=False)
    home = np.empty(n_pieces, np.int64)
    home[piece] = grid
    return float((np.bincount(home) > 1).mean())


def _moment(question: Question, grid: Ints) -> float:
    mass = np.bincount(grid, question.mass)
    off: Floats = np.zeros(question.n_units)
    for along in question.xy.T:
        centre = np.bincount(grid, question.mass * along) / mass
        off += (along - centre[grid]) ** 2
    return float(question.mass @ off / question.mass.sum() / question.mass.mean())


def mean_polsby_popper(place: Map, labels: Ints) -> float:
    """Return the mean Polsby–Popper of the grids of a map, lanes inside them closed."""
    grid = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return float(polsby_popper(outline(place.land, grid, gap_m=place.gap_m)).mean())
