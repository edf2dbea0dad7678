"""H3 cells over an area, and the resolution whose cells there come nearest to an area."""

from __future__ import annotations

import math

import geopandas as gpd
import h3
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridder.errors import InputError
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.lattice.cells import Cells, on_grid
from gridder.model import Finding, Floats, Geometries, Text

EARTH_RADIUS_M = 6_371_007.0
LON_LAT = "EPSG:4326"
SAME_M = 1e-3
"""Corners of neighbours that are so near are one corner."""
FINEST = 15


def cell_areas_m2(frame: LocalFrame, areas: Geometries) -> Floats:
    """Return the area on the ellipsoid of the H3 cell in the middle of areas at every resolution, shape (16,)."""
    middle = shapely.centroid(shapely.box(*shapely.total_bounds(areas)))
    lon_lat = frame.to_world(np.array([middle], dtype=object)).to_crs(LON_LAT).iloc[0]
    cells = [h3.latlng_to_cell(lon_lat.y, lon_lat.x, resolution) for resolution in range(FINEST + 1)]
    # Areas of the coarsest cells are those on the sphere: they are too large for any projection.
    return np.array([h3.cell_area(cell, unit="m^2") for cell in cells])


def nearest_resolution(cell_m2: Floats, target_m2: float) -> int:
    """Return the resolution whose cells are, by ratio, nearest to an area."""
    return int(np.argmin(np.abs(np.log(cell_m2 / target_m2))))


def h3_cells(areas: Geometries, resolution: int, frame: LocalFrame) -> Cells:
    """Return the H3 cells that meet areas; the corners that neighbours share are the same.

    H3's own functions for polygons take edges as straight in longitude and latitude and give the cells whose
    centre is inside; so they are asked for a wider area with short edges.

    Raises
    ------
    InputError
        Where the area lies on both sides of the 180th meridian.
    """
    edge = h3.average_hexagon_edge_length(resolution, unit="m")
    ground = shapely.union_all(shapely.buffer(areas, 3.0 * edge))
    ground = shapely.segmentize(ground, math.sqrt(EARTH_RADIUS_M * edge))
    world = frame.to_world(np.array([ground], dtype=object)).to_crs(LON_LAT)
    if np.ptp(world.total_bounds[[0, 2]]) > 180.0:
        raise InputError([_BOTH_SIDES])
    names = sorted(
        {name for part in shapely.get_parts(world.iloc[0]) for name in h3.geo_to_cells(part, resolution)}
    )
    polygons = _polygons(names, frame)
    meets = np.unique(shapely.STRtree(polygons).query(areas, predicate="intersects")[1])
    none = np.zeros(0, dtype=np.int64)
    return Cells(polygons[meets], none, none, tuple(names[i] for i in meets))


def mean_area_m2(polygons: Geometries, frame: LocalFrame) -> float:
    """Return the mean area of cells on the ellipsoid."""
    return float(areas_m2(frame.to_world(polygons)).mean())


def _polygons(names: list[str], frame: LocalFrame) -> Geometries:
    rings = [h3.cell_to_boundary(name) for name in names]
    ring = np.repeat(np.arange(len(rings)), [len(corners) for corners in rings])
    lat, lng = np.array([corner for corners in rings for corner in corners]).T
    points = frame.to_local(gpd.GeoSeries(gpd.points_from_xy(lng, lat), crs=LON_LAT))
    xy = on_grid(_merged(shapely.get_coordinates(points)))
    return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=ring)), dtype=object)


def _merged(xy: Floats) -> Floats:
    """Return points of which those that are one (`SAME_M`) have the coordinates of the first."""
    pairs = cKDTree(xy).query_pairs(SAME_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(xy), len(xy)))
    _, label = connected_components(links, directed=False)
    first = np.unique(label, return_index=True)[1]
    return np.asarray(xy[first[label]], dtype=np.float64)


_BOTH_SIDES = Finding(
    "boundary-on-both-sides",
    Text(
        "the boundary lies on both sides of the 180th meridian, where H3 cells cannot be found",
        "边界跨越 180° 经线，无法生成 H3 网格",
    ),
    remedy=Text(
        "give the parts on either side in files of their own, or use --shape square or hexagon",
        "请将两侧分为两个文件，或改用 --shape square 或 hexagon",
    ),
)
