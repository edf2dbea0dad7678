"""Geometries as integers that a page decodes: rings of points, and runs of points that others have already.

Coordinates are Web Mercator (EPSG:3857) in whole steps of the world's width / 2^28 (0.15 m at the
equator, 0.1 m at 48 degrees), each the difference to the point before.
Most of a grid's border is the border of its units: there a unit names the first point of the grid and how
many follow, instead of their coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridder.model import Bools, Floats, Geometries, Ints

WORLD_BITS = 28
_HIGHEST_LATITUDE = 85.05
_FACTORS = (0x4F1BBCDCBFA53E0D, 0x2545F4914F6CDD1D)


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings and lines of many features, one behind the other; areas are to the left of their rings.

    Attributes
    ----------
    per_feature
        Number of rings of each feature, shape (n_features,).
    per_ring
        Number of points of each ring, shape (n_rings,).
    xy
        Points as integers of `WORLD_BITS`, shape (n_points, 2); a closed ring's last point is left out.
    """

    per_feature: Ints
    per_ring: Ints
    xy: Ints

    @classmethod
    def joined(cls, several: Sequence[Rings]) -> Rings:
        """Return the features of several, one behind the other."""
        return cls(
            np.concatenate([rings.per_feature for rings in several]),
            np.concatenate([rings.per_ring for rings in several]),
            np.concatenate([rings.xy for rings in several]),
        )

    @property
    def feature(self) -> Ints:
        """Return the feature of every point, shape (n_points,)."""
        of_ring = np.repeat(np.arange(len(self.per_feature)), self.per_feature)
        return np.repeat(of_ring, self.per_ring)

    @property
    def is_first(self) -> Bools:
        """Return whether a point is the first of its ring, shape (n_points,)."""
        first = np.zeros(len(self.xy), dtype=bool)
        first[np.cumsum(self.per_ring) - self.per_ring] = True
        return first


NO_RINGS = Rings(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2), np.int64))


def to_world(lonlat: Floats) -> Ints:
    """Return longitudes and latitudes, shape (n, 2), as integers of the Mercator square."""
    size = float(1 << WORLD_BITS)
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE)))
    x = (lonlat[:, 0] / 360 + 0.5) * size
    y = (0.5 - np.arctanh(sine) / (2 * np.pi)) * size
    return np.rint(np.column_stack([x, y])).astype(np.int64)


def to_rings(geoms: Geometries) -> Rings:
    """Return the rings of polygons, or the lines, in integers; repeated points are left out."""
    parts, feature = shapely.get_parts(geoms, return_index=True)
    is_area = shapely.get_dimensions(parts) == 2
    areas, area_at = shapely.get_rings(shapely.orient_polygons(parts[is_area]), return_index=True)
    curves = np.concatenate([areas, parts[~is_area]])
    of = np.concatenate([feature[is_area][area_at], feature[~is_area]])
    curves, of = (values[np.argsort(of, kind="stable")] for values in (curves, of))

    lonlat, ring = shapely.get_coordinates(curves, return_index=True)
    xy = to_world(lonlat)
    first = np.r_[True, ring[1:] != ring[:-1]][: len(ring)]
    moved = np.r_[True, (xy[1:] != xy[:-1]).any(axis=1)][: len(ring)]
    last = np.r_[ring[1:] != ring[:-1], True][: len(ring)]
    closes = last & shapely.is_closed(curves)[ring]
    keep = first | (moved & ~closes)
    return Rings(
        np.bincount(of, minlength=len(geoms)),
        np.bincount(ring[keep], minlength=len(curves)),
        xy[keep],
    )


def pack_rings(
    rings: Rings, base: Rings = NO_RINGS, owner: Ints | None = None
) -> tuple[dict[str, int], bytes]:
    """Return how much there is of everything, and the integers of 32 bits, byte by byte of equal rank.

    The integers are: rings of every feature; items of every ring; of every item how many points of the
    base follow its first (0: the item is a point of its own); x and y of the points of its own, each the
    difference to the point before; and of every other item its first point in the base, the difference to
    where the item before ended. Differences are zigzag coded, so that small ones are small integers.

    Parameters
    ----------
    base
        Features whose points may be referred to.
    owner
        Feature of the base that each feature shares border with, shape (n_features,).
    """
    at = _points_in(base, rings, owner) if owner is not None else np.full(len(rings.xy), -1)
    first = rings.is_first
    follows = np.r_[False, (at[1:] == at[:-1] + 1) & (at[:-1] >= 0)][: len(at)] & ~first
    item = np.flatnonzero(~follows)
    more = np.diff(item, append=len(at)) - 1
    own = item[more == 0]
    shared = item[more > 0]
    step = np.diff(rings.xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))[own]
    ends = np.r_[0, at[shared] + more[more > 0]][:-1]
    ring = np.repeat(np.arange(len(rings.per_ring)), rings.per_ring)
    values = [
        rings.per_feature,
        np.bincount(ring[item], minlength=len(rings.per_ring)),
        more,
        *_zigzag(step).T,
        _zigzag(at[shared] - ends),
    ]
    counts = {
        "features": len(rings.per_feature),
        "rings": len(rings.per_ring),
        "points": len(rings.xy),
        "items": len(item),
        "own": len(own),
    }
    return counts, np.concatenate(values).astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _points_in(base: Rings, rings: Rings, owner: Ints) -> Ints:
    """Return for every point of the rings the same point of its owner in the base, −1 where there is none."""
    if not len(base.xy):
        return np.full(len(rings.xy), -1)
    keys = pd.Index(_keys(base.xy, base.feature))
    first = np.flatnonzero(~keys.duplicated())
    found = keys[first].get_indexer(pd.Index(_keys(rings.xy, owner[rings.feature])))
    at = first[found]
    return np.where((found >= 0) & (base.xy[at] == rings.xy).all(axis=1), at, -1)


def _keys(xy: Ints, feature: Ints) -> Ints:
    """Return numbers of 64 bits that are equal for equal points of a feature, and seldom for others."""
    with np.errstate(over="ignore"):
        return (xy[:, 0] * _FACTORS[0] + xy[:, 1]) * _FACTORS[1] + feature


def _zigzag(values: Ints) -> Ints:
    return (values << 1) ^ (values >> 63)
