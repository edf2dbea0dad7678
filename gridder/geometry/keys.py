"""Keys of geometries that do not depend on how a file wrote them."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.model import Floats, Geometries

MILLIMETRES = 1000.0


def lower_left(geometries: Geometries) -> Floats:
    """Return the lower-left corner of all geometries, shape (2,); the origin where there are none."""
    if len(geometries) == 0:
        return np.zeros(2)
    return np.asarray(shapely.total_bounds(geometries)[:2], dtype=np.float64)


def millimetre_keys(geometries: Geometries, corner: Floats) -> Geometries:
    """Return bytes for every geometry: the same for the same shape in whole millimetres from `corner`.

    The first vertex and the direction of rings and the order of parts do not matter.

    Parameters
    ----------
    geometries
        Shape (n,), valid, in metres.
    corner
        Shape (2,).

    Returns
    -------
    Geometries
        Shape (n,), objects of type bytes.
    """
    ordered = shapely.normalize(geometries)
    whole = shapely.transform(ordered, lambda xy: np.rint((xy - corner) * MILLIMETRES))
    return np.asarray(shapely.to_wkb(shapely.normalize(whole)), dtype=np.object_)
