"""The packed data says what the view says."""

import base64
import json
import zlib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

import maps.payload
from maps.payload import SIMPLIFIED_M, build_payload, simplified
from maps.shapes import WORLD_BITS, pack_rings, to_rings, to_world


def unpack(payload):
    """Return the columns of all sections, those of units among them, and the shapes of every feature."""
    about, units = (
        json.loads(zlib.decompress(base64.b64decode(text))) for text in (payload.about, payload.units)
    )
    shapes = unpack_rings(about["counts"], payload.geometry)
    base = np.concatenate([ring for feature in shapes for ring in feature])
    shapes += unpack_rings(units["counts"], payload.unit_geometry, base)
    about["counts"]["sections"]["units"] = units["counts"]["features"]
    return about | {"units": units}, shapes


def unpack_rings(counts, packed, base=()):
    """Return the rings of every feature, decoded apart from the code that packs."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype=np.uint8)
    values = iter(planes.reshape(4, -1).T.copy().view("<u4").ravel().tolist())
    features, rings, items, own = (counts[name] for name in ("features", "rings", "items", "own"))
    n_rings, n_items, more, dx, dy, starts = (
        iter([next(values) for _ in range(n)]) for n in (features, rings, items, own, own, items - own)
    )
    shapes, last, end = [], np.zeros(2, dtype=np.int64), 0
    for n in n_rings:
        shapes.append([])
        for n_ring in (next(n_items) for _ in range(n)):
            ring = []
            for follow in (next(more) for _ in range(n_ring)):
                if follow:
                    first = end + signed(next(starts))
                    end = first + follow
                    ring += list(base[first : end + 1])
                else:
                    ring.append(np.add(last, (signed(next(dx)), signed(next(dy)))))
                last = ring[-1]
            shapes[-1].append(np.array(ring))
    assert counts["points"] == sum(len(ring) for feature in shapes for ring in feature)
    return shapes


def signed(zigzag):
    """Return the number of either sign that is coded."""
    return (zigzag >> 1) ^ -(zigzag & 1)


def test_positions_are_web_mercator():
    """Whole steps of 2^-28 of the world agree with PROJ's EPSG:3857 to half a step."""
    lonlat = np.array([[0.0, 0.0], [131.2, 47.2], [-70.5, -33.4], [179.9, 80.0]])
    metres = np.column_stack(Transformer.from_crs(4326, 3857, always_xy=True).transform(*lonlat.T))
    world = 2 * np.pi * 6378137
    expected = np.column_stack([metres[:, 0] / world + 0.5, 0.5 - metres[:, 1] / world]) * 2**WORLD_BITS
    assert np.abs(to_world(lonlat) - expected).max() <= 0.51


def test_rings_of_holes_parts_and_lines():
    """A polygon with a hole has two rings, two parts two, a line one; a ring's closing point is left out."""
    hole = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior.coords])
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    line = shapely.LineString([(0, 0), (1, 1), (2, 0)])
    rings = to_rings(np.array([hole, line, parts], dtype=object))
    assert rings.per_feature.tolist() == [2, 1, 2]
    assert rings.per_ring.tolist() == [4, 4, 3, 4, 4]


def test_points_closer_than_a_step_are_left_out():
    """Points a millimetre apart are one."""
    line = shapely.LineString([(10, 50), (10.00000001, 50), (10.1, 50)])
    assert to_rings(np.array([line], dtype=object)).per_ring.tolist() == [2]


def test_every_geometry_survives(view):
    """The decoded shapes differ from the view's by less than 0.2 m, feature by feature."""
    about, decoded = unpack(build_payload(view, "en", None))
    sections = about["counts"]["sections"]
    assert sections == {name: len(getattr(view, name)) for name in sections}
    originals = [g for name in sections for g in getattr(view, name).geometry]
    step_m = 2 * np.pi * 6378137 / 2**WORLD_BITS
    for original, rings in zip(originals, decoded, strict=True):
        points = np.vstack(rings) * step_m
        metres = gpd.GeoSeries([original], crs=4326).to_crs(3857).get_coordinates().to_numpy()
        metres = np.column_stack([metres[:, 0], -metres[:, 1]]) + np.pi * 6378137
        expected = shapely.multipoints(metres)
        assert shapely.hausdorff_distance(shapely.multipoints(points), expected) < 0.2


def test_units_refer_to_the_border_of_their_grid():
    """Points on the border of the grid are given as runs of its points, in whatever order the unit has them."""
    x, y = np.mgrid[0:3, 0:3].reshape(2, 9)
    squares = shapely.box(x, y, x + 1, y + 1)
    squares = shapely.segmentize(squares, 0.25)
    grids = to_rings(np.array([shapely.union_all(squares[:3]), shapely.union_all(squares[3:])]))
    owner = np.repeat([0, 1], [3, 6])
    backwards = shapely.reverse(squares)
    for units in (squares, backwards):
        rings = to_rings(units)
        counts, planes = pack_rings(rings, grids, owner)
        assert counts["own"] < counts["points"] / 2
        shapes = unpack_rings(counts, base64.b64encode(zlib.compress(planes)), grids.xy)
        assert np.array_equal(np.concatenate([ring for unit in shapes for ring in unit]), rings.xy)


def test_columns_say_what_the_view_says(view):
    """Numbers, names and missing counts arrive unchanged."""
    about, _ = unpack(build_payload(view, "zh", "题"))
    grids = about["grids"]
    assert (about["lang"], about["title"][1], about["k"]) == ("zh", "题", 5)
    assert grids["code"] == view.grids["code"].tolist()
    assert grids["size"][:3] == [8, 9, 10]
    assert grids["size"][10] is None
    assert grids["suppressed"][10] == 1
    assert grids["reason"][5] == "component-under-minimum"
    assert about["units"]["grid"][:8] == [0, 0, 0, 0, 1, 1, 1, 1]
    a, b = np.array(about["neighbours"])
    colour = np.array(grids["colour"])
    assert len(a) == len(view.neighbours)
    assert (colour[a] != colour[b]).all()


def test_labels_lie_in_the_largest_part(view):
    """The label of a ring-shaped grid lies on its land, not in its hole."""
    ring = shapely.Polygon(
        shapely.box(131, 47, 132, 48).exterior, [shapely.box(131.2, 47.2, 131.8, 47.8).exterior.coords]
    )
    grids = view.grids.copy()
    grids.loc[0, "geometry"] = shapely.MultiPolygon([shapely.box(130, 47, 130.1, 47.1), ring])
    about, _ = unpack(build_payload(replace(view, grids=grids), "en", None))
    x, y = (values[0] / 2**WORLD_BITS for values in about["grids"]["label"])
    point = (x - 0.5) * 360, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))
    assert ring.contains(shapely.Point(point))


def test_too_many_units_are_left_out(view, monkeypatch):
    """Above the limit the file has no unit, still every grid, and says how many are missing."""
    monkeypatch.setattr(maps.payload, "MOST_UNITS", 63)
    about, _ = unpack(build_payload(view, "en", None))
    assert about["units"]["id"] == []
    assert about["units_left_out"] == 64
    assert len(about["grids"]["id"]) == 16
    assert about["simplified_m"] == SIMPLIFIED_M


def test_simplified_grids_share_their_borders():
    """A ragged border between two grids loses its small corners, and leaves neither gap nor overlap."""
    y = np.linspace(0, 1, 201)
    ragged = np.column_stack([0.5 + 1e-7 * (np.arange(201) % 2), y])
    left = shapely.Polygon([(0, 0), *ragged, (0, 1)])
    right = shapely.Polygon([(1, 0), (1, 1), *ragged[::-1]])
    grids = gpd.GeoDataFrame({"layer": "field"}, index=[0, 1], geometry=[left, right], crs=4326)
    a, b = simplified(grids).geometry
    assert shapely.get_num_coordinates(a) < shapely.get_num_coordinates(left) / 4
    assert not shapely.overlaps(a, b)
    assert shapely.area(shapely.union(a, b)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("frame", ["zones", "barriers", "bridges", "units"])
def test_parts_may_be_empty(view, frame):
    """A plan without zones, barriers, bridges or units is packed too."""
    about, _ = unpack(build_payload(replace(view, **{frame: getattr(view, frame).iloc[:0]}), "en", None))
    assert about["counts"]["sections"][frame] == 0
