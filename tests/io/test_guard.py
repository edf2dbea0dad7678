"""Files of strangers are opened behind walls: disguises, attacks by archives, and no secrets inside."""

from __future__ import annotations

import io
import json
import stat
import zipfile

import geopandas as gpd
import pytest
import shapely

import gridder
from gridder.io import formats, guard

HIDDEN = "id,wkt\n1,POINT (1 2)\n"


def _kinds(path, layer="field"):
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer=layer)
    assert all(fault.file and fault.remedy.en and fault.remedy.zh for fault in caught.value.faults)
    return [fault.kind for fault in caught.value.faults]


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg", ".shp"])
@pytest.mark.parametrize("head", ["", "<!-- fields -->"], ids=["plain", "behind-a-comment"])
def test_a_virtual_document_in_disguise_reads_no_other_file(tmp_path, suffix, head):
    """A VRT under another name would make GDAL read a file of its choice; where its kind is not seen, too."""
    secret = tmp_path / "secret.csv"
    secret.write_text(HIDDEN)
    disguise = tmp_path / f"fields{suffix}"
    disguise.write_text(
        f"{head}<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>CSV:{secret}</SrcDataSource>"
        "<GeometryType>wkbPoint</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
    )
    unseen = "no-json" if "json" in suffix else "unreadable"
    assert _kinds(disguise) == [unseen if head else "other-content"]


@pytest.mark.parametrize(("head", "kind"), [("", "other-content"), ("<!-- fields -->", "no-json")])
def test_a_web_service_document_is_not_followed(tmp_path, head, kind):
    """A WFS document would make GDAL fetch an address."""
    disguise = tmp_path / "fields.geojson"
    disguise.write_text(f"{head}<OGRWFSDataSource><URL>http://127.0.0.1:9/wfs</URL></OGRWFSDataSource>")
    assert _kinds(disguise) == [kind]


def test_the_child_knows_only_the_listed_drivers():
    """Every driver of GDAL but ours is named to be skipped."""
    skipped = set(guard._environment()["OGR_SKIP"].split(","))
    assert not skipped & formats.DRIVERS
    assert {"OGR_VRT", "WFS", "CSV", "PostgreSQL"} & skipped


def test_the_child_inherits_no_secret(monkeypatch):
    """Keys and proxies of the parent stay with the parent."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("GRIDDER_KEY_FILE", "hush")
    assert "hush" not in guard._environment().values()


def _zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def _nested(depth):
    """Return the bytes of an archive in an archive, so many times."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        if depth > 1:
            archive.writestr("inner.zip", _nested(depth - 1))
        else:
            archive.writestr("fields.geojson", json.dumps(shapely.geometry.mapping(shapely.box(0, 0, 1, 1))))
    return content.getvalue()


def _link():
    entry = zipfile.ZipInfo("fields.geojson")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([("../fields.geojson", "{}")], "path-out-of-archive"),
        ([("/etc/fields.geojson", "{}")], "path-out-of-archive"),
        ([("C:\\fields.geojson", "{}")], "path-out-of-archive"),
        ([(_link(), "/etc/passwd")], "link-in-archive"),
        ([("inner.zip", _nested(2))], "nested-archive"),
        ([("inner.zip", b"PK")], "bad-archive"),
        ([("readme.txt", "nothing here")], "nothing-in-archive"),
        ([("fields.geojson", b"0" * 40_000_000)], "archive-too-dense"),
        ([(f"{i}.geojson", "{}") for i in range(501)], "too-many-entries"),
    ],
)
def test_a_hostile_archive_is_refused(tmp_path, entries, kind):
    """Paths that lead out, links, archives in archives, bombs and floods of entries."""
    assert _kinds(_zip(tmp_path / "fields.zip", entries)) == [kind]


def test_something_else_named_zip(tmp_path):
    """A file that only calls itself .zip is refused in words."""
    path = tmp_path / "fields.zip"
    path.write_text("not a zip")
    assert _kinds(path) == ["bad-archive"]


def test_an_archive_with_a_password(tmp_path):
    """An encrypted entry is refused (the flag alone decides)."""
    path = _zip(tmp_path / "fields.zip", [("fields.geojson", "{}")])
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(bytes(raw))
    assert _kinds(path) == ["archive-with-password"]


def test_names_in_gbk_inside_an_archive(tmp_path):
    """A shapefile whose name in the archive is Chinese in GBK keeps its layer's name."""
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "x.shp")
    path = tmp_path / "fields.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            entry = zipfile.ZipInfo("placeholder" + part)
            archive.writestr(entry, (tmp_path / f"x{part}").read_bytes())
    raw = path.read_bytes().replace(b"placeholder", "田块田块田".encode("gbk") + b"1")
    path.write_bytes(raw)
    assert gridder.read_units(path, layer="field").source.layername == "田块田块田1"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("missing.shp", "missing-file"), ("fields.docx", "unknown-format"), (".", "unknown-format")],
)
def test_what_is_no_file_of_ours(tmp_path, name, kind):
    """A missing file, another format and a folder are faults in words."""
    if name == "fields.docx":
        (tmp_path / name).write_text("x")
    assert _kinds(tmp_path / name) == [kind]


def test_noise_is_refused_without_advice_for_programmers(tmp_path):
    """What the library says of it ends before it tells how to call a driver."""
    path = tmp_path / "fields.shp"
    path.write_bytes(bytes(range(7, 200)) * 10)
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field")
    said = caught.value.say("en")
    assert "not recognized" in said
    assert "driver" not in said
