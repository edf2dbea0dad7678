"""BD-09: the published converters agree, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from gridder.geometry.bd09 import from_bd09, to_bd09
from gridder.geometry.gcj02 import from_gcj02


def metres(a, b):
    return np.asarray(Geod(ellps="WGS84").inv(*np.asarray(a).T, *np.asarray(b).T)[2])


def published_inverse(lonlat):
    """Return GCJ-02 of BD-09 by the closed formula of eviltransform and coordtransform."""
    turn = np.pi * 3000.0 / 180.0
    x, y = lonlat[:, 0] - 0.0065, lonlat[:, 1] - 0.006
    radius = np.sqrt(x * x + y * y) - 0.00002 * np.sin(y * turn)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * turn)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def test_a_published_vector():
    """The test of coordtransform: BD-09 (116.404, 39.915) is GCJ-02 (116.39762729, 39.90865674)."""
    gcj02 = np.array([[116.39762729119315, 39.90865673957631]])
    assert metres(from_bd09(np.array([[116.404, 39.915]])), from_gcj02(gcj02))[0] < 1.0


@given(st.lists(st.tuples(st.floats(74, 134), st.floats(18, 53)), min_size=1, max_size=20))
def test_within_a_metre_of_the_published_inverse_and_back_to_a_millimetre(places):
    """The closed formula is an approximation; ours is the exact inverse of the shift."""
    bd09 = to_bd09(np.array(places))
    assert metres(from_bd09(bd09), from_gcj02(published_inverse(bd09))).max() < 1.0
    assert metres(from_bd09(bd09), np.array(places)).max() < 1e-3


def test_the_shift_is_some_hundreds_of_metres():
    """A file in BD-09 that is taken for WGS 84 lies about a kilometre off in Beijing."""
    there = np.array([[116.404, 39.915]])
    assert metres(to_bd09(there), there)[0] == pytest.approx(1300, abs=400)
