"""Units cut by themselves: `gridder.split_units`, `gridder.write_parts` and `gridder split`."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box
from typer.testing import CliRunner

import gridder
from gridder import cli
from gridder.geometry.crs import areas_m2
from gridder.service.split import nearest_counts

HA = 10_000.0


def _fields() -> gpd.GeoDataFrame:
    """Return an oblong of 12 ha, a square of 4 ha and a ring of 8 ha, with awkward attributes."""
    ring = box(0, 1000, 300, 1300).difference(box(150, 1100, 250, 1200))
    return gpd.GeoDataFrame(
        {
            "FIELD_ID": ["A", "B", "C"],
            "owner": ["甲", "乙", "丙"],
            "fid": [7, 8, 9],
            "Area_ha": [12.0, 4.0, 8.0],
            "geom": ["x", "y", "z"],
        },
        geometry=gpd.GeoSeries([box(0, 0, 600, 200), box(0, 500, 200, 700), ring]).translate(
            500_000, 5_200_000
        ),
        crs=32652,
    )


def _units(frame: gpd.GeoDataFrame) -> gridder.Units:
    return gridder.units_from_frame(frame, layer="field", keep=["owner"], columns={"unit_id": "FIELD_ID"})


def test_every_unit_gets_the_number_of_parts_nearest_to_the_target():
    """12, 4 and 8 ha by 4 ha: three, one and two parts, named along the unit, with its attributes."""
    parts = gridder.split_units(_units(_fields()), target_m2=4 * HA)
    assert parts.frame["unit_id"].tolist() == ["A/1", "A/2", "A/3", "B", "C/1", "C/2"]
    assert parts.frame["source_id"].tolist() == ["A", "A", "A", "B", "C", "C"]
    assert parts.attributes["owner"].tolist() == ["甲", "甲", "甲", "乙", "丙", "丙"]
    assert areas_m2(parts.frame.geometry) == pytest.approx(np.full(6, 4 * HA), rel=1e-3)
    assert shapely.area(parts.frame.geometry.to_numpy()) == pytest.approx(np.full(6, 4 * HA), rel=1e-6)
    west = parts.frame.geometry[:3].bounds["minx"]
    assert west.tolist() == pytest.approx([500_000, 500_200, 500_400], abs=1e-6)


@pytest.mark.parametrize(("area", "n"), [(1, 1), (5, 1), (6, 2), (9, 2), (10, 3), (16, 4)])
def test_the_nearest_number_of_parts(area, n):
    """By 4: 5 stays whole (1 off, not 1.5); 10 gives three of 3.33 (0.67 off), not two of 5 (1 off)."""
    assert nearest_counts(np.array([float(area)]), 4.0).tolist() == [n]


def test_degrees_are_cut_on_the_ellipsoid():
    """Equal parts of a field in degrees have equal areas on the ellipsoid to a millionth."""
    degrees = _fields().to_crs(4326)
    parts = gridder.split_units(_units(degrees), parts=5, compact=True)
    area = areas_m2(parts.frame.geometry).reshape(3, 5)
    assert area == pytest.approx(np.repeat(area.mean(axis=1), 5).reshape(3, 5), rel=1e-6)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, "no-size"),
        ({"target_m2": 5.0, "parts": 2}, "no-size"),
        ({"target_m2": 0.0}, "bad-size"),
        ({"target_m2": float("nan")}, "bad-size"),
        ({"parts": 0}, "bad-size"),
        ({"parts": 10_001}, "bad-size"),
        ({"target_m2": 1.0}, "too-many-parts"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, kind):
    with pytest.raises(gridder.InputError) as caught:
        gridder.split_units(_units(_fields()), **asked)
    assert [fault.kind for fault in caught.value.faults] == [kind]


def _split(*words):
    return CliRunner().invoke(cli.app, ["split", *map(str, words), "--lang", "en"])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fields.geojson"
    _fields().to_crs(4326).to_file(path)
    return path


@pytest.mark.parametrize("area", ["4ha", "60mu", "60亩", "40000 m2", "40000", "4公顷"])
def test_a_file_is_cut(file, tmp_path, area):
    """All attributes are kept, those with names that GeoPackage or we need under another."""
    done = _split(file, "--target-area", area, "--out", tmp_path / "new" / "parts.gpkg")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["3 fields in 6 parts", str(tmp_path / "new" / "parts.gpkg")]
    parts = gpd.read_file(tmp_path / "new" / "parts.gpkg", layer="parts")
    assert parts["unit_id"].tolist() == ["A/1", "A/2", "A/3", "B", "C/1", "C/2"]
    assert parts["area_ha"].tolist() == pytest.approx([4.0] * 6, rel=2e-3)
    assert parts["Area_ha_"].tolist() == [12.0, 12.0, 12.0, 4.0, 8.0, 8.0]
    assert parts["owner"].tolist() == ["甲", "甲", "甲", "乙", "丙", "丙"]
    assert parts["fid"].tolist() == [7, 7, 7, 8, 9, 9]
    assert parts["geom"].tolist() == ["x", "x", "x", "y", "z", "z"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["parts.gpkg"]


def test_numbers_come_as_json(file, tmp_path):
    done = _split(file, "--parts", 4, "--compact", "--out", tmp_path / "p.gpkg", "--json")
    told = json.loads(done.stdout)
    assert (told["units"], told["parts"]) == (3, 12)


def test_nothing_is_overwritten_unasked(file, tmp_path):
    """A file that is there stays; with --overwrite it is replaced, but never the input."""
    out = tmp_path / "p.gpkg"
    out.write_bytes(b"mine")
    assert _split(file, "--parts", 2, "--out", out).exit_code == 2
    assert out.read_bytes() == b"mine"
    assert _split(file, "--parts", 2, "--out", out, "--overwrite").exit_code == 0
    assert len(gpd.read_file(out)) == 6
    shutil.copy(out, tmp_path / "input.gpkg")
    again = _split(tmp_path / "input.gpkg", "--parts", 2, "--out", tmp_path / "input.gpkg", "--overwrite")
    assert again.exit_code == 2
    assert "is read" in again.stderr
    assert len(gpd.read_file(tmp_path / "input.gpkg")) == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--target-area", "big"], "cannot be read"),
        (["--target-area", "0ha"], "positive"),
        ([], "number of parts is needed"),
        (["--parts", "2", "--out", "p.shp"], ".gpkg"),
        (["--parts", "2", "--out", "."], ".gpkg"),
    ],
)
def test_wrong_words_are_named(file, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = _split(file, "--out", tmp_path / "p.gpkg", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert sorted(tmp_path.iterdir()) == before
