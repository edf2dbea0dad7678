"""Measures of shapes and plans, as arrays in and arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.model import Floats, Geometries, Ints


@dataclass(frozen=True, eq=False)
class Moments:
    """How far the units of grids lie from their centres; small is good.

    Attributes
    ----------
    per_grid_m2
        Of every grid, in square metres, shape (n_grids,); missing for a grid without area.
    mean_m2
        Of the plan, in square metres: the mean of `per_grid_m2`, weighted with area.
    """

    per_grid_m2: Floats
    mean_m2: float


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


def grid_moments_m2(centroids: Geometries, area: Floats, grid: Ints) -> Moments:
    """Return Σ a·d² / Σ a over the units of every grid, and over all of them.

    a is the area of a unit, d the distance of its centroid from the centre of its grid, which is the
    mean of the centroids weighted with area.

    Parameters
    ----------
    centroids
        Points in metres, shape (n,).
    area
        Areas of the units (in any unit, the same for all), not negative, shape (n,).
    grid
        Grid of every unit, 0 and up, shape (n,).

    References
    ----------
    Weaver, J. B. and Hess, S. W. (1963). A procedure for nonpartisan districting: development of
    computer techniques. Yale Law Journal 73, 288-308.
    """
    xy = shapely.get_coordinates(centroids)
    mass = _sum_by(grid, area)
    centre = np.column_stack([_divide(_sum_by(grid, area * axis), mass) for axis in xy.T])
    square_distance = ((xy - centre[grid]) ** 2).sum(axis=1)
    moment = _sum_by(grid, np.where(area > 0.0, area * square_distance, 0.0))
    mean = float(moment.sum() / mass.sum()) if mass.any() else float("nan")
    return Moments(_divide(moment, mass), mean)


def _sum_by(grid: Ints, values: Floats) -> Floats:
    return np.asarray(np.bincount(grid, weights=values), dtype=np.float64)


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; missing where the denominator is 0."""
    quotient = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0.0)
    return quotient
