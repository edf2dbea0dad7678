"""Every limit of reading is a setting, and passing it is a fault that names the setting."""

from __future__ import annotations

import json
import os
import zipfile

import geopandas as gpd
import pytest
import shapely

import gridder
from gridder.io import guard, limits
from gridder.io.inspect import inspect
from gridder.io.limits import Limits, limits_of, wrong_settings
from gridder.jobs.process import child_environment


def _fault(path, family="field"):
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer=family)
    (fault,) = caught.value.faults
    return fault


@pytest.fixture
def squares(tmp_path):
    path = tmp_path / "fields.geojson"
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(3)]
    gpd.GeoDataFrame({"n": range(3)}, geometry=shapes, crs=4326).to_file(path)
    return path


def test_of_many_layers_the_first_are_looked_at(tmp_path, monkeypatch):
    """The names of the others are told in words and as JSON, and each can be named."""
    path = tmp_path / "many.gpkg"
    square = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    for name in "abc":
        square.to_file(path, layer=name)
    monkeypatch.setenv("GRIDDER_READ_LAYERS", "1")
    found = inspect(path)
    assert [layer.name for layer in found.layers] == ["a"]
    assert found.as_dict()["layers_left_out"] == ["b", "c"]
    assert found.lines("en")[-1].startswith("2 further layers were not looked at")
    assert found.lines("en")[-1].endswith("GRIDDER_READ_LAYERS higher: b, c")
    assert inspect(f"{path}|layername=c").layers[0].name == "c"


@pytest.fixture
def archive(squares, tmp_path):
    path = tmp_path / "fields.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(squares, "a.geojson")
        packed.writestr("b.txt", "x" * 3_000_000)
        packed.writestr("c.json", json.dumps(os.urandom(1_000_000).hex()))
    return path


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("FEATURES", 2, "too-many-features"),
        ("VERTICES", 14, "too-many-vertices"),
        ("ENTRIES", 2, "too-many-entries"),
        ("UNPACKED_MB", 1, "archive-bomb"),
        ("RATIO", 1, "archive-too-dense"),
    ],
)
def test_a_limit_of_content(squares, archive, monkeypatch, *, name, value, kind):
    """Rows, vertices, entries, unpacked bytes and ratio; one more is allowed where the limit is one more."""
    path = squares if name in {"FEATURES", "VERTICES"} else archive
    monkeypatch.setenv(f"GRIDDER_READ_{name}", str(value))
    fault = _fault(path)
    assert fault.kind == kind
    assert f"GRIDDER_READ_{name}" in fault.remedy.en
    assert fault.remedy.zh
    if name in {"FEATURES", "VERTICES"}:
        monkeypatch.setenv(f"GRIDDER_READ_{name}", str(value + 1))
        assert len(gridder.read_units(path, layer="field")) == 3


def test_the_size_of_a_file_and_of_a_set(tmp_path, monkeypatch):
    """A megabyte too much is refused before it is opened, also where it lies in a part, or in a table; a row too much as well."""
    monkeypatch.setenv("GRIDDER_READ_FILE_MB", "1")
    path = tmp_path / "a.shp"
    gpd.GeoDataFrame({"n": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    assert len(gridder.read_units(path, layer="field")) == 1
    with path.with_suffix(".dbf").open("ab") as file:
        file.truncate(2_000_000)
    assert _fault(path).kind == "file-too-large"
    table = tmp_path / "a.csv"
    table.write_text("WKT\nx\ny\n")
    monkeypatch.setenv("GRIDDER_READ_FEATURES", "1")
    assert _fault(table).kind == "too-many-features"
    table.write_text("WKT\n" + " " * 2_000_000)
    assert _fault(table).kind == "file-too-large"


def test_nesting(archive, tmp_path, monkeypatch):
    """None at all may be asked for."""
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as packed:
        packed.write(archive, "inner.zip")
    assert len(gridder.read_units(outer, layer="field")) == 3
    monkeypatch.setenv("GRIDDER_READ_NESTING", "0")
    assert _fault(outer).kind == "nested-archive"


def _program(monkeypatch, text):
    """Let a program of ours stand for the child."""
    monkeypatch.setattr(guard, "CHILD", ("-c", text))


def test_the_parent_stops_a_child_that_takes_too_long(squares, monkeypatch):
    """Also where the system knows no limit of time."""
    monkeypatch.setenv("GRIDDER_READ_SECONDS", "1")
    _program(monkeypatch, "import time; time.sleep(600)")
    fault = _fault(squares)
    assert fault.kind == "too-slow"
    assert "GRIDDER_READ_SECONDS" in fault.remedy.zh


def test_the_parent_stops_a_child_that_takes_too_much_memory(squares, monkeypatch):
    """Also where the system knows no limit of memory."""
    monkeypatch.setenv("GRIDDER_READ_MEMORY_MB", "100")
    _program(monkeypatch, "import time; x = bytearray(b'x') * 300_000_000; time.sleep(600)")
    fault = _fault(squares)
    assert fault.kind == "too-much-memory"
    assert "GRIDDER_READ_MEMORY_MB" in fault.remedy.zh


def test_a_child_that_dies(squares, monkeypatch):
    """It is a fault in words, whatever the child died of."""
    _program(monkeypatch, "import os; os.abort()")
    assert _fault(squares).kind == "child-died"
    _program(monkeypatch, "print('{')")
    assert _fault(squares).kind == "child-died"


def test_settings_that_are_no_limits(squares, monkeypatch):
    """All wrong ones are named at once, before a file is opened."""
    monkeypatch.setenv("GRIDDER_READ_SECONDS", "soon")
    monkeypatch.setenv("GRIDDER_READ_ENTRIES", "0")
    fault = _fault(squares)
    assert fault.kind == "bad-setting"
    assert "GRIDDER_READ_SECONDS=soon" in fault.what.en
    assert "GRIDDER_READ_ENTRIES=0" in fault.what.zh


def test_every_limit_has_a_variable():
    """What is set is taken, what is not keeps its default; words and fractions are wrong."""
    for name, field in limits.NAMES.items():
        assert getattr(limits_of({name: "7"}), field) == 7
        assert wrong_settings({name: "7"}) == {}
        assert wrong_settings({name: "1.5"}) == {name: "1.5"}
        assert wrong_settings({name: "-1"}) == {name: "-1"}
    assert limits_of({}) == Limits()
    assert wrong_settings({"GRIDDER_READ_NESTING": "0"}) == {}


def test_a_job_of_the_service_has_the_same_limits():
    """Its process keeps these variables and no others of ours but the key's."""
    given = {"GRIDDER_READ_SECONDS": "7", "GRIDDER_DATABASE_URL": "hush"}
    assert child_environment(given) == {"GRIDDER_READ_SECONDS": "7", "PYTHONUTF8": "1"}
