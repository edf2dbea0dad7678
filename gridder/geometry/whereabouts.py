"""Where coordinates lie on the earth by their CRS, and how far that is from where the CRS is used."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj._crs import AreaOfUse
from pyproj.enums import TransformDirection
from pyproj.exceptions import ProjError

from gridder.geometry.crs import horizontal
from gridder.model import Bools, Box, Floats, Geometries

SAME_PLACE = 1.0
"""So near, in units of the CRS, a point comes back to itself through its projection."""
CENTRAL_SHARE = 0.9
"""Share of the places, the middle ones, that `central_box` is of: single strays do not move it."""


def centres(geometries: Geometries) -> Floats:
    """Return the middles of the bounds of geometries, shape (n, 2); NaN where there is none."""
    bounds = np.asarray(shapely.bounds(geometries), dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return (bounds[:, :2] + bounds[:, 2:]) / 2


def lonlat_of(points: Floats, crs: CRS) -> Floats:
    """Return longitudes and latitudes in the datum of the CRS, shape (n, 2); NaN where that is nowhere.

    In degrees points lie within ±180 and ±90; in a projection they come back to themselves by way of degrees.
    """
    flat = horizontal(crs)
    own = flat.source_crs if flat.is_bound and flat.source_crs else flat
    x, y = points.T
    if own.is_geographic:
        lonlat, there = points.copy(), np.ones(len(points), dtype=np.bool_)
    else:
        try:
            to_degrees = Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
        except ProjError:
            return np.full(points.shape, np.nan)
        lonlat = np.column_stack(to_degrees.transform(x, y))
        back = to_degrees.transform(lonlat[:, 0], lonlat[:, 1], direction=TransformDirection.INVERSE)
        with np.errstate(invalid="ignore"):
            there = np.hypot(back[0] - x, back[1] - y) < SAME_PLACE
    with np.errstate(invalid="ignore"):
        there &= (np.abs(lonlat[:, 0]) <= 180.0) & (np.abs(lonlat[:, 1]) <= 90.0)
    lonlat[~there] = np.nan
    return lonlat


def degrees_outside(lonlat: Floats, crs: CRS) -> Floats:
    """Return how many degrees places lie outside the area that a CRS is made for, shape (n,).

    0 where the registry knows no such area; NaN stays.
    """
    area = horizontal(crs).area_of_use or _area_by_code(crs)
    if area is None:
        return np.where(np.isnan(lonlat).any(axis=1), np.nan, 0.0)
    longitude, latitude = lonlat.T
    width = (area.east - area.west) % 360.0 or 360.0
    off_middle = np.abs((longitude - area.west - width / 2 + 180.0) % 360.0 - 180.0)
    off = np.maximum(np.maximum(area.south - latitude, latitude - area.north), off_middle - width / 2)
    return np.asarray(np.maximum(off, 0.0))


def _area_by_code(crs: CRS) -> AreaOfUse | None:
    code = horizontal(crs).to_epsg(min_confidence=70)
    return CRS.from_epsg(code).area_of_use if code is not None else None


def central_box(lonlat: Floats) -> Box | None:
    """Return the box of the middle places, or None where there is no place at all."""
    known = lonlat[~np.isnan(lonlat).any(axis=1)]
    if not len(known):
        return None
    share = (1.0 - CENTRAL_SHARE) / 2
    (west, south), (east, north) = np.quantile(known, [share, 1.0 - share], axis=0, method="nearest")
    return float(west), float(south), float(east), float(north)


def in_degrees(points: Floats, crs: CRS) -> Bools:
    """Return which points have numbers like degrees although their CRS counts metres or feet, shape (n,)."""
    with np.errstate(invalid="ignore"):
        small = (np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0)
    return np.asarray(small & (not horizontal(crs).is_geographic))
