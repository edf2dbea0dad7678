"""Where a map lies on paper: its projection, its scale, and geometries in points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Proj

from gridder.model import Bools, Floats, Geometries

POINTS_PER_METRE = 72 / 0.0254
SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0, 10.0)
"""First figures of the denominators of scales."""
DOT = 72 / 600
"""Points that a printer of 600 dots per inch sets."""


@dataclass(frozen=True)
class Box:
    """A rectangle on paper, in points from the lower left corner of the page."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Frame:
    """A map on paper: a Lambert azimuthal equal-area projection about its own middle, north up.

    Attributes
    ----------
    box
        Its place on the page.
    scale
        Denominator of the scale at the middle of the map.
    """

    box: Box
    scale: float
    _project: Proj
    _centre_m: tuple[float, float]

    @property
    def points_per_metre(self) -> float:
        """How long a metre of the ground is on paper."""
        return POINTS_PER_METRE / self.scale

    def to_paper(self, lonlat: Geometries) -> Geometries:
        """Return geometries in points of the page, without the corners that no printer shows."""
        box = self.box
        middle = np.array([box.x + box.width / 2, box.y + box.height / 2])

        def place(coordinates: Floats) -> Floats:
            metres = np.column_stack(self._project(coordinates[:, 0], coordinates[:, 1]))
            points: Floats = (metres - self._centre_m) * self.points_per_metre + middle
            return points

        paper: Geometries = shapely.simplify(
            shapely.transform(lonlat, place), DOT / 2, preserve_topology=False
        )
        return paper

    def sees(self, paper: Geometries) -> Bools:
        """Return which geometries in points reach into the frame."""
        box = self.box
        west, south, east, north = shapely.bounds(paper).T
        seen: Bools = (
            (west < box.x + box.width) & (east > box.x) & (south < box.y + box.height) & (north > box.y)
        )
        return seen


def fit(lonlat: Geometries, box: Box, *, margin: float = 0.04) -> Frame:
    """Return the frame in which geometries fill a box, at the largest round scale.

    Parameters
    ----------
    lonlat
        Geometries in longitude and latitude, not all empty.
    box
        The place on the page.
    margin
        Share of it that stays free on each side.
    """
    west, south, east, north = shapely.total_bounds(lonlat)
    project = Proj(proj="laea", lon_0=(west + east) / 2, lat_0=(south + north) / 2, ellps="WGS84")
    coordinates = shapely.get_coordinates(lonlat)
    metres = np.column_stack(project(coordinates[:, 0], coordinates[:, 1]))
    low, high = metres.min(axis=0), metres.max(axis=0)
    room = (1 - 2 * margin) * np.array([box.width, box.height]) / POINTS_PER_METRE
    needed = max(float(((high - low) / room).max()), 1.0)
    centre = (low + high) / 2
    return Frame(box, _round_up(needed), project, (float(centre[0]), float(centre[1])))


def _round_up(denominator: float) -> float:
    power = 10.0 ** np.floor(np.log10(denominator))
    return float(next(first * power for first in SCALES if first * power >= denominator * (1 - 1e-9)))
