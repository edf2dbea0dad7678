"""BD-09, the positions of Baidu's maps: GCJ-02 turned and stretched a little further.

The formulas are the ones that all open converters share (eviltransform, coordtransform).
"""

from __future__ import annotations

import numpy as np

from gridder.geometry.gcj02 import from_gcj02, to_gcj02
from gridder.model import Floats

_TURN = np.pi * 3000.0 / 180.0
_EAST, _NORTH = 0.0065, 0.006
_ROUNDS = 10


def to_bd09(lonlat: Floats) -> Floats:
    """Return positions in BD-09.

    Parameters
    ----------
    lonlat
        Longitude and latitude in degrees (WGS 84 or CGCS2000), shape (n, 2).

    Returns
    -------
    array of float, shape (n, 2)
        Longitude and latitude in degrees.
    """
    return _bd09_of_gcj02(to_gcj02(lonlat))


def from_bd09(lonlat: Floats) -> Floats:
    """Return positions given in BD-09, shape (n, 2), as longitude and latitude, to less than a millimetre.

    The published inverse is off by up to half a metre; here it is found by fixed-point iteration.
    """
    gcj02 = lonlat.copy()
    for _ in range(_ROUNDS):
        gcj02 -= _bd09_of_gcj02(gcj02) - lonlat
    return from_gcj02(gcj02)


def _bd09_of_gcj02(lonlat: Floats) -> Floats:
    x, y = lonlat.T
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _TURN)
    return np.column_stack([radius * np.cos(angle) + _EAST, radius * np.sin(angle) + _NORTH])
