"""The command line as people and programs use it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import geopandas as gpd
import pytest
import shapely
import typer.main
from typer.testing import CliRunner

import gridder
import sample_geo
from gridder import cli

TOWN = str(sample_geo.path("town.gpkg"))
FIELDS = str(sample_geo.path("fields.zip"))
MEMBERS = str(sample_geo.path("members.xlsx"))
BUILDINGS = f"{TOWN}|layername=buildings"


def _run(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "gridder", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )


def test_the_demo_ends_with_the_path_of_the_map(tmp_path):
    """Exit 0, and the last line of stdout is a file that exists; stages on stderr."""
    done = _run("demo", "--out", tmp_path / "demo", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(tmp_path / "demo" / "map.html")
    assert (tmp_path / "demo" / "map.html").is_file()
    assert {p.name for p in (tmp_path / "demo").iterdir()} == {
        "map.html",
        "plan.gpkg",
        "plan.json",
        "report.html",
        "report.json",
        "rosters.xlsx",
    }
    assert "dividing into grids" in done.stderr


def test_all_faults_come_at_once_and_nothing_is_written(tmp_path):
    """Three missing files, a column that cannot be read and a wrong size: exit 2, no folder."""
    done = _run(
        *("partition", "--fields", tmp_path / "a.shp", "--zones", tmp_path / "b.gpkg"),
        *("--members", tmp_path / "c.docx", "--target", 5, "--min", 9, "--map-column", "fields=ID"),
        *("--out", tmp_path / "out", "--lang", "en"),
    )
    assert done.returncode == 2
    assert "fields.unit_id=NAME" in done.stderr
    assert "minimum ≤ target ≤ maximum" in done.stderr
    for name in ("a.shp", "b.gpkg", "c.docx"):
        assert f"{name}: there is no such file" in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--fields", FIELDS, "--target", "10"], "area_ha"),
        (["--fields", FIELDS, "--of", "area_ha"], "--n-grids"),
        (["--fields", FIELDS, "--of", "area_ha", "--target", "9", "--min", "10"], "minimum ≤ target"),
        (["--fields", FIELDS, "--of", "colour", "--target", "9"], "面积亩"),
        (["--target", "10"], "--buildings"),
        (["--fields", FIELDS, "--map-column", "fields=ID", "--target", "9"], "fields.unit_id=NAME"),
        (
            ["--fields", FIELDS, "--map-column", "fields.unit_id=NR", "--of", "area_ha", "--target", "9"],
            "地块编号",
        ),
    ],
)
def test_a_fault_names_the_remedy(tmp_path, words, expected):
    """What is wrong comes with what to do."""
    done = _run("partition", *words, "--out", tmp_path / "out", "--lang", "en")
    assert done.returncode == 2
    assert expected in done.stderr
    assert not (tmp_path / "out").exists()


def test_faults_in_chinese_and_as_json(tmp_path):
    """--lang zh speaks Chinese; --json prints JSON and nothing else on stdout."""
    words = ("partition", "--fields", tmp_path / "a.shp", "--target", 5, "--out", tmp_path / "out")
    assert "找不到文件" in _run(*words, "--lang", "zh").stderr
    done = _run(*words, "--json")
    assert json.loads(done.stdout)["faults"][0]["kind"] == "missing-file"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").write_text("{}")
    refused = _run(*words, "--json")
    assert refused.returncode == 2
    assert len(json.loads(refused.stdout)["faults"]) == 1


def test_a_folder_with_files_is_refused_before_any_work(tmp_path):
    """Only --overwrite replaces a plan."""
    (tmp_path / "plan.json").write_text("{}")
    done = _run(
        "partition", "--fields", tmp_path / "missing.shp", "--target", 5, "--out", tmp_path, "--lang", "en"
    )
    assert done.returncode == 2
    assert "missing.shp" not in done.stderr
    assert (tmp_path / "plan.json").read_text() == "{}"


@pytest.fixture
def three_fields(tmp_path):
    """Return a file of three fields of 1 ha in a row, 2 m apart, with 2, 3 and 4 trees."""
    fields = gpd.GeoDataFrame(
        {"parcel_id": ["a", "b", "c"], "trees": [2, 3, 4]},
        geometry=[shapely.box(x, 4_400_000, x + 100, 4_400_100) for x in (500_000, 500_102, 500_204)],
        crs=32650,
    )
    path = tmp_path / "three.gpkg"
    fields.to_file(path)
    return path


def test_out_of_bounds_is_exit_3_with_a_certificate(tmp_path, three_fields):
    """Nine trees in all are too few for a minimum of ten: one grid, and why; --json is all of stdout."""
    words = ("partition", "--fields", three_fields, "--of", "trees", "--target", 10, "--min", 10, "--max", 12)
    done = _run(*words, "--json", "--out", tmp_path / "out")
    assert done.returncode == 3, done.stderr
    (grid,) = json.loads(done.stdout)["report"]["layers"]["field"]["out_of_bounds"]
    assert grid["size"] == 9
    assert grid["certificate"]["reason"] == "component-under-minimum"
    assert sorted(grid["certificate"]["unit_ids"]) == ["a", "b", "c"]


def test_overwrite_replaces_a_plan_and_n_grids_is_exact(tmp_path, three_fields):
    """Three grids, then two with --overwrite, in the same folder; nothing is left beside it."""
    words = ("partition", "--fields", three_fields, "--of", "area_ha", "--out", tmp_path / "out")
    for more in (("--n-grids", 3), ("--n-grids", 2, "--overwrite")):
        done = _run(*words, *more)
        assert done.returncode == 0, done.stderr
        assert len(gridder.load_plan(tmp_path / "out").grids) == more[1]
    assert {path.name for path in tmp_path.iterdir()} == {"out", "three.gpkg"}


@pytest.mark.slow
def test_buildings_may_count_otherwise(tmp_path):
    """Fields by a column of their own, buildings by households, exactly so many grids."""
    done = _run(
        *("partition", "--fields", FIELDS, "--buildings", BUILDINGS, "--members", MEMBERS, "--quiet"),
        *(
            "--zones",
            f"{TOWN}|layername=zones",
            "--of",
            "面积亩",
            "--target",
            5000,
            "--min",
            2000,
            "--max",
            8000,
        ),
        *("--building-of", "households", "--building-n-grids", 20, "--out", tmp_path / "out"),
    )
    assert done.returncode in (0, 3), done.stderr
    assert done.stderr == ""
    plan = gridder.load_plan(tmp_path / "out")
    layers = plan.report["layers"]
    assert layers["field"]["size"]["of"] == "面积亩"
    assert layers["building"]["size"]["of"] == "households"
    excused = [g for g in layers["building"]["out_of_bounds"] if g["certificate"]["reason"] != "not-found"]
    assert layers["building"]["n_grids"] - len(excused) == 20


def test_inspect_shows_what_would_be_used(tmp_path):
    """Layers, area in ha and mu, roles, preview without names."""
    done = _run("inspect", FIELDS, "--lang", "en")
    assert done.returncode == 0
    for words in ("2,076 areas", "EPSG:4532", "GBK", " ha = ", "(亩)", "column 地块编号 (unit_id)"):
        assert words in done.stdout
    table = json.loads(_run("inspect", MEMBERS, "--json").stdout)
    assert table["layers"][0]["roles"]["members"]["household"] == "户号"
    assert table["layers"][0]["preview"][0]["姓名"] == "***"


@pytest.mark.parametrize("command", ["partition", "update", "demo", "inspect"])
def test_every_option_is_explained(command):
    """Each option has a sentence, and every option that takes a value has an example in it."""
    parameters = {p.name: p for p in _command(command).params}
    for parameter in parameters.values():
        assert parameter.help, parameter.name
    takes_value = [p for p in parameters.values() if not getattr(p, "is_flag", False)]
    for parameter in takes_value:
        assert "[cyan]" in parameter.help, parameter.name
    shown = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert f"gridder {command} " in shown.stdout


def _command(name):
    return typer.main.get_command(cli.app).commands[name]


def test_a_fault_of_ours_is_exit_1(tmp_path, monkeypatch):
    """Something unexpected is told as such, and asks to be reported."""

    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("gridder.cli.divide.run_partition", broken)
    done = CliRunner().invoke(cli.app, ["demo", "--out", str(tmp_path / "out"), "--lang", "en"])
    assert done.exit_code == 1
    assert "a bug" in done.stderr
    assert "report" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("stage", ["measuring", "writing the results"])
def test_an_interrupt_leaves_nothing(tmp_path, stage):
    """Ctrl-C ends with 130 and leaves neither the folder nor anything half written."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gridder", "demo", "--out", str(tmp_path / "out"), "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert any(stage in line for line in process.stderr), "ended before it was interrupted"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 130, rest
    assert re.search("stopped", rest)
    assert list(tmp_path.iterdir()) == []
