"""Every format gives the same two fields, with its text, rows and place."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import gridder
from gridder.io import formats
from gridder.io.layers import read_layer

SHAPES = [shapely.box(120, 30, 120.001, 30.001), shapely.box(120.001, 30, 120.002, 30.001)]
CROPS = ["水稻", "玉米"]


@pytest.fixture
def frame():
    return gpd.GeoDataFrame({"地块编号": ["甲1", "乙2"], "作物": CROPS}, geometry=SHAPES, crs=4326)


def _kinds(found):
    return {finding.kind: finding.rows for finding in found}


def _faults(path, **options):
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field", **options)
    assert all(fault.what.zh and fault.remedy.zh for fault in caught.value.faults)
    return [fault.kind for fault in caught.value.faults]


def _write(frame, path: Path) -> None:
    suffix = path.suffix
    if suffix in {".parquet", ".geoparquet"}:
        frame.to_parquet(path, geometry_encoding="WKB" if suffix == ".parquet" else "geoarrow")
    elif suffix == ".mif":
        pyogrio.write_dataframe(frame, path, driver="MapInfo File", ENCODING="CP936")
    elif suffix == ".tab":
        pyogrio.write_dataframe(frame, path, driver="MapInfo File", ENCODING="UTF-8")
    elif suffix == ".kml":
        pyogrio.write_dataframe(frame, path, driver="LIBKML")
    elif suffix in formats.LINE_BY_LINE:
        features = json.loads(frame.to_json())["features"]
        path.write_text("\n".join(json.dumps(f, ensure_ascii=False) for f in features), encoding="utf-8")
    elif suffix == ".gdb":
        pyogrio.write_dataframe(frame, path, driver="OpenFileGDB")
    else:
        pyogrio.write_dataframe(frame, path)


def _same_fields(units):
    assert sorted(units.attributes["作物"]) == sorted(CROPS)
    by_crop = dict(zip(units.attributes["作物"], units.frame.geometry, strict=True))
    for crop, shape in zip(CROPS, SHAPES, strict=True):
        assert shapely.hausdorff_distance(by_crop[crop], shape) < 1e-6
    assert units.frame.crs.to_epsg() == 4326
    assert sorted(units.frame["row"]) == [1, 2]


SUFFIXES = [".fgb", ".gdb", ".geojsonl", ".geoparquet", ".kml", ".mif", ".parquet", ".tab"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_format_keeps_text_and_place(tmp_path, frame, suffix):
    """Written by GDAL or pyarrow, read by us: names, values, rows and places are the same."""
    path = tmp_path / f"田块{suffix}"
    _write(frame, path)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    units = gridder.read_units(path, layer="field")
    _same_fields(units)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("suffix", [".gdb", ".tab", ".parquet", ".kmz"])
def test_a_format_in_an_archive(tmp_path, frame, suffix):
    """Packed, even in an archive in the archive (KMZ is one), in a folder with a name in GBK."""
    inner = tmp_path / f"x{'.kml' if suffix == '.kmz' else suffix}"
    _write(frame, inner)
    files = inner.rglob("*") if inner.is_dir() else tmp_path.glob("x.*")
    path = tmp_path / "田块.zip"
    packed = path if suffix != ".kmz" else tmp_path / "x.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in list(files):
            if file != packed:
                archive.write(file, f"placeholder/{file.relative_to(tmp_path)}")
    packed.write_bytes(packed.read_bytes().replace(b"placeholder", "田块田块田".encode("gbk") + b"1"))
    if packed != path:
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(packed, "fields.kmz")
    _same_fields(gridder.read_units(path, layer="field"))


@pytest.mark.parametrize("begin", ["", "\x1e"])
def test_a_feature_a_line_with_its_faults(tmp_path, begin):
    """Geometries alone and text sequences (RFC 8142) are read; a broken line is named by its number."""
    path = tmp_path / "f.ndjson"
    line = begin + json.dumps(shapely.geometry.mapping(SHAPES[0]))
    path.write_text(f"{line}\n\n{line}\n", encoding="utf-8")
    assert len(gridder.read_units(path, layer="field")) == 2
    path.write_text(f"{line}\n{begin}{{broken\n", encoding="utf-8")
    with pytest.raises(gridder.InputError, match="line 2 is not JSON"):
        gridder.read_units(path, layer="field")
    path.write_text(f"{line}\n{begin}[1]\n", encoding="utf-8")
    assert _faults(path) == ["no-feature"]
    path.write_text(f'{line}\n{begin}{{"n": {"9" * 5000}}}\n', encoding="utf-8")
    assert _faults(path) == ["no-json"]


def test_texts_that_are_odd_but_json(tmp_path):
    """A text may hold what others take for the end of a line, and half a character."""
    path = tmp_path / "f.geojsonl"
    shape = json.dumps(shapely.geometry.mapping(SHAPES[0]))
    lines = [
        f'{{"type": "Feature", "properties": {{"crop": "{crop}"}}, "geometry": {shape}}}'
        for crop in ("a\u2028b", "c\u0085d", "e\\ud800f")
    ]
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    units = gridder.read_units(path, layer="field")
    assert units.attributes["crop"].tolist() == ["a\u2028b", "c\u0085d", "e\ufffdf"]


def test_a_bare_list_of_shapes(tmp_path):
    """Programs for the web keep `[{geometry: …}]`, which GDAL does not take; all keys become columns."""
    path = tmp_path / "f.json"
    path.write_text(json.dumps([{"geometry": shapely.geometry.mapping(s), "n": 1} for s in SHAPES]))
    units = gridder.read_units(path, layer="field")
    assert units.attributes["n"].tolist() == [1, 1]
    path.write_text('[{"geometry": 1}]')
    assert _faults(path) == ["no-geojson"]


def test_the_crs_of_geoparquet(tmp_path, frame):
    """None said means longitude and latitude; said to be unknown it must be named; others are kept."""
    path = tmp_path / "f.parquet"
    frame.to_crs(4528).to_parquet(path)
    assert gridder.read_units(path, layer="field").frame.crs.to_epsg() == 4528
    frame.set_crs(None, allow_override=True).to_parquet(path)
    assert _faults(path) == ["missing-crs"]
    pd.DataFrame({"geometry": shapely.to_wkb(SHAPES)}).to_parquet(path)
    assert _faults(path) == ["missing-crs"]
    assert len(gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")) == 2


GPX = """<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="30" lon="120"><name>井</name></wpt>
<trk><name>一号田</name><trkseg>{points}</trkseg></trk>
<trk><name>路</name><trkseg><trkpt lat="30" lon="120"/><trkpt lat="31" lon="121"/></trkseg></trk></gpx>"""


def test_a_walked_boundary(tmp_path):
    """A GPX track whose ends nearly meet is an area where areas are wanted; an open one is told."""
    ring = [(0, 0), (0, 1), (1, 1), (1, 0), (0.02, 0)]
    points = "".join(f'<trkpt lat="{30 + y * 1e-3}" lon="{120 + x * 1e-3}"/>' for x, y in ring)
    path = tmp_path / "walk.gpx"
    path.write_text(GPX.format(points=points), encoding="utf-8")
    units = gridder.read_units(f"{path}|layername=tracks", layer="field")
    assert units.attributes["name"].tolist() == ["一号田"]
    assert _kinds(units.repairs) == {"closed-lines": (1,), "open-lines": (2,)}
    assert len(gridder.read_barriers(f"{path}|layername=tracks").frame) == 2
    assert len(gridder.read_bridges(f"{path}|layername=waypoints").frame) == 1


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_drawing_in_gbk(tmp_path):
    """Closed polylines of a DXF are areas; its layers' names come out right, by header or by |encoding=."""
    lines = [SHAPES[0].exterior, shapely.LineString([(120, 30), (121, 31)])]
    path = tmp_path / "f.dxf"
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"Layer": ["field", "road"]}, geometry=lines), path, driver="DXF"
    )
    text = path.read_bytes().replace(b"field", "田块".encode("gbk"))
    path.write_bytes(text)
    assert _faults(path) == ["missing-crs"]
    units = gridder.read_units(f"{path}|crs=EPSG:4326|encoding=GBK", layer="field")
    assert units.attributes["Layer"].tolist() == ["田块"]
    assert _kinds(units.repairs)["open-lines"] == (2,)
    path.write_bytes(text.replace(b"ANSI_1252", b"ANSI_936"))
    units = gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")
    assert (units.attributes["Layer"].tolist(), units.source.encoding) == (["田块"], "GBK")
    path.write_bytes(b"AutoCAD Binary DXF\r\n\x1a\x00")
    assert _faults(path) == ["binary-dxf"]


def test_a_charset_that_lies(tmp_path, frame):
    """What the user says of a MapInfo table counts more than what stands in it."""
    path = tmp_path / "f.mif"
    _write(frame, path)
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"WindowsLatin1"))
    assert list(gridder.read_units(path, layer="field").attributes)[1] != "作物"
    _same_fields(gridder.read_units(f"{path}|encoding=GBK", layer="field"))


def test_kml_in_gbk(tmp_path):
    """The declaration of XML is believed where it can be true, and |encoding= more."""
    path = tmp_path / "f.kml"
    place = "<Placemark><name>水田</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    ring = " ".join(f"{x},{y}" for x, y in SHAPES[0].exterior.coords)
    text = f'<?xml version="1.0" encoding="GB2312"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place.format(ring)}</Document></kml>'
    path.write_bytes(text.encode("gbk"))
    assert gridder.read_units(path, layer="field").attributes["Name"].tolist() == ["水田"]
    path.write_bytes(text.replace("GB2312", "UTF-8").encode("gbk"))
    assert gridder.read_units(path, layer="field").attributes["Name"].tolist() == ["水田"]


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_commas_of_shapes_separate_no_cells(tmp_path, separator):
    """A shape as text has more commas than the table has cells; and it may be long."""
    path = tmp_path / "f.csv"
    ring = shapely.segmentize(SHAPES[0], 4e-7)
    rows = [f'{n}{separator}"{shape.wkt}"' for n, shape in zip("12", [SHAPES[1], ring], strict=True)]
    path.write_text("\n".join([f"编号{separator}WKT", *rows]), encoding="utf-8")
    units = gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")
    assert (len(units), len(rows[1]) > 131_072) == (2, True)
    if separator == ";":
        path.write_text("\n".join(["编号;WKT", *rows]).replace('"', ""), encoding="utf-8")
        assert len(gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")) == 2


def test_a_table_with_shapes(tmp_path):
    """A column of WKT makes fields, barriers and bridges; a broken shape is named by its row."""
    path = tmp_path / "f.csv"
    rows = [
        f"{n},{crop},{shape.wkt}".replace(shape.wkt, f'"{shape.wkt}"')
        for n, crop, shape in zip("12", CROPS, SHAPES, strict=True)
    ]
    path.write_text("\n".join(["编号,作物,WKT", *rows, '3,大豆,"POLYGON ((0 0, 1"']), encoding="gbk")
    assert _faults(path) == ["missing-crs"]
    units = gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")
    assert units.attributes["作物"].tolist() == CROPS
    assert _kinds(units.repairs)["unreadable-wkt"] == (4,)
    assert len(gridder.read_barriers(f"{path}|crs=EPSG:4326").frame) == 2
    path.write_text("lon,lat\n120,30\nx,30\n")
    crossings = gridder.read_bridges(f"{path}|crs=EPSG:4326")
    assert crossings.frame.geometry.tolist() == [shapely.Point(120, 30)]
    assert _kinds(crossings.repairs)["unreadable-wkt"] == (3,)
    assert _faults(path) == ["no-shapes-in-table"]


def test_several_layers_are_listed(tmp_path, frame):
    """Of a geodatabase with two layers of areas one must be named; the other kind does not count."""
    path = tmp_path / "f.gdb"
    pyogrio.write_dataframe(frame, path, layer="东", driver="OpenFileGDB")
    pyogrio.write_dataframe(frame, path, layer="西", driver="OpenFileGDB", append=True)
    lines = frame.set_geometry(frame.boundary)
    pyogrio.write_dataframe(lines, path, layer="路", driver="OpenFileGDB", append=True)
    with pytest.raises(gridder.InputError, match="东, 西"):
        gridder.read_units(path, layer="field")
    assert len(gridder.read_units(f"{path}|layername=西", layer="field")) == 2
    assert len(read_layer(path, family=formats.LINES).rows) == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("f.dwg", "convert-in-cad"),
        ("f.gml", "convert-in-qgis"),
        ("f.rar", "other-archive"),
        ("f.wp", "convert-in-mapgis"),
        ("f.dbf", "part-of-shapefile"),
        ("f.mid", "part-of-mapinfo"),
    ],
)
def test_what_people_give_by_mistake(tmp_path, name, kind):
    """Known formats that are not read have a remedy of their own."""
    (tmp_path / name).write_text("x")
    assert _faults(tmp_path / name) == [kind]


def test_rows_keep_their_numbers_in_a_subset(tmp_path, frame):
    """A finding about the second row says 2, also where the first was filtered out."""
    path = tmp_path / "f.fgb"
    frame.to_file(path, SPATIAL_INDEX="NO")
    units = gridder.read_units(f"{path}|subset=\"作物\" = '玉米'", layer="field")
    assert units.frame["row"].tolist() == [2]
