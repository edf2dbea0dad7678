"""Measures of shapes and plans, as arrays in and arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.model import Floats, Geometries, Ints


@dataclass(frozen=True, eq=False)
class Moment:
    """How far the units of grids lie from their centres; small is good.

    Attributes
    ----------
    per_grid
        Of every grid, in square metres, shape (n_grids,); missing for a grid without area.
    total
        Of the plan, in square metres: the mean of `per_grid`, weighted with area.
    """

    per_grid: Floats
    total: float


def polsby_popper(polygons: Geometries) -> Floats:
    """Return 4 pi A / P² of every polygon: in (0, 1], and 1 is a circle.

    Parameters
    ----------
    polygons
        Shape (n,), in metres. The perimeter counts the rims of holes too.

    Returns
    -------
    Floats
        Shape (n,); missing for an empty polygon.

    References
    ----------
    Polsby, D. D. and Popper, R. D. (1991). The third criterion: compactness as a procedural
    safeguard against partisan gerrymandering. Yale Law & Policy Review 9, 301-353.
    """
    area, perimeter = shapely.area(polygons), shapely.length(polygons)
    return _divide(4.0 * np.pi * area, perimeter**2)


def moment_m2(xy: Floats, area: Floats, grid: Ints, *, n_grids: int) -> Moment:
    """Return Σ a·d² / Σ a over the units of every grid, and over all of them.

    a is the area of a unit, d the distance of its centroid from the centre of its grid, which is the
    mean of the centroids weighted with area.

    Parameters
    ----------
    xy
        Centroids of the units in metres, shape (n, 2).
    area
        Areas of the units (any unit, the same for all), not negative, shape (n,).
    grid
        Grid of every unit, from 0 to n_grids - 1, shape (n,).
    n_grids
        Number of grids.

    References
    ----------
    Weaver, J. B. and Hess, S. W. (1963). A procedure for nonpartisan districting. Yale Law Journal
    73, 288-308. https://doi.org/10.2307/794769
    """

    def sum_by_grid(values: Floats) -> Floats:
        return np.bincount(grid, weights=values, minlength=n_grids).astype(np.float64)

    mass = sum_by_grid(area)
    centre = np.column_stack([_divide(sum_by_grid(area * axis), mass) for axis in xy.T])
    square_distance = ((xy - centre[grid]) ** 2).sum(axis=1)
    moment = sum_by_grid(np.where(area > 0.0, area * square_distance, 0.0))
    total = float(moment.sum() / mass.sum()) if mass.any() else float("nan")
    return Moment(_divide(moment, mass), total)


def cut_share(a: Ints, b: Ints, grid: Ints, *, weight: Floats | None = None) -> float:
    """Return the share of links between units of different grids, in [0, 1]; small is good.

    Parameters
    ----------
    a, b
        The two units of every link, shape (m,).
    grid
        Grid of every unit, shape (n,).
    weight
        What every link counts, such as the length on which the two face each other, shape (m,);
        by default every link counts the same.

    Returns
    -------
    float
        0 where there are no links.
    """
    counted = np.ones(len(a)) if weight is None else weight
    total = float(counted.sum())
    return float(counted[grid[a] != grid[b]].sum()) / total if total > 0.0 else 0.0


def deviation(size: Floats, target: float) -> Floats:
    """Return (size - target) / target of every grid, as a fraction; the target is positive."""
    return np.asarray((size - target) / target, dtype=np.float64)


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; missing where the denominator is 0."""
    quotient = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0.0)
    return quotient
