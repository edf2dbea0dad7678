"""Mapbox Vector Tiles (specification 2.1) of polygons, from arrays.

All features of a layer are clipped, rounded, wound and encoded at once; docs/design/service.md says why that
is done here and not by a library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from gridder.model import Bools, Geometries, Ints

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
EXTENT = 4096
"""Whole steps that a tile is wide and high."""
BUFFER = 64
"""Steps beyond the tile's edge where shapes are cut off, so that no line is drawn along the edge itself."""

Value = str | int | float | bool

_VERSION = 2
_POLYGON = 3
_MOVE, _LINE, _CLOSE = 1, 2, 7
_LENGTHENS = np.array([1 << 7, 1 << 14, 1 << 21, 1 << 28])
"""From each of these integers on a varint has a byte more."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Polygons of one kind, all arrays of the same length.

    Attributes
    ----------
    name
        Name of the layer.
    ids
        Unique whole numbers from 0, shape (n,).
    shapes
        Polygons in steps of the tile from its upper left corner, x to the east, y to the south, shape (n,).
    columns
        Values by property, n of each; where one is None the feature has no such property.
    """

    name: str
    ids: Ints
    shapes: Geometries
    columns: Mapping[str, Sequence[Value | None]]


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings in whole steps, one behind the other.

    Attributes
    ----------
    xy
        Points without the repeated last one of a ring, shape (n_points, 2).
    length
        Points of every ring, shape (n_rings,).
    feature
        Feature of every ring, in ascending order, shape (n_rings,).
    """

    xy: Ints
    length: Ints
    feature: Ints


def encode(layers: Sequence[Layer]) -> bytes:
    """Return a tile; features that lie outside or vanish are left out, and layers without any as well.

    Polygons are cut `BUFFER` steps beyond the tile, rounded to whole steps, and without the rings that
    have no area then; outer rings are clockwise on the screen, as section 4.3.4.4 asks.
    """
    return b"".join(_field(3, content) for layer in layers if (content := _layer(layer)))


def _layer(layer: Layer) -> bytes:
    rings = _rings(_clipped(layer.shapes))
    if not len(rings.length):
        return b""
    drawn, commands = _commands(rings)
    values: dict[tuple[type, Value], int] = {}
    tags = _tags(drawn, list(layer.columns.values()), values)
    parts = [_field(1, layer.name.encode())]
    for own_id, own_tags, geometry in zip(layer.ids[drawn].tolist(), tags, commands, strict=True):
        feature = b"\x08" + _varint(own_id) + _field(2, own_tags) + bytes([0x18, _POLYGON])
        parts.append(_field(2, feature + _field(4, geometry)))
    parts += [_field(3, name.encode()) for name in layer.columns]
    parts += [_field(4, _value(value)) for _, value in values]
    return b"".join([*parts, b"\x28" + _varint(EXTENT), b"\x78" + _varint(_VERSION)])


def _clipped(shapes: Geometries) -> Geometries:
    """Return the parts of polygons within the tile and its buffer."""
    low, high = -BUFFER, EXTENT + BUFFER
    bounds = shapely.bounds(shapes)
    reaches_out = (bounds[:, :2] < low).any(axis=1) | (bounds[:, 2:] > high).any(axis=1)
    clipped = shapes.copy()
    clipped[reaches_out] = shapely.clip_by_rect(shapes[reaches_out], low, low, high, high)
    return clipped


def _rings(shapes: Geometries) -> _Rings:
    """Return the rings that have an area in whole steps, outer ones before and wound against their holes."""
    parts, feature = shapely.get_parts(shapes, return_index=True)
    is_area = shapely.get_dimensions(parts) == 2
    parts, feature = parts[is_area], feature[is_area]
    curves, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(curves, return_index=True)
    xy = np.rint(points).astype(np.int64)

    is_last = np.r_[ring[1:] != ring[:-1], True][: len(ring)]
    xy, ring = xy[~is_last], ring[~is_last]
    moves = (xy != xy[_before(ring)]).any(axis=1)
    xy, ring = xy[moves], ring[moves]
    length = np.bincount(ring, minlength=len(curves))
    before = xy[_before(ring)]
    twice_area = np.bincount(ring, before[:, 0] * xy[:, 1] - xy[:, 0] * before[:, 1], minlength=len(curves))

    is_outer = np.r_[True, part[1:] != part[:-1]][: len(part)]
    vanishes = twice_area == 0
    stays = ~vanishes & ~vanishes[np.flatnonzero(is_outer)[part]]
    xy = _turned(xy, length, (twice_area > 0) != is_outer)
    return _Rings(xy[stays[ring]], length[stays], feature[part[stays]])


def _before(ring: Ints) -> Ints:
    """Return the place of the point before every point, round about its ring; points in order of `ring`."""
    before = np.arange(-1, len(ring) - 1)
    starts = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]][: len(ring)])
    before[starts] = np.r_[starts[1:], len(ring)][: len(starts)] - 1
    return before


def _turned(xy: Ints, length: Ints, turns: Bools) -> Ints:
    """Return the points with some of the rings the other way round."""
    start = np.repeat(np.cumsum(length) - length, length)
    at = np.arange(len(xy))
    back = 2 * start + np.repeat(length, length) - 1 - at
    return xy[np.where(np.repeat(turns, length), back, at)]


def _commands(rings: _Rings) -> tuple[Ints, list[bytes]]:
    """Return the features that have rings, and the commands that draw each (section 4.3).

    A ring of n points is 2 n + 3 integers: move by one point, line along the others, close.
    """
    length, feature = rings.length, rings.feature
    size = 2 * length + 3
    start = np.cumsum(size) - size
    ring = np.repeat(np.arange(len(length)), length)
    within = np.arange(len(rings.xy)) - np.repeat(np.cumsum(length) - length, length)
    is_first = np.r_[True, feature[1:] != feature[:-1]]

    step = np.diff(rings.xy, axis=0, prepend=0)
    opens = (within == 0) & is_first[ring]
    step[opens] = rings.xy[opens]
    zigzag = (step << 1) ^ (step >> 63)

    integers = np.empty(size.sum(), dtype=np.int64)
    integers[start] = _command(_MOVE, 1)
    integers[start + 3] = (length - 1 << 3) | _LINE
    integers[start + size - 1] = _command(_CLOSE, 1)
    at = start[ring] + np.where(within == 0, 1, 2 + 2 * within)
    integers[at], integers[at + 1] = zigzag[:, 0], zigzag[:, 1]
    return feature[is_first], list(_packed(integers, np.add.reduceat(size, np.flatnonzero(is_first))))


def _command(number: int, count: int) -> int:
    return count << 3 | number


def _tags(
    drawn: Ints, columns: Sequence[Sequence[Value | None]], values: dict[tuple[type, Value], int]
) -> Iterator[bytes]:
    """Return the numbers of keys and values of every feature that is drawn; `values` gets all values."""
    numbers = np.full((len(drawn), len(columns), 2), -1, dtype=np.int64)
    for key, column in enumerate(columns):
        numbers[:, key, 0] = key
        for i, row in enumerate(drawn.tolist()):
            value = column[row]
            if value is not None:
                numbers[i, key, 1] = values.setdefault((type(value), value), len(values))
    has = numbers[:, :, 1] >= 0
    return _packed(numbers[has].ravel(), 2 * has.sum(axis=1))


def _packed(integers: Ints, counts: Ints) -> Iterator[bytes]:
    """Return integers of 32 bits as varints, so many of them together as `counts` says."""
    size = 1 + np.searchsorted(_LENGTHENS, integers, side="right")
    end = np.cumsum(size)
    content = np.zeros(size.sum(), dtype=np.uint8)
    for place in range(5):
        reaches = size > place
        seven = integers[reaches] >> 7 * place & 0x7F
        content[(end - size)[reaches] + place] = seven | (size[reaches] > place + 1) << 7
    cut = np.r_[0, end][np.r_[0, np.cumsum(counts)]].tolist()
    stream = content.tobytes()
    return (stream[a:b] for a, b in pairwise(cut))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of a message that has a length."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _value(value: Value) -> bytes:
    """Return a property's value (section 4.4); whole numbers are never negative."""
    if isinstance(value, str):
        return _field(1, value.encode())
    if isinstance(value, bool):
        return bytes([0x38, value])
    if isinstance(value, int):
        return b"\x28" + _varint(value)
    return b"\x19" + struct.pack("<d", value)
