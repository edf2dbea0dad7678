"""Files that would make a reader open other files, fetch addresses, or end the process."""

from __future__ import annotations

import json
import socket
import sqlite3
import stat
import struct
import threading
import zipfile

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

import gridder
from gridder.io import formats

HIDDEN = "TOP-SECRET"
SQUARE = shapely.box(0, 0, 1, 1)
TEXT_SUFFIXES = sorted(set(formats.DRIVER_OF_SUFFIX) - {".gdb"})


def _outcome(path):
    """Return the kinds of faults and all that is said, or what was read."""
    try:
        units = gridder.read_units(path, layer="field")
    except gridder.InputError as error:
        return [fault.kind for fault in error.faults], error.say("en") + error.say("zh")
    return [], units.attributes.to_csv() + str(units.repairs)


@pytest.fixture
def listener():
    """Count who comes by on an address of this machine."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    came, end = [], threading.Event()

    def run():
        while not end.is_set():
            try:
                server.accept()[0].close()
                came.append(1)
            except TimeoutError:
                continue

    thread = threading.Thread(target=run)
    thread.start()
    yield server.getsockname()[1], came
    end.set()
    thread.join()
    server.close()


@pytest.mark.parametrize("suffix", TEXT_SUFFIXES)
def test_documents_in_disguise(tmp_path, listener, suffix):
    """A VRT or WFS document under any name reads no other file and calls at no address."""
    port, came = listener
    secret = tmp_path / "secret.csv"
    secret.write_text(f"id,wkt\n{HIDDEN},POINT (1 2)\n")
    for document in (
        (
            f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>CSV:{secret}</SrcDataSource>"
            "</OGRVRTLayer></OGRVRTDataSource>"
        ),
        f"<OGRWFSDataSource><URL>http://127.0.0.1:{port}/wfs</URL></OGRWFSDataSource>",
    ):
        disguise = tmp_path / f"fields{suffix}"
        disguise.write_text(document)
        kinds, said = _outcome(disguise)
        assert kinds
        assert HIDDEN not in said
    assert not came


def test_network_links_are_not_followed(tmp_path, listener):
    """Neither to an address nor to a file beside; that they are there is told."""
    port, came = listener
    other = tmp_path / "other.kml"
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    point = "<Placemark><name>{}</name><Point><coordinates>1,2</coordinates></Point></Placemark>"
    other.write_text(kml.format(point.format(HIDDEN)))
    links = "".join(
        f"<NetworkLink><Link><href>{address}</href></Link></NetworkLink>"
        for address in (f"http://127.0.0.1:{port}/a.kml", str(other), other.as_uri(), "other.kml")
    )
    path = tmp_path / "links.kml"
    path.write_text(kml.format(point.format("here") + links))
    packed = tmp_path / "links.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "doc.kml")
    for given in (path, packed):
        crossings = gridder.read_bridges(given)
        assert [finding.kind for finding in crossings.repairs][:1] == ["network-link"]
        assert len(crossings.frame) == 1
    assert not came


ENTITIES = {
    "external": '<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]>',
    "laughs": "<!DOCTYPE x [<!ENTITY l0 'ha'>"
    + "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10))
    + "<!ENTITY a '&l9;'>]>",
    "dtd": '<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd">',
}
BODIES = {
    ".kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>{a}</name>'
    "<Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>",
    ".gpx": '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="1" lon="2">'
    "<name>{a}</name></wpt></gpx>",
}


@pytest.mark.parametrize("suffix", list(BODIES))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities(tmp_path, listener, suffix, encoding):
    """Entities that multiply or lead out are refused, in whatever encoding the document is."""
    port, came = listener
    secret = tmp_path / "secret.txt"
    secret.write_text(HIDDEN)
    for name, declared in ENTITIES.items():
        path = tmp_path / f"{name}{suffix}"
        body = BODIES[suffix].format(a="&a;" if name != "dtd" else "a")
        text = '<?xml version="1.0"?>' + declared.replace("{secret}", str(secret)).replace(
            "{port}", str(port)
        )
        path.write_bytes((text + body).encode(encoding))
        kinds, said = _outcome(path)
        assert kinds == ["xml-entity"]
        assert HIDDEN not in said
    assert not came


def _nested_wkb(depth):
    return struct.pack("<BII", 1, 7, 1) * depth + struct.pack("<BIdd", 1, 1, 0.0, 0.0)


def test_geometries_nested_without_end(tmp_path):
    """WKB that nests a hundred thousand times ends any process that parses it: not the user's."""
    path = tmp_path / "f.parquet"
    geo = {
        "version": "1.1.0",
        "primary_column": "g",
        "columns": {"g": {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({"g": [_nested_wkb(100_000)]}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path)
    assert _outcome(path)[0] == ["child-died"]
    package = tmp_path / "f.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE], crs=4326).to_file(package, SPATIAL_INDEX="NO")
    with sqlite3.connect(package) as database:
        (blob,) = database.execute("SELECT geom FROM f").fetchone()
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE f SET geom = ?", [blob[:40] + _nested_wkb(100_000)])
    database.close()
    assert _outcome(package)[0]
    table = tmp_path / "f.csv"
    table.write_text("WKT\n" + "GEOMETRYCOLLECTION(" * 100_000 + "POINT (0 0)" + ")" * 100_000)
    assert _outcome(f"{table}|crs=EPSG:4326")[0]


def test_parquet_of_absurd_sizes(tmp_path, monkeypatch):
    """A few kilobytes may stand for a billion values: rows and memory are limited."""
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"n": pa.array(np.zeros(6_000_000, dtype=np.int8))}), path)
    assert path.stat().st_size < 100_000
    assert _outcome(path)[0] == ["too-many-features"]
    group = pa.table({"geometry": pa.array([b"x" * 1_000_000] * 100, pa.binary())})
    with pq.ParquetWriter(path, group.schema, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(group)
    assert path.stat().st_size < 100_000
    monkeypatch.setenv("GRIDDER_READ_MEMORY_MB", "400")
    assert _outcome(path)[0] == ["too-much-memory"]


def test_parquet_with_strange_metadata(tmp_path):
    """Metadata of other shapes than the standard's are a fault."""
    path = tmp_path / "f.parquet"
    for geo in (
        "[]",
        "{",
        "[" * 100_000,
        '{"primary_column": "g", "columns": {"g": 1}}',
        '{"primary_column": 1}',
    ):
        table = pa.table({"g": [SQUARE.wkb]}).replace_schema_metadata({"geo": geo})
        pq.write_table(table, path)
        assert _outcome(path)[0] == ["unreadable"]
    table = pa.table([[SQUARE.wkb], [SQUARE.wkb]], names=["geometry", "geometry"])
    pq.write_table(table, path)
    assert _outcome(path)[0] == ["unreadable"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.tab", '!table\n!version 100\nOpen Table "{other}"\nCreate View f As Select * From other\n'),
        ("f.tab", "!table\n!version 300\nDefinition Table\n  Type LINKED\n  Fields 1\n    a Char (1) ;\n"),
        ("f.tab", '!table\n!version 300\nDefinition Table\n  File "{other}"\n  Type TIF\n'),
    ],
)
def test_mapinfo_tables_made_of_others(tmp_path, name, content):
    """Views, links and pictures name other files, which are not opened."""
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"a": [HIDDEN]}, geometry=[SQUARE], crs=4326),
        tmp_path / "other.tab",
        driver="MapInfo File",
    )
    path = tmp_path / name
    path.write_text(content.format(other=tmp_path / "other.tab"))
    kinds, said = _outcome(path)
    assert kinds == ["leads-to-others"]
    assert HIDDEN not in said


def test_a_drawing_with_an_outside_reference(tmp_path):
    """The block of an XREF in a DXF names another drawing, of which nothing is read."""
    lines = gpd.GeoDataFrame({"Layer": [HIDDEN]}, geometry=[SQUARE.exterior], crs=4326)
    pyogrio.write_dataframe(lines, tmp_path / "other.dxf", driver="DXF")
    path = tmp_path / "f.dxf"
    reference = (
        "0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\nX\n70\n4\n10\n0\n20\n0\n30\n0\n3\nX\n"
        f"1\n{tmp_path / 'other.dxf'}\n0\nENDBLK\n0\nENDSEC\n"
        "0\nSECTION\n2\nENTITIES\n0\nINSERT\n8\n0\n2\nX\n10\n0\n20\n0\n30\n0\n0\nENDSEC\n0\nEOF\n"
    )
    path.write_text(reference)
    kinds, said = _outcome(f"{path}|crs=EPSG:4326")
    assert kinds
    assert HIDDEN not in said


@pytest.fixture
def can_link(tmp_path):
    try:
        (tmp_path / "link").symlink_to(tmp_path)
    except OSError:
        pytest.skip("this system permits no links")


@pytest.mark.usefixtures("can_link")
def test_links_in_a_set(tmp_path):
    """A part that is a link to a file elsewhere is refused; a set of links that the user made is read."""
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    elsewhere.mkdir()
    here.mkdir()
    frame = gpd.GeoDataFrame({"a": [HIDDEN]}, geometry=[SQUARE], crs=4326)
    frame.to_file(elsewhere / "f.shp")
    frame.to_file(here / "f.shp")
    (here / "f.dbf").unlink()
    (here / "f.dbf").symlink_to(elsewhere / "f.dbf")
    kinds, said = _outcome(here / "f.shp")
    assert kinds == ["link-in-set"]
    assert "f.dbf" in said
    own = tmp_path / "own"
    own.mkdir()
    for part in elsewhere.iterdir():
        (own / part.name).symlink_to(part)
    assert _outcome(own / "f.shp")[0] == []


@pytest.mark.usefixtures("can_link")
def test_links_in_a_geodatabase(tmp_path):
    """A folder with a link among its tables is refused."""
    path = tmp_path / "f.gdb"
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"a": ["x"]}, geometry=[SQUARE], crs=4326), path, driver="OpenFileGDB"
    )
    table = sorted(path.glob("*.gdbtable"))[-1]
    table.rename(tmp_path / "table")
    table.symlink_to(tmp_path / "table")
    assert _outcome(path)[0] == ["link-in-set"]


@pytest.mark.parametrize("name", ["f.gdb/../../evil", "f.gdb/a:b.gdbtable", "/f.gdb/a.gdbtable", "..\\f.shp"])
def test_entries_that_lead_out(tmp_path, name):
    """Zip slip, with the folder of a geodatabase and with backslashes; nothing is written outside."""
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    assert _outcome(path)[0][0] in {"path-out-of-archive", "bad-archive"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.zip"]


def test_a_link_among_the_tables_of_an_archive(tmp_path):
    """Links are refused in every archive, KMZ too."""
    entry = zipfile.ZipInfo("doc.kml")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    for name in ("f.zip", "f.kmz"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(entry, "/etc/passwd")
        assert _outcome(tmp_path / name)[0] == ["link-in-archive"]


def test_archives_that_multiply(tmp_path):
    """Sixteen archives of a megabyte of zeros each, in one: bytes are counted over all of them."""
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(70):
            archive.writestr(f"{k}.geojson", b"0" * 1_000_000)
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(20):
            archive.write(inner, f"{k}.zip")
    assert _outcome(path)[0][0] in {"too-many-entries", "archive-bomb"}
