"""The measuring CRS, local metres, and true areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from gridder.errors import InputError
from gridder.model import Finding, Floats, Geometries, Text

AREA_TOLERANCE = 0.01
"""How far areas of a measuring CRS may be from the ellipsoid's, as a fraction."""

WGS84 = CRS.from_epsg(4326)
SAMPLES = 9
"""Points along each side of the extent at which the scale of areas is looked at."""

NO_PLACE_ON_EARTH = Finding(
    "crs-without-place",
    what=Text(
        "the coordinates have no CRS, or one that is not tied to the earth",
        "坐标没有坐标系，或其坐标系与地球无关联",
    ),
    remedy=Text("name the CRS that the file was made in", "请指明文件所用的坐标系"),
)
OFF_THE_EARTH = Finding(
    "coordinates-off-earth",
    what=Text(
        "some coordinates lie nowhere on the earth in the CRS that the file names",
        "按文件所注明的坐标系，有些坐标不在地球上",
    ),
    remedy=Text(
        "check the CRS of the file, and whether longitude and latitude are swapped",
        "请检查文件的坐标系，以及经纬度是否颠倒",
    ),
)


def horizontal(crs: Any) -> CRS:
    """Return the part of a compound or three-dimensional CRS that has no height.

    A datum shift that a CRS carries with it (TOWGS84) is kept.

    Raises
    ------
    InputError
        If there is no CRS, or one without a geodetic datum, such as a plan's own axes.
    """
    if crs is None or CRS.from_user_input(crs).geodetic_crs is None:
        raise InputError([NO_PLACE_ON_EARTH])
    flat = CRS.from_user_input(crs)
    return (flat.sub_crs_list[0] if flat.is_compound else flat).to_2d()


def choose_measuring_crs(layers: Sequence[gpd.GeoSeries]) -> CRS:
    """Return the CRS in which lengths and areas are measured.

    It is the first layer's own where that is projected in metres to the east and north and its
    areas are within 1 % of the ellipsoid's everywhere in the extent of all layers; else a Lambert
    azimuthal equal-area projection of WGS 84, centred on all layers, to a tenth of a degree.

    Parameters
    ----------
    layers
        Geometries, the fields before the buildings; each has a CRS, and one of them has a geometry.

    Raises
    ------
    InputError
        If a layer has no CRS, or coordinates that lie nowhere on the earth.
    """
    own = horizontal(layers[0].crs)
    return own if _measures_well(own, layers) else _equal_area(layers)


def areas_m2(polygons: gpd.GeoSeries) -> Floats:
    """Return the area of every polygon on the ellipsoid, in square metres, whatever its CRS.

    Measured in a Lambert azimuthal equal-area projection centred on all polygons; an edge is a
    straight line there. A missing geometry has a missing area.

    Returns
    -------
    Floats
        Shape (n,).

    Raises
    ------
    InputError
        If there is no CRS, or coordinates lie nowhere on the earth.
    """
    if not np.isfinite(polygons.total_bounds).all():
        return np.where(polygons.isna(), np.nan, 0.0)
    projected = _flat(polygons).to_crs(_equal_area([polygons]))
    return np.asarray(shapely.area(projected.to_numpy()), dtype=np.float64)


@dataclass(frozen=True)
class LocalFrame:
    """Local metres: a measuring CRS minus a whole number of metres.

    Coordinates that are multiples of 1/64 m stay exact, so that a map moved by whole metres has
    the very same local coordinates.

    Attributes
    ----------
    crs
        The measuring CRS.
    x0, y0
        The origin of local metres in it, whole numbers.
    """

    crs: CRS
    x0: float
    y0: float

    @classmethod
    def of(cls, layers: Sequence[gpd.GeoSeries]) -> LocalFrame:
        """Return the frame of all layers: its origin is just below and left of all geometries."""
        crs = choose_measuring_crs(layers)
        corners = [_flat(layer).to_crs(crs).total_bounds[:2] for layer in layers if _has_extent(layer)]
        x0, y0 = np.floor(np.min(corners, axis=0))
        return cls(crs, float(x0), float(y0))

    @property
    def origin(self) -> Floats:
        """The origin of local metres in the measuring CRS, shape (2,)."""
        return np.array([self.x0, self.y0])

    def to_local(self, geometries: gpd.GeoSeries) -> Geometries:
        """Return geometries of any CRS as 2-D geometries in local metres; missing ones stay missing."""
        projected = _flat(geometries).to_crs(self.crs).to_numpy()
        return _as_geometries(shapely.transform(projected, lambda xy: xy - self.origin))

    def to_world(self, geometries: Geometries) -> gpd.GeoSeries:
        """Return geometries in local metres as a series in the measuring CRS."""
        moved = shapely.transform(geometries, lambda xy: xy + self.origin)
        return gpd.GeoSeries(moved, crs=self.crs)


def _flat(layer: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return a layer whose CRS is the horizontal part of its own; coordinates are the same."""
    return layer.set_crs(horizontal(layer.crs), allow_override=True)


def _has_extent(layer: gpd.GeoSeries) -> bool:
    return bool(np.isfinite(layer.total_bounds).all())


def _corners(layers: Sequence[gpd.GeoSeries], crs: CRS) -> Floats:
    """Return two opposite corners of the bounds of every geometry in a CRS, shape (m, 2)."""
    corners = []
    for layer in layers:
        bounds = shapely.bounds(layer[~(layer.isna() | layer.is_empty)].to_numpy()).reshape(-1, 2)
        to_crs = Transformer.from_crs(horizontal(layer.crs), crs, always_xy=True)
        corners.append(np.column_stack(to_crs.transform(*bounds.T)))
    return np.concatenate(corners)


def _measures_well(crs: CRS, layers: Sequence[gpd.GeoSeries]) -> bool:
    axes = crs.axis_info[:2]
    in_metres = all(axis.unit_conversion_factor == 1.0 for axis in axes)
    if not (crs.is_projected and in_metres and {axis.direction for axis in axes} == {"east", "north"}):
        return False
    corners = _corners(layers, crs)
    x, y = np.meshgrid(*np.linspace(corners.min(axis=0), corners.max(axis=0), SAMPLES).T)
    projection = Proj(crs)
    scale = projection.get_factors(*projection(x, y, inverse=True)).areal_scale
    return bool((np.abs(np.asarray(scale) - 1.0) < AREA_TOLERANCE).all())


def _equal_area(layers: Sequence[gpd.GeoSeries]) -> CRS:
    """Return a Lambert azimuthal equal-area CRS centred on all layers.

    The centre is a round number, so that a few units more or less do not move it.
    """
    longitude, latitude = _corners(layers, WGS84).T
    if not ((np.abs(longitude) <= 360.0) & (np.abs(latitude) <= 90.0)).all():
        raise InputError([OFF_THE_EARTH])
    if np.ptp(longitude) > 180.0:  # the layers lie on both sides of the 180th meridian
        longitude = longitude % 360.0
    east = round(float(longitude.min() + longitude.max()) / 2, 1)
    north = round(float(latitude.min() + latitude.max()) / 2, 1)
    east = round((east + 180.0) % 360.0 - 180.0, 1)
    laea = ProjectedCRS(
        LambertAzimuthalEqualAreaConversion(north, east),
        name=f"WGS 84 / LAEA {north:.1f} {east:.1f}",
        geodetic_crs=WGS84,
    )
    return CRS(laea.to_wkt())


def _as_geometries(array: Any) -> Geometries:
    return np.asarray(array, dtype=np.object_)
