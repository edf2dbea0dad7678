"""GCJ-02, the shifted positions of Chinese web maps, to and from longitude and latitude.

The shift was made public by use, not by a standard; the formulas are the ones that all open converters share
(eviltransform, first published 2013), with the axes of Krasovsky's ellipsoid.
Outside a box around China nothing is shifted.
"""

from __future__ import annotations

import numpy as np

from gridder.model import Bools, Floats

_A_M = 6378245.0
_E2 = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ROUNDS = 10


def to_gcj02(lonlat: Floats) -> Floats:
    """Return positions in GCJ-02.

    Parameters
    ----------
    lonlat
        Longitude and latitude in degrees (WGS 84 or CGCS2000), shape (n, 2).

    Returns
    -------
    array of float, shape (n, 2)
        Longitude and latitude in degrees, shifted by some 100 to 700 m within China.
    """
    return lonlat + np.where(_in_china(lonlat)[:, None], _shift(lonlat), 0.0)


def from_gcj02(lonlat: Floats) -> Floats:
    """Return positions given in GCJ-02, shape (n, 2), as longitude and latitude, to less than a millimetre.

    The shift changes slowly, so that taking it off again and again converges (fixed-point iteration).
    """
    found = lonlat.copy()
    for _ in range(_ROUNDS):
        found -= to_gcj02(found) - lonlat
    return found


def _in_china(lonlat: Floats) -> Bools:
    lon, lat = lonlat.T
    return np.asarray((lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH))


def _shift(lonlat: Floats) -> Floats:
    """Return the shift in degrees of longitude and latitude."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += 2.0 / 3.0 * (waves + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi))
    east_m += 2.0 / 3.0 * (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += 2.0 / 3.0 * (waves + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi))
    north_m += 2.0 / 3.0 * (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0))
    latitude = np.radians(lonlat[:, 1])
    bend = 1.0 - _E2 * np.sin(latitude) ** 2
    east = np.degrees(east_m * np.sqrt(bend) / (_A_M * np.cos(latitude)))
    north = np.degrees(north_m * bend * np.sqrt(bend) / (_A_M * (1.0 - _E2)))
    return np.column_stack([east, north])
