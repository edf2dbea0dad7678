"""Shapes as surveys and drawings leave them: each is read right, repaired with a record, or left out by name."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

import gridder
from gridder.geometry.crs import LocalFrame
from gridder.units.settle import settle

X, Y = 500_000.0, 3_350_000.0
"""A corner of the land in EPSG:4549."""


def _moved(rings):
    return [[(X + x, Y + y) for x, y in ring] for ring in rings]


SQUARE = [(0, 0), (0, 100), (100, 100), (100, 0), (0, 0)]


def _shapefile(path, *shapes):
    """Write polygons with exactly these rings, closed or not."""
    records = b""
    for number, rings in enumerate(shapes, 1):
        points = [point for ring in rings for point in ring]
        starts = np.cumsum([0, *map(len, rings)])[:-1]
        (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
        content = struct.pack("<idddd", 5, west, south, east, north)
        content += struct.pack(f"<ii{len(rings)}i", len(rings), len(points), *starts)
        content += b"".join(struct.pack("<dd", *point) for point in points)
        records += struct.pack(">ii", number, len(content) // 2) + content
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(records)) // 2)
    box = (X, Y, X + 1000, Y + 1000, 0, 0, 0, 0)
    path.write_bytes(head + struct.pack("<ii8d", 1000, 5, *box) + records)
    gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=[shapely.box(0, 0, 1, 1)] * len(shapes)).drop(
        columns="geometry"
    ).pipe(pyogrio.write_dataframe, path.with_suffix(".dbf"), driver="ESRI Shapefile")
    return f"{path}|crs=EPSG:4549"


def _areas_and_told(units):
    """Return areas by row, and what was told of the shapes with its rows."""
    assert units.frame.geometry.is_valid.all()
    told = {repair.kind: repair.rows for repair in units.repairs}
    for usual in ("crs-told", "index-restored", "far-from-area-of-use"):
        told.pop(usual, None)
    areas = dict(zip(units.frame["row"], units.frame.area.round(3), strict=True))
    return areas, told


def test_rings_that_are_not_closed_or_have_two_points(tmp_path):
    """An open ring is closed; a ring of two points has no area, and costs no other row."""
    path = _shapefile(
        tmp_path / "f.shp", _moved([SQUARE]), _moved([SQUARE[:-1]]), _moved([SQUARE[:2]]), _moved([SQUARE])
    )
    areas, told = _areas_and_told(gridder.read_units(path, layer="field"))
    assert areas == {1: 1e4, 2: 1e4, 4: 1e4}
    assert told == {"ring-closed": (2, 3), "collapsed": (3,)}


WKT = {
    "bow tie": ("POLYGON ((0 0, 100 100, 100 0, 0 100, 0 0))", 5000.0, {"invalid-repaired": (1,)}),
    "vertices twice": ("POLYGON ((0 0, 0 0, 0 100, 0 100, 0 100, 100 100, 100 0, 0 0))", 1e4, {}),
    "a spike": (
        "POLYGON ((0 0, 0 100, 100 100, 300 100, 100 100, 100 0, 0 0))",
        1e4,
        {"invalid-repaired": (1,)},
    ),
    "a hole outside, which becomes an area": (
        "POLYGON ((0 0, 0 100, 100 100, 100 0, 0 0), (200 200, 210 200, 210 210, 200 210, 200 200))",
        10_100.0,
        {"invalid-repaired": (1,)},
    ),
    "a hole across the border": (
        "POLYGON ((0 0, 0 100, 100 100, 100 0, 0 0), (90 40, 110 40, 110 60, 90 60, 90 40))",
        9800.0,
        {"invalid-repaired": (1,)},
    ),
    "a hole twice": (
        (
            "POLYGON ((0 0, 0 100, 100 100, 100 0, 0 0), (40 40, 60 40, 60 60, 40 60, 40 40), "
            "(40 40, 60 40, 60 60, 40 60, 40 40))"
        ),
        9600.0,
        {"invalid-repaired": (1,)},
    ),
    "parts that overlap": (
        "MULTIPOLYGON (((0 0, 0 100, 100 100, 100 0, 0 0)), ((50 0, 50 100, 150 100, 150 0, 50 0)))",
        1.5e4,
        {"invalid-repaired": (1,)},
    ),
    "heights": ("POLYGON Z ((0 0 5, 0 100 5, 100 100 6, 100 0 5, 0 0 5))", 1e4, {"flattened": (1,)}),
    "measures": ("POLYGON M ((0 0 5, 0 100 5, 100 100 6, 100 0 5, 0 0 5))", 1e4, {"flattened": (1,)}),
    "heights and measures": (
        "POLYGON ZM ((0 0 5 1, 0 100 5 2, 100 100 6 3, 100 0 5 4, 0 0 5 5))",
        1e4,
        {"flattened": (1,)},
    ),
    "a collection": (
        "GEOMETRYCOLLECTION (POINT (0 0), LINESTRING (0 0, 9 9), POLYGON ((0 0, 0 100, 100 100, 100 0, 0 0)))",
        1e4,
        {"mixed-geometry": (1,)},
    ),
    "a sliver": ("POLYGON ((0 0, 0 100, 0.001 100, 0.001 0, 0 0))", 0.1, {}),
    "no width": ("POLYGON ((0 0, 0 100, 0 50, 0 0))", None, {"collapsed": (1,)}),
    "empty": ("POLYGON EMPTY", None, {"null-geometry": (1,)}),
    "null": (None, None, {"null-geometry": (1,)}),
}


@pytest.mark.parametrize("case", WKT)
def test_one_awkward_row_beside_a_good_one(case):
    """Its area, and the record of what was done to it; the good row stays as it is."""
    wkt, area, told = WKT[case]
    shapes = shapely.from_wkt([wkt, "POLYGON ((500 0, 500 100, 600 100, 600 0, 500 0))"])
    units = gridder.units_from_frame(gpd.GeoDataFrame(geometry=shapes, crs=4549), layer="field")
    assert _areas_and_told(units) == ({1: area, 2: 1e4} if area else {2: 1e4}, told)


def test_curves_become_lines(tmp_path):
    """A circle of five points, a curve polygon in WKB, keeps its area to a thousandth."""
    points = [(X - 100, Y), (X, Y + 100), (X + 100, Y), (X, Y - 100), (X - 100, Y)]
    arcs = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)
    circle = struct.pack("<BII", 1, 10, 1) + arcs
    path = tmp_path / "f.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(X, Y, X + 1, Y + 1)], crs=4549).to_file(
        path, SPATIAL_INDEX="NO"
    )
    with closing(sqlite3.connect(path)) as database:
        (blob,) = database.execute("SELECT geom FROM f").fetchone()
        head = b"GP\0\1" + blob[4:8]
        database.execute("UPDATE f SET geom = ?", [head + circle])
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
        database.commit()
    units = gridder.read_units(path, layer="field")
    assert units.frame.area[0] == pytest.approx(np.pi * 100**2, rel=1e-3)


def test_a_polygon_of_many_vertices_and_holes(tmp_path):
    """25 000 vertices and 400 holes: nothing is lost, and it can be looked at like any other."""
    angles = np.linspace(0, 2 * np.pi, 15_001)[:-1]
    shell = np.column_stack([X + 2000 * np.cos(angles), Y + 2000 * np.sin(angles)])
    turns = np.linspace(0, 2 * np.pi, 26)[:-1]
    holes = [
        np.column_stack([X + 100 * i + 20 * np.cos(turns), Y + 100 * j + 20 * np.sin(turns)])
        for i in range(-10, 10)
        for j in range(-10, 10)
    ]
    land = shapely.Polygon(shell, holes)
    path = tmp_path / "f.fgb"
    gpd.GeoDataFrame({"n": [1]}, geometry=[land], crs=4549).to_file(path)
    units = gridder.read_units(path, layer="field")
    assert shapely.get_num_coordinates(units.frame.geometry[0]) == 15_001 + 400 * 26
    assert units.frame.area[0] == land.area
    assert not units.repairs
    assert not gridder.inspect(path).layers[0].problems


@pytest.mark.parametrize("dated", [False, True])
def test_two_generations_of_parcels_and_copies(tmp_path, dated):
    """Old parcels under new ones and an exact copy: each is told with its row, and each place counts once.

    The smaller parcels win; where a column of dates is named, the newer ones, here the larger.
    """
    small = [shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(4)]
    large = [shapely.box(X, Y, X + 250, Y + 100), shapely.box(X + 250, Y, X + 400, Y + 100)]
    path = tmp_path / "f.gpkg"
    columns = {"parcel_id": [f"P{i}" for i in range(1, 8)], "surveyed": [2009] * 4 + [2024] * 2 + [2009]}
    gpd.GeoDataFrame(columns, geometry=[*small, *large, small[0]], crs=4549).to_file(path)
    told = {remark.kind: remark.rows for remark in gridder.inspect(path).layers[0].remarks}
    assert (told["duplicate"], told["swallowed"]) == ((7,), (5, 6))
    units = gridder.read_units(path, layer="field", columns={"date": "surveyed"} if dated else None)
    settled = settle(units, LocalFrame.of([units.frame.geometry]), barriers=np.array([], dtype=object))
    assert sorted(settled.ids) == (["P5", "P6"] if dated else ["P1", "P2", "P3", "P4"])
    assert shapely.area(settled.geoms).sum() == shapely.area(shapely.union_all(settled.geoms)) == 4e4
    told = {finding.kind: finding.rows for finding in settled.findings}
    assert (told["duplicate"], told["swallowed"]) == ((7,), (1, 2, 3, 4) if dated else (5, 6))
