"""What is read of every real and every awkward file, or why it is refused, against a table kept by hand.

`expected.csv` has a line a layer: the file, what is asked of it, as what it is read (units, barriers,
bridges or a table), how many rows it has by GDAL's own count, how many are kept, what was repaired or left
out (kind and rows), and the kinds of faults where it is refused.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import shapely

import gridder
from gridder.io import formats
from gridder.io.layers import read_layer
from gridder.io.refusals import MISTAKEN_SUFFIXES

TABLE = Path(__file__).with_name("expected.csv")
FOLDERS = ("nasty", "derived_crs", "fields", "buildings", "points", "boundaries")
LEFT_OUT = frozenset(["null-geometry", "collapsed", "other-geometry"])
"""Kinds of findings that name rows which were not used."""
FAST = ("nasty/parquet", "nasty/fgb")
SECONDS = "60"


def _lines():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def found(data_dir, file, options, kind):
    """Return what becomes of a file, as the table tells it."""
    readers = {
        "units": lambda path: gridder.read_units(path, layer="field"),
        "barriers": gridder.read_barriers,
        "bridges": gridder.read_bridges,
    }
    path = f"{data_dir / file}{options}"
    try:
        if kind == "table":
            rows = read_layer(path, family=formats.ANY)
            kept, n, findings = len(rows.rows), rows.source.n_rows, rows.findings
        else:
            result = readers[kind](path)
            source = result.source if kind == "units" else result.sources[0]
            kept, n, findings = len(result.frame), source.n_rows, result.repairs
            assert kind != "units" or shapely.is_valid(result.frame.geometry).all()
    except gridder.InputError as error:
        kinds = [f.kind if f.what.zh and f.remedy.zh else f"{f.kind}-in-no-words" for f in error.faults]
        return {"rows": "", "kept": "", "findings": "", "faults": " ".join(kinds)}
    left_out = sum(len(finding.rows) for finding in findings if finding.kind in LEFT_OUT)
    assert kept + left_out == n, f"{n - kept - left_out} rows are lost silently"
    told = sorted(f"{finding.kind}:{len(finding.rows)}" for finding in findings)
    return {"rows": str(n), "kept": str(kept), "findings": " ".join(told), "faults": ""}


def _groups():
    groups: dict[str, list[dict[str, str]]] = {}
    for line in _lines():
        groups.setdefault("/".join(line["file"].split("/")[:2]), []).append(line)
    return [
        pytest.param(lines, id=name, marks=[] if name in FAST else [pytest.mark.slow])
        for name, lines in groups.items()
    ]


@pytest.mark.data
@pytest.mark.parametrize("lines", _groups())
def test_every_file_is_read_or_refused_as_expected(data_dir, monkeypatch, lines):
    """Never a traceback, a hang, or a row that is neither kept nor named."""
    monkeypatch.setenv("GRIDDER_READ_SECONDS", SECONDS)
    strange = []
    for line in lines:
        asked = {name: line[name] for name in ("file", "options", "as")}
        now = found(data_dir, line["file"], line["options"], line["as"])
        if line != asked | now:
            strange.append((line, now))
    assert not strange


@pytest.mark.data
def test_every_file_is_in_the_table(data_dir):
    """No file of the data is forgotten; parts of shapefiles go with their .shp."""
    parts = (".shx", ".dbf", ".prj", ".cpg")
    known = {suffix for suffix in (*formats.SUFFIXES, *MISTAKEN_SUFFIXES) if suffix not in parts}
    files = {
        path.relative_to(data_dir).as_posix()
        for folder in FOLDERS
        for path in (data_dir / folder).rglob("*")
        if path.is_file() and path.suffix.lower() in known
    }
    assert files == {line["file"] for line in _lines()}


@pytest.mark.data
def test_gdal_counts_the_same_rows(data_dir):
    """The table's counts are those that pyogrio alone gave for the manifest, where it could read at all."""
    with (data_dir / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        counted = {(line["path"], line["layer"]): line for line in csv.DictReader(file)}
    compared = 0
    for line in _lines():
        layer = re.search(r"\|layername=([^|]*)", line["options"])
        name = layer[1] if layer else Path(line["file"]).stem
        manifest = counted.get((line["file"], name))
        if manifest and line["rows"] and manifest["status"] == "ok" and line["as"] != "table":
            more = "index-restored" in line["findings"]  # rows that a damaged index hid
            assert line["rows"] == manifest["n"] or (more and int(line["rows"]) > int(manifest["n"])), line
            compared += 1
    assert compared > 140


PLACES = {
    "cgcs2000_geo_4490_gbk": "",
    "cgcs2000_gk_cm120_4549_gbk": "",
    "cgcs2000_gk_zone40_4528_gbk": "",
    "xian80_gk_cm120_2385_gbk": "",
    "beijing54_gk_cm120_2437_gbk": "",
    "noprj_gk_cm120_utf8cpg": "|crs=EPSG:4549",
    "noprj_gk_zone40_gbk": "|crs=EPSG:4528",
    "noprj_wgs84_gbk": "|crs=EPSG:4326",
}


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", PLACES)
def test_places_come_back(data_dir, name):
    """Each of the fields in a Chinese system lies within 5 m of where it was."""
    hangzhou = data_dir / "fields/hangzhou_cn/hangzhou.gpkg"
    original = gridder.read_units(f"{hangzhou}|layername=landuse", layer="field").frame.to_crs(32651)
    given = gridder.read_units(f"{data_dir}/derived_crs/{name}.shp{PLACES[name]}", layer="field").frame
    given = given.to_crs(32651)
    tree = shapely.STRtree(original.geometry.centroid.to_numpy())
    _, distance = tree.query_nearest(
        given.geometry.centroid.to_numpy(), return_distance=True, all_matches=False
    )
    assert len(given) == 596
    assert distance.max() < 5
