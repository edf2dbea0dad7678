"""Local metres in which equal areas are equal in truth."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.model import Floats, Geometries

EVEN = 1e-3
"""How far areas of one size may differ on the ellipsoid over the extent, as a fraction."""
LON_LAT = "EPSG:4326"
SAMPLES = 5
PROBE_M = 100.0


def even_frame(boundary: gpd.GeoSeries) -> tuple[LocalFrame, float]:
    """Return local metres for a lattice, and the true area of a square metre there, in the mean.

    It is the measuring CRS of the boundary where areas of one size differ by less than `EVEN`, else a Lambert
    azimuthal equal-area projection.
    """
    frame = LocalFrame.of([boundary])
    scales = _area_scales(frame, frame.to_local(boundary))
    if np.ptp(scales) > EVEN:
        frame = LocalFrame.of([boundary.to_crs(LON_LAT)])
        scales = _area_scales(frame, frame.to_local(boundary))
    return frame, float(scales.mean())


def _area_scales(frame: LocalFrame, areas: Geometries) -> Floats:
    """Return the true area of a square metre at points spread over the extent."""
    west, south, east, north = shapely.total_bounds(areas)
    x, y = np.meshgrid(np.linspace(west, east, SAMPLES), np.linspace(south, north, SAMPLES))
    probes = shapely.box(x, y, x + PROBE_M, y + PROBE_M).ravel()
    return areas_m2(frame.to_world(probes)) / PROBE_M**2
