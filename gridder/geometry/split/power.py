"""Compact parts: the cells of a centroidal power diagram in which all cells have the same area.

The cell of a site are the places whose squared distance to it, less the site's weight, is least.
Weights that give every cell a wanted area always exist: F. Aurenhammer, F. Hoffmann, B. Aronov,
Minkowski-type theorems and least-squares clustering, Algorithmica 20 (1998); they are found by damped
Newton steps: J. Kitagawa, Q. Mérigot, B. Thibert, Convergence of a Newton algorithm for semi-discrete
optimal transport, J. Eur. Math. Soc. 21 (2019).
Sites then move to the middle of their cells, and so on (Lloyd): M. Balzer, T. Schlömer, O. Deussen,
Capacity-constrained point distributions, ACM Trans. Graph. 28 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from gridder.model import Floats, Geometries, Ints

ROUNDS = 12
"""Moves of the sites at most."""
NEAR = 0.01
"""Sites have settled when none moves by more than this share of a part's side."""
NEWTON_STEPS = 30
EXACT = 1e-9
"""Areas are right when none is further off, as a share of a part."""
LEAST = 0.1
"""A step is halved until no cell is smaller than this share of the smallest before it."""
HALVINGS = 12


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells of a power diagram in a polygon, with the borders between them.

    `lengths` is the length of each border, between the cells `one` and `other`, from both sides.
    """

    shapes: Geometries
    areas: Floats
    one: Ints
    other: Ints
    lengths: Floats


def power_parts(polygon: shapely.Polygon, sites: Floats) -> Geometries | None:
    """Return a part of equal area for every site, or None where no such diagram was found.

    Parts of a concave polygon, or one with holes, may have several pieces.

    Parameters
    ----------
    polygon
        Valid.
    sites
        Where the sites begin, shape (n, 2).
    """
    weights = np.zeros(len(sites))
    near = NEAR * float(np.sqrt(polygon.area / len(sites)))
    shapely.prepare(polygon)
    balanced: _Cells | None = None
    for _ in range(ROUNDS):
        weights, cells = _balanced(polygon, sites, weights)
        if np.abs(cells.areas * len(sites) / polygon.area - 1.0).max() > EXACT:
            break
        balanced = cells
        middle = shapely.get_coordinates(shapely.centroid(cells.shapes))
        if np.abs(middle - sites).max() < near:
            break
        sites = middle
    return None if balanced is None else balanced.shapes


def _balanced(polygon: shapely.Polygon, sites: Floats, weights: Floats) -> tuple[Floats, _Cells]:
    """Return weights that make all areas the same, and their cells, as far as Newton's method gets."""
    wanted = polygon.area / len(sites)
    cells = _cells(polygon, sites, weights)
    for _ in range(NEWTON_STEPS):
        short = wanted - cells.areas
        if np.abs(short).max() < EXACT * wanted:
            break
        step = np.linalg.lstsq(_slopes(cells, sites), short, rcond=None)[0]
        for halving in range(HALVINGS):
            tried = weights + step / 2.0**halving
            new = _cells(polygon, sites, tried)
            better = np.abs(wanted - new.areas).sum() < np.abs(short).sum()
            if better and new.areas.min() > LEAST * min(float(cells.areas.min()), wanted):
                break
        else:
            break
        weights, cells = tried, new
    return weights, cells


def _slopes(cells: _Cells, sites: Floats) -> Floats:
    """Return how every area changes with every weight, shape (n, n)."""
    slopes = np.zeros((len(sites), len(sites)))
    apart = np.hypot(*(sites[cells.one] - sites[cells.other]).T)
    np.add.at(slopes, (cells.one, cells.other), -cells.lengths / (2 * apart))
    return np.asarray(slopes - np.diag(slopes.sum(axis=1)))


def _cells(polygon: shapely.Polygon, sites: Floats, weights: Floats) -> _Cells:
    low, high = np.reshape(shapely.bounds(polygon), (2, 2))
    corners, neighbour, size = _convex_cells(sites, weights, low - 1.0, high + 1.0)
    filled = [corners[i, :k] if k > 2 else np.zeros((3, 2)) for i, k in enumerate(size)]
    shapes = shapely.intersection([shapely.Polygon(ring) for ring in filled], polygon)
    cell, side = np.nonzero((np.arange(corners.shape[1]) < size[:, None]) & (neighbour >= 0))
    after = (side + 1) % size[cell]
    borders = shapely.linestrings(np.stack([corners[cell, side], corners[cell, after]], axis=1))
    return _Cells(
        shapes,
        shapely.area(shapes),
        cell,
        neighbour[cell, side],
        shapely.length(shapely.intersection(borders, polygon)),
    )


@njit(cache=True)
def _convex_cells(sites: Floats, weights: Floats, low: Floats, high: Floats) -> tuple[Floats, Ints, Ints]:
    """Return the cells inside a rectangle, which is clipped by one half-plane after the other.

    Returns
    -------
    corners
        Of every cell, counterclockwise, shape (n, n + 4, 2).
    neighbour
        Site beyond the side that begins at each corner, -1 at the rectangle, shape (n, n + 4).
    size
        Number of corners, shape (n,).
    """
    n = len(sites)
    corners = np.zeros((n, n + 4, 2))
    neighbour = np.full((n, n + 4), -1)
    size = np.zeros(n, dtype=np.int64)
    now, then = np.zeros((n + 5, 2)), np.zeros((n + 5, 2))
    beyond, later = np.full(n + 5, -1), np.full(n + 5, -1)
    for i in range(n):
        now[0, 0], now[0, 1], now[1, 0], now[1, 1] = low[0], low[1], high[0], low[1]
        now[2, 0], now[2, 1], now[3, 0], now[3, 1] = high[0], high[1], low[0], high[1]
        beyond[:4] = -1
        k = 4
        for j in range(n):
            if j == i:
                continue
            dx, dy = sites[j, 0] - sites[i, 0], sites[j, 1] - sites[i, 1]
            limit = ((sites[j] ** 2).sum() - weights[j] - (sites[i] ** 2).sum() + weights[i]) / 2.0
            m = 0
            for a in range(k):
                b = (a + 1) % k
                here = now[a, 0] * dx + now[a, 1] * dy - limit
                next_ = now[b, 0] * dx + now[b, 1] * dy - limit
                if here <= 0.0:
                    then[m], later[m] = now[a], beyond[a]
                    m += 1
                if (here <= 0.0) != (next_ <= 0.0):
                    then[m] = now[a] + (now[b] - now[a]) * (here / (here - next_))
                    later[m] = j if here <= 0.0 else beyond[a]
                    m += 1
            now, then, beyond, later, k = then, now, later, beyond, m
        corners[i, :k], neighbour[i, :k], size[i] = now[:k], beyond[:k], k
    return corners, neighbour, size
