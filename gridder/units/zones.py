"""The zone of every unit."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.model import Floats, Geometries, Ints

DIGITS = 9
"""Shares that agree in so many digits are a tie."""


def assign(geometries: Geometries, zone_geometries: Geometries) -> tuple[Ints, Floats]:
    """Return the zone that holds the largest share of every unit.

    Parameters
    ----------
    geometries
        Valid polygons, shape (n,).
    zone_geometries
        Valid polygons, shape (z,), in the same CRS; they may overlap. Of zones with the same share
        the first is taken.

    Returns
    -------
    zone : Ints
        Position of the zone, −1 where a unit lies outside all, shape (n,).
    share : Floats
        Share of the unit's area in its zone, 0 to 1, shape (n,).
    """
    zone = np.full(len(geometries), -1, dtype=np.int64)
    share = np.zeros(len(geometries))
    tree = shapely.STRtree(geometries)
    # The query prepares the geometry that asks, so the few large zones ask for the many small units.
    in_zone, unit = tree.query(zone_geometries, predicate="intersects")
    covering, covered = tree.query(zone_geometries, predicate="covers")
    whole = np.isin(unit * len(zone_geometries) + in_zone, covered * len(zone_geometries) + covering)
    part = np.ones(len(unit))
    pieces = shapely.intersection(geometries[unit[~whole]], zone_geometries[in_zone[~whole]])
    part[~whole] = shapely.area(pieces) / shapely.area(geometries[unit[~whole]])
    part = np.minimum(np.round(part, DIGITS), 1.0)

    inside = part > 0.0
    unit, in_zone, part = unit[inside], in_zone[inside], part[inside]
    order = np.lexsort((in_zone, -part, unit))
    largest = order[np.unique(unit[order], return_index=True)[1]]
    zone[unit[largest]] = in_zone[largest]
    share[unit[largest]] = part[largest]
    return zone, share
