"""Vector tiles as an independent decoder reads them."""

from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridder.io.mvt import BUFFER, EXTENT, Layer, encode


def layer(*shapes, name="units", **columns):
    ids = np.arange(len(shapes), dtype=np.int64)
    return Layer(name, ids, np.array(shapes, dtype=object), columns)


def decoded(*layers):
    """Return every layer's features as (id, shape, properties)."""
    tile = mapbox_vector_tile.decode(encode(layers), default_options={"y_coord_down": True})
    return {
        name: [
            (feature["id"], shapely.geometry.shape(feature["geometry"]), feature["properties"])
            for feature in content["features"]
        ]
        for name, content in tile.items()
    }


def twice_area(ring):
    """Return twice the area by the surveyor's formula, as section 4.3.4.4 of the specification counts it."""
    x, y = np.array(ring.coords)[:-1].T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y)


def test_shapes_come_back():
    """Polygons with holes and several parts, in whole steps, are what was encoded."""
    ring = Polygon([(10, 10), (90, 10), (90, 90), (10, 90)], [[(30, 30), (30, 60), (60, 60), (60, 30)]])
    parts = MultiPolygon([box(100, 100, 200, 150), box(300, 100, 301, 4000)])
    (features,) = decoded(layer(ring, parts)).values()
    assert [own_id for own_id, _, _ in features] == [0, 1]
    for shape, (_, found, _) in zip((ring, parts), features, strict=True):
        assert found.equals(shape)


@pytest.mark.parametrize("way", [1, -1])
def test_rings_are_wound_as_the_specification_asks(way):
    """Outer rings have a positive area and holes a negative one, however they were wound before."""
    outer = [(10, 10), (90, 10), (90, 90), (10, 90)][::way]
    hole = [(30, 30), (30, 60), (60, 60), (60, 30)][::way]
    ((_, found, _),) = decoded(layer(Polygon(outer, [hole])))["units"]
    assert twice_area(found.exterior) > 0
    assert [twice_area(ring) < 0 for ring in found.interiors] == [True]


def test_properties_keep_their_types():
    """Texts, numbers, truth values and missing ones."""
    columns = {
        "title": ["玉米", "a" * 200, None],
        "size": [0.1, -2.5, 1e300],
        "n": [0, 1, 2**40],
        "within": [True, False, None],
        "all_missing": [None, None, None],
    }
    squares = [box(x, 0, x + 10, 10) for x in (0, 20, 40)]
    features = decoded(layer(*squares, **columns))["units"]
    for i, (_, _, properties) in enumerate(features):
        wanted = {name: column[i] for name, column in columns.items() if column[i] is not None}
        assert properties == wanted
        assert {name: type(value) for name, value in properties.items()} == {
            name: type(value) for name, value in wanted.items()
        }


def test_shapes_are_cut_off_beyond_the_tile():
    """What reaches out ends at the buffer, what lies outside is left out, and ids stay with their shapes."""
    around = box(-10_000, -10_000, 10_000, 10_000)
    outside = box(5000, 5000, 6000, 6000)
    beside = box(4090, 10, 9000, 20)
    features = decoded(layer(around, outside, beside, n=[1, 2, 3]))["units"]
    assert [(own_id, properties["n"]) for own_id, _, properties in features] == [(0, 1), (2, 3)]
    low, high = -BUFFER, EXTENT + BUFFER
    assert features[0][1].bounds == (low, low, high, high)
    assert features[1][1].bounds == (4090, 10, high, 20)


def test_what_has_no_area_in_whole_steps_vanishes():
    """Rings smaller than a step are left out: holes, parts, features, and at last the layer."""
    speck, sliver = box(10.1, 10.1, 10.3, 10.3), Polygon([(0, 0), (50, 0.1), (100, 0)])
    holed = box(100, 100, 200, 200).difference(box(150.1, 150.1, 150.3, 150.3))
    parts = MultiPolygon([box(300, 300, 310, 310), box(320.1, 320.1, 320.2, 320.2)])
    ring = box(10, 10, 10.4, 10.4).difference(box(10.1, 10.1, 10.2, 10.2))
    features = decoded(layer(speck, sliver, holed, parts, ring))["units"]
    assert [own_id for own_id, _, _ in features] == [2, 3]
    assert features[0][1].equals(box(100, 100, 200, 200))
    assert features[1][1].equals(box(300, 300, 310, 310))
    assert encode([layer(speck, sliver, ring)]) == b""


@pytest.mark.parametrize(
    "shapes", [[], [Polygon()], [MultiPolygon()], [LineString([(0, 0), (9, 9)])], [Point(1, 1)]]
)
def test_a_layer_without_areas_is_left_out(shapes):
    """Nothing is encoded of it, whatever else the tile has."""
    assert encode([layer(*shapes)]) == b""
    assert list(decoded(layer(*shapes), layer(box(0, 0, 9, 9), name="grids"))) == ["grids"]


def test_many_shapes_come_back():
    """Of a thousand shapes of many kinds, each comes back as far as it lies in the tile."""
    rng = np.random.default_rng(0)
    middles = shapely.points(rng.uniform(-200, EXTENT + 200, (1000, 2)))
    shapes = shapely.buffer(middles, rng.uniform(2, 150, 1000), quad_segs=3)
    hole = shapely.buffer(middles, 1.5, quad_segs=1)
    shapes[::3] = shapely.difference(shapes[::3], hole[::3])
    found = {own_id: shape for own_id, shape, _ in decoded(layer(*shapes))["units"]}
    within = shapely.intersection(shapes, box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER))
    for i, wanted in enumerate(within):
        assert (
            shapely.area(found[i]) == pytest.approx(wanted.area, abs=wanted.length)
            if i in found
            else wanted.area < 100
        )
        assert i not in found or shapely.hausdorff_distance(found[i], wanted) < 3
