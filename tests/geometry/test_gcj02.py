"""GCJ-02: known places, there and back, and no shift abroad."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from gridder.geometry.gcj02 import from_gcj02, to_gcj02

KNOWN = [
    # WGS 84, GCJ-02: the test vectors of eviltransform (Shanghai, Shenzhen, Beijing)
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


def metres(a, b):
    return np.asarray(Geod(ellps="WGS84").inv(*np.asarray(a).T, *np.asarray(b).T)[2])


@pytest.mark.parametrize(("wgs", "gcj"), KNOWN)
def test_known_places(wgs, gcj):
    """Places that other converters agree on come out within a metre."""
    assert metres(to_gcj02(np.array([wgs])), np.array([gcj]))[0] < 1.0


@given(st.lists(st.tuples(st.floats(73, 135), st.floats(4, 53)), min_size=1, max_size=20))
def test_there_and_back(places):
    """What was shifted comes back to a millimetre."""
    lonlat = np.array(places)
    assert metres(from_gcj02(to_gcj02(lonlat)), lonlat).max() < 1e-3


def test_nothing_is_shifted_abroad():
    """Vaduz stays where it is."""
    vaduz = np.array([[9.52, 47.14]])
    assert (to_gcj02(vaduz) == vaduz).all()
    assert (from_gcj02(vaduz) == vaduz).all()
