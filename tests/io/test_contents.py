"""What a file really holds is told by its first bytes, where its name says something else."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

import gridder
from gridder.io.contents import other_content


def _zip():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("a.shp", "x")
    return raw.getvalue()


def _workbook():
    raw = io.BytesIO()
    openpyxl.Workbook().save(raw)
    return raw.getvalue()


@pytest.mark.parametrize(
    ("name", "raw", "content", "advice"),
    [
        ("a.geojson", b"\n<!DOCTYPE html><html>", "web page", "download"),
        ("a.geojson", b"<OGRVRTDataSource>", "VRT", "QGIS"),
        ("a.shp", _zip(), "zip", ".zip"),
        ("a.geojson", _workbook(), "Excel", ".xlsx"),
        ("a.shp", b"SQLite format 3\x00", "GeoPackage", ".gpkg"),
        ("a.dxf", b"AC1032", "DWG", "DXF"),
        ("a.zip", b"Rar!\x1a\x07", "RAR", "unpack"),
        ("a.json", b'<?xml version="1.0"?><kml>', "KML", ".kml"),
        ("a.kml", b'{"type": "FeatureCollection"', "GeoJSON", ".geojson"),
        ("a.shp", b"%PDF-1.7", "PDF", "ask"),
    ],
)
def test_content_under_a_wrong_name(tmp_path, name, raw, content, advice):
    """It is named with what to do, in both languages."""
    path = tmp_path / name
    path.write_bytes(raw)
    facts = other_content(path)
    assert content in facts["content"]
    assert advice in facts["advice"]
    assert not facts["content_zh"].isascii() or facts["content_zh"] in {"PDF", "KML", "GeoJSON"}
    assert not facts["advice_zh"].isascii()


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.zip", _zip()),
        ("a.xlsx", _workbook()),
        ("a.geojson", b'{"type": '),
        ("a.csv", b"1,2\n"),
        ("a.shp", b""),
    ],
)
def test_content_under_its_own_name(tmp_path, name, raw):
    """Nothing is said of what may be damaged but is no other kind of file."""
    path = tmp_path / name
    path.write_bytes(raw)
    assert other_content(path) is None


def test_it_is_told_instead_of_what_a_library_says(tmp_path):
    """A page that was saved instead of a file; a broken file of its own kind keeps its own fault."""
    path = tmp_path / "fields.geojson"
    path.write_text("<html><body>Please sign in</body></html>")
    with pytest.raises(gridder.InputError, match="web page") as caught:
        gridder.read_units(path, layer="field")
    assert caught.value.faults[0].kind == "other-content"
