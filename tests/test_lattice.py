"""Lattices: `gridder.make_lattice`, `gridder.write_lattice` and `gridder lattice`."""

from __future__ import annotations

import json

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box
from typer.testing import CliRunner

import gridder
import sample_geo
from gridder import cli
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.lattice.cells import hexagon_cells, square_cells
from gridder.geometry.lattice.clip import Pieces, clip
from gridder.geometry.lattice.h3_cells import cell_areas_m2, h3_cells, nearest_resolution
from gridder.geometry.lattice.merge import merge_small
from gridder.model import Zones
from gridder.service.areas import square_metres

HA = 10_000.0
SHAPES = ("square", "hexagon", "h3")
ZONES = f"{sample_geo.path('town.gpkg')}|layername=zones"


def _zones(geometries, *, crs=32652, names=None, codes=None) -> Zones:
    n = len(geometries)
    content = {
        "zone": names or [f"z{i}" for i in range(n)],
        "code": codes or [""] * n,
        "row": np.arange(1, n + 1),
    }
    return Zones(gpd.GeoDataFrame(content, geometry=list(geometries), crs=crs))


def _at(geometry, x=500_000, y=5_200_000):
    return shapely.transform(geometry, lambda xy: xy + np.array([x, y]))


def _check_cover(lattice: gridder.Lattice, zones: Zones) -> None:
    """Check that cells are one coverage, and have the area of each zone but for rounding to 1/1024 m."""
    shapes = lattice.cells.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(shapes)
    own = zones.frame.to_crs(lattice.cells.crs)
    area = pd.Series(shapely.area(shapes)).groupby(lattice.cells["zone"]).sum()
    for name, zone in zip(own["zone"], own.geometry, strict=True):
        assert area[name] == pytest.approx(zone.area, abs=zone.length / 1024)
    assert lattice.cells["cell_id"].is_unique
    assert lattice.cells["area_ha"].to_numpy() * HA == pytest.approx(areas_m2(lattice.cells.geometry))


@pytest.mark.parametrize("shape", SHAPES)
def test_cells_cover_holes_parts_and_zones_exactly(shape):
    """A ring with a crooked outline, cut into two zones with codes, and a zone of two parts."""
    t = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = 1500 + 120 * np.sin(7 * t)
    ring = Polygon(np.column_stack((radius * np.cos(t), radius * np.sin(t)))) - Point(100, 200).buffer(333.3)
    west, east = ring & box(-9000, -9000, 77.7, 9000), ring & box(77.7, -9000, 9000, 9000)
    pair = MultiPolygon([box(3000, 0, 3711.3, 512.7), box(4000, 100, 4800, 900)])
    zones = _zones([_at(west), _at(east), _at(pair)], names=["西", "东", "双"], codes=["01", "02", ""])
    lattice = gridder.make_lattice(zones, shape=shape, target_m2=6 * HA)
    _check_cover(lattice, zones)
    codes = lattice.cells.drop_duplicates("zone").set_index("zone")["zone_code"]
    assert codes.to_dict() == {"西": "01", "东": "02", "双": ""}
    assert (shapely.area(lattice.cells.geometry.to_numpy()) > 0.99 * lattice.least_m2).all()


@st.composite
def _crooked(draw):
    """Return a star-shaped polygon with whole or crooked corners, which may lie on the lines of a lattice."""
    n = draw(st.integers(3, 14))
    corners = []
    for k in range(n):
        radius = draw(st.floats(60.0, 600.0))
        angle = 2 * np.pi * (k + draw(st.floats(0.0, 0.8))) / n
        corners.append((radius * np.cos(angle), radius * np.sin(angle)))
    if draw(st.booleans()):
        corners = [(100 * round(x / 100), 100 * round(y / 100)) for x, y in corners]
    polygon = shapely.make_valid(Polygon(corners))
    parts = shapely.get_parts(polygon)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


@settings(max_examples=40, deadline=None)
@given(_crooked(), st.sampled_from(SHAPES), st.sampled_from([HA, 1_700.0, 100.0 * 100.0]))
def test_any_polygon_is_covered_and_no_piece_with_a_neighbour_is_small(polygon, shape, target_m2):
    """Whatever the outline; a piece below half a cell is alone in its zone."""
    if polygon.is_empty or polygon.area < 100.0:
        return
    zones = _zones([_at(polygon)])
    lattice = gridder.make_lattice(zones, shape=shape, target_m2=target_m2)
    _check_cover(lattice, zones)
    shapes = lattice.cells.geometry.to_numpy()
    for i in np.flatnonzero(areas_m2(lattice.cells.geometry) < 0.999 * lattice.least_m2):
        others = shapely.union_all(np.delete(shapes, i))
        assert shapely.intersection(shapes[i].boundary, others).length < 2e-3
    small = [finding for finding in lattice.findings if finding.kind == "small-cells"]
    assert bool(small) == bool((areas_m2(lattice.cells.geometry) < lattice.least_m2 * (1 - 1e-6)).any())


def test_squares_have_whole_metres_and_equal_true_areas():
    """Corners of whole squares are multiples of the side in the file's own CRS."""
    zones = _zones([_at(box(13, 17, 5000, 4000))])
    lattice = gridder.make_lattice(zones, shape="square", target_m2=50 * HA)
    assert lattice.side_m == 707
    assert lattice.cells.crs.to_epsg() == 32652
    whole = lattice.cells[np.isclose(shapely.area(lattice.cells.geometry), 707.0**2)]
    assert len(whole) >= 20
    corners = shapely.get_coordinates(whole.geometry.to_numpy())
    assert (corners % 707 == 0).all()
    assert whole["area_ha"].to_numpy() == pytest.approx(lattice.cell_m2 / HA, rel=1e-3)
    assert whole["area_ha"].to_numpy() == pytest.approx(50.0, rel=2e-3)


def test_a_wide_extent_gets_an_equal_area_projection():
    """A UTM zone is not even over 6 degrees of longitude: the squares lie in a projection that is."""
    wide = gpd.GeoSeries([box(126, 47, 132, 47.4)], crs=4326).segmentize(0.1).to_crs(32652)
    zones = _zones(list(wide))
    lattice = gridder.make_lattice(zones, shape="square", target_m2=10_000 * HA)
    assert "LAEA" in lattice.cells.crs.name
    whole = lattice.cells[np.isclose(shapely.area(lattice.cells.geometry), float(lattice.side_m) ** 2)]
    assert np.ptp(whole["area_ha"]) < 1e-4 * whole["area_ha"].mean()


def test_rows_and_columns_count_from_the_north_west():
    """Four squares: R1C1 is in the north-west, ids are in reading order."""
    lattice = gridder.make_lattice(_zones([_at(box(0, 0, 200, 200))]), target_m2=HA)
    assert lattice.cells["cell_id"].tolist() == ["R1C1", "R1C2", "R2C1", "R2C2"]
    centres = shapely.get_coordinates(shapely.centroid(lattice.cells.geometry.to_numpy()))
    assert (centres - (500_000, 5_200_000)).tolist() == [[50, 150], [150, 150], [50, 50], [150, 50]]
    assert lattice.findings == ()


def test_pieces_of_one_cell_have_names_of_their_own():
    """A slit cuts the square R1C1 in two large parts: the larger one keeps the name."""
    halves = MultiPolygon([box(0, 0, 44, 100), box(45, 0, 100, 100)])
    lattice = gridder.make_lattice(_zones([_at(halves)]), target_m2=HA)
    width = lattice.cells.geometry.bounds["maxx"] - lattice.cells.geometry.bounds["minx"]
    named = dict(zip(lattice.cells["cell_id"], width, strict=True))
    assert named == pytest.approx({"R1C1": 55, "R1C1-2": 44})


def test_a_small_piece_goes_to_the_longest_border():
    """The strip has 10 m in common with the left and 30 m with the right neighbour."""
    left = Polygon([(0, 0), (100, 0), (100, 10), (100, 100), (0, 100)])
    strip = Polygon([(100, 0), (110, 0), (110, 10), (110, 30), (110, 40), (100, 10)])
    right = Polygon([(110, 0), (210, 0), (210, 100), (110, 100), (110, 40), (110, 30), (110, 10)])
    shapes = np.array([left, strip, right], dtype=object)
    merged = merge_small(Pieces(shapes, np.arange(3), np.zeros(3, dtype=np.int64), 0.0), 5_000.0)
    assert merged.leader.tolist() == [0, 2]
    assert merged.polygons[1].area == pytest.approx(right.area + strip.area)
    apart = merge_small(Pieces(shapes, np.arange(3), np.array([0, 1, 0]), 0.0), 5_000.0)
    assert apart.leader.tolist() == [0, 1, 2]
    assert apart.island.tolist() == [1]


def test_an_island_stays_and_is_told():
    """It is smaller than half a cell, and no other is beside it."""
    zones = _zones([_at(MultiPolygon([box(0, 0, 500, 500), box(720, 720, 740, 740)]))])
    lattice = gridder.make_lattice(zones, target_m2=HA)
    (told,) = lattice.findings
    island = lattice.cells[shapely.area(lattice.cells.geometry) < 500]
    assert told.kind == "small-cells"
    assert island["cell_id"].item() in told.what.zh


def test_overlapping_zones_are_told_and_nothing_is_counted_twice():
    """Ground in two zones belongs to the smaller one."""
    zones = _zones([_at(box(0, 0, 400, 400)), _at(box(300, 0, 500, 400))], names=["大", "小"])
    lattice = gridder.make_lattice(zones, target_m2=HA)
    assert shapely.coverage_is_valid(lattice.cells.geometry.to_numpy())
    area = lattice.cells.groupby("zone")["area_ha"].sum()
    assert area.to_dict() == pytest.approx({"大": 12.0, "小": 8.0}, rel=1e-3)
    assert [finding.kind for finding in lattice.findings] == ["zones-overlap"]


@pytest.mark.slow
def test_a_hundred_thousand_cells_are_one_coverage():
    """A crooked outline of 2 000 vertices with a hole."""
    t = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    radius = 11_000 + 800 * np.sin(7 * t) + 300 * np.cos(31 * t)
    outline = Polygon(np.column_stack((radius * np.cos(t), radius * np.sin(t)))) - Point(9, 9).buffer(900)
    zones = _zones([_at(outline)])
    lattice = gridder.make_lattice(zones, shape="hexagon", target_m2=3_600.0)
    assert len(lattice) > 100_000
    _check_cover(lattice, zones)


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(0.05, 0.0), (127.0, 47.0), (24.0, 69.9), (-70.0, -53.0), (178.0, -17.0)]
)
@pytest.mark.parametrize("resolution", [5, 8, 10])
def test_h3_cells_cover_as_far_as_their_own_overlap_function(longitude, latitude, resolution):
    """All cells that H3 finds to overlap, and no others; those cover the area without gap or overlap."""
    reach = h3.average_hexagon_edge_length(resolution, unit="m") * 6
    centre = gpd.GeoSeries([Point(longitude, latitude)], crs=4326)
    laea = f"+proj=laea +lat_0={latitude} +lon_0={longitude}"
    area = Point(0, 0).buffer(reach) - Point(reach / 3, 0).buffer(reach / 4)
    world = gpd.GeoSeries([area], crs=laea)
    frame = LocalFrame.of([world.to_crs(4326)])
    local = frame.to_local(world)
    cells = h3_cells(local, resolution, frame)
    fine = world.segmentize(reach / 200).to_crs(4326).iloc[0]
    theirs = set(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(fine), resolution, contain="overlap"))
    assert set(cells.name) == theirs
    pieces = clip(cells.polygons, local)
    assert shapely.coverage_is_valid(pieces.polygons)
    assert shapely.area(pieces.polygons).sum() == pytest.approx(local[0].area, abs=local[0].length / 500)
    middle = h3.latlng_to_cell(centre.iloc[0].y, centre.iloc[0].x, resolution)
    areas = cell_areas_m2(frame, local)
    assert areas[resolution] == pytest.approx(h3.cell_area(middle, unit="m^2"), rel=0.02)
    assert nearest_resolution(areas, areas[resolution] * 1.4) == resolution


def test_a_pentagon_and_its_neighbours_cover():
    """One of the twelve cells with five sides lies in the area."""
    resolution = 6
    pentagon = sorted(h3.get_pentagons(resolution))[3]
    lat, lng = h3.cell_to_latlng(pentagon)
    zones = _zones([Point(lng, lat).buffer(0.15)], crs=4326)
    lattice = gridder.make_lattice(zones, shape="h3", target_m2=h3.cell_area(pentagon, unit="m^2"))
    assert lattice.resolution == resolution
    assert pentagon in set(lattice.cells["h3"])
    assert shapely.coverage_is_valid(lattice.cells.geometry.to_numpy())


def test_h3_refuses_both_sides_of_the_date_line_and_squares_do_not():
    """The fault names the remedy; squares lie in a projection of their own."""
    zones = _zones([MultiPolygon([box(179.99, -17, 180, -16.99), box(-180, -17, -179.99, -16.99)])], crs=4326)
    with pytest.raises(gridder.InputError) as caught:
        gridder.make_lattice(zones, shape="h3", target_m2=10 * HA)
    assert [fault.kind for fault in caught.value.faults] == ["boundary-on-both-sides"]
    lattice = gridder.make_lattice(zones, shape="square", target_m2=10 * HA)
    assert lattice.cells["area_ha"].sum() == pytest.approx(
        areas_m2(zones.frame.geometry).sum() / HA, rel=1e-6
    )


def test_squares_are_those_of_a_plain_loop():
    """The peer: boxes by two loops and an overlay, as in recipes for geopandas; ours agree where nothing is joined."""
    outline = _at(Polygon([(0, 0), (1000, 130), (900, 870), (200, 990)]))
    lattice = gridder.make_lattice(_zones([outline]), target_m2=HA)
    boxes = [
        box(x, y, x + 100, y + 100)
        for x in range(500_000, 501_000, 100)
        for y in range(5_200_000, 5_201_000, 100)
    ]
    plain = shapely.intersection(boxes, outline)
    ours = shapely.union_all(lattice.cells.geometry.to_numpy())
    assert ours.symmetric_difference(shapely.union_all(plain)).area < outline.length / 500
    whole = {shapely.normalize(shape).wkt for shape in plain if shape.area == HA}
    assert whole <= {shapely.normalize(shape).wkt for shape in lattice.cells.geometry} | _grown(lattice)
    assert len(whole) > 50


def _grown(lattice: gridder.Lattice) -> set[str]:
    """Return the whole squares that took pieces."""
    bounds = [
        (500_000 + 100 * (col - 1), 5_201_000 - 100 * row)
        for row, col, area in zip(
            lattice.cells["row"], lattice.cells["col"], shapely.area(lattice.cells.geometry), strict=True
        )
        if area > HA
    ]
    return {shapely.normalize(box(x, y, x + 100, y + 100)).wkt for x, y in bounds}


@pytest.mark.parametrize(
    ("shape", "target_m2", "kind"),
    [
        ("circle", HA, "bad-shape"),
        ("square", 0.0, "bad-size"),
        ("square", float("nan"), "bad-size"),
        ("square", None, "no-size"),
        ("square", 1e39, "bad-size"),
        ("h3", 4e12, "bad-size"),
        ("hexagon", 1.0, "too-many-cells"),
    ],
)
def test_what_makes_no_sense_is_refused(shape, target_m2, kind):
    """Before anything is cut."""
    zones = _zones([_at(box(0, 0, 5000, 5000))])
    with pytest.raises(gridder.InputError) as caught:
        gridder.make_lattice(zones, shape=shape, target_m2=target_m2)
    assert [fault.kind for fault in caught.value.faults] == [kind]


def test_hexagons_of_neighbouring_areas_fit_together():
    """Both lattices start at the origin of the CRS."""
    origin = np.array([500_000.0, 5_200_000.0])
    near = hexagon_cells(np.array([box(0, 0, 300, 300)]), HA, origin)
    far = hexagon_cells(np.array([box(200, 0, 600, 300)]), HA, origin)
    common = {p.wkt for p in near.polygons} & {p.wkt for p in far.polygons}
    assert common
    assert shapely.area(near.polygons) == pytest.approx(np.full(len(near.polygons), HA), rel=1e-4)


def test_scattered_parts_make_no_cells_between_them():
    """Two parts 500 km apart."""
    areas = np.array([MultiPolygon([box(0, 0, 150, 150), box(500_000, 0, 500_150, 150)])])
    assert len(square_cells(areas, 100, np.zeros(2)).polygons) == 8


@pytest.mark.parametrize(
    ("text", "m2"),
    [
        ("50ha", 500_000),
        ("75 亩", 50_000),
        ("30mu", 20_000),
        ("2 km2", 2e6),
        ("900m2", 900),
        ("1.5公顷", 15_000),
    ],
)
def test_areas_are_read_as_people_write_them(text, m2):
    """In hectares, mu, square metres and square kilometres."""
    assert square_metres(text) == (pytest.approx(m2), [])


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".zip"])
def test_files_come_back_as_one_coverage(tmp_path, suffix):
    """In every format the shared corners stay shared, and every column is there."""
    zones = _zones([_at(Point(0, 0).buffer(900))], names=["第一片区"], codes=["01"])
    lattice = gridder.make_lattice(zones, shape="hexagon", target_m2=4 * HA)
    path = gridder.write_lattice(lattice, tmp_path / f"cells{suffix}")
    read = gpd.read_file(path)
    assert shapely.coverage_is_valid(read.geometry.to_numpy())
    assert read.drop(columns="geometry").columns.tolist() == lattice.cells.columns[:-1].tolist()
    assert read["zone"].unique().tolist() == ["第一片区"]
    assert read["cell_id"].tolist() == lattice.cells["cell_id"].tolist()
    with pytest.raises(gridder.OutputExistsError):
        gridder.write_lattice(lattice, path)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lattice_is_divided_like_fields(tmp_path, shape):
    """The way of a clerk: cells from the zones of the sample, then a plan of them by area."""
    run = CliRunner()
    cells = tmp_path / "cells.gpkg"
    made = run.invoke(
        cli.app, ["lattice", ZONES, "--shape", shape, "--target-area", "100ha", "--out", str(cells), "--json"]
    )
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    asked = ["--of", "area_ha", "--target", "1000", "--min", "500", "--max", "1500"]
    done = run.invoke(
        cli.app,
        [
            "partition",
            "--fields",
            str(cells),
            "--zones",
            ZONES,
            *asked,
            "--out",
            str(tmp_path / "out"),
            "--json",
        ],
    )
    assert done.exit_code in {0, 3}, done.output
    plan = gridder.load_plan(tmp_path / "out")
    assert len(plan.units) == told["cells"]
    assert set(plan.units["unit_id"]) == set(gpd.read_file(cells)["cell_id"])
    assert plan.units["area_ha"].sum() == pytest.approx(gpd.read_file(cells)["area_ha"].sum(), rel=1e-6)


def test_the_command_tells_what_it_made(tmp_path):
    """In Chinese: the H3 resolution and the true area of its cells."""
    done = CliRunner().invoke(
        cli.app,
        [
            "lattice",
            ZONES,
            "--shape",
            "h3",
            "--target-area",
            "1500亩",
            "--out",
            str(tmp_path / "c.geojson"),
            "--lang",
            "zh",
        ],
    )
    assert done.exit_code == 0
    assert "H3 单元，8 级，完整单元面积" in done.stdout
    wrong = CliRunner().invoke(
        cli.app,
        ["lattice", ZONES, "--target-area", "5 acres", "--out", str(tmp_path / "c.txt"), "--lang", "en"],
    )
    assert wrong.exit_code == 2
    assert "ends in .gpkg or .geojson or .zip" in wrong.stderr
