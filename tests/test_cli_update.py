"""Wishes beside the size, and `gridder update`, as people type them."""

from __future__ import annotations

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
from gridder.cli.option_words import alike_of, second_of
from gridder.service.update import updated_sizes


def _run(*words):
    return subprocess.run(
        [sys.executable, "-m", "gridder", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """Return a folder with 36 fields of two crops, 72 people of whom a third drive, and locks."""
    folder = tmp_path_factory.mktemp("village")
    x, y = np.meshgrid(np.arange(6), np.arange(6))
    west, south = (500_000 + 100 * values.ravel() for values in (x, y))
    boxes = shapely.box(west, south + 3_900_000, west + 96, south + 3_900_096)
    ids = [f"P{i:02d}" for i in range(36)]
    crop = np.where(x.ravel() < 3, "水稻", "玉米")
    gpd.GeoDataFrame({"parcel_id": ids, "crop": crop}, geometry=boxes, crs=32650).to_file(
        folder / "fields.gpkg"
    )
    people = pd.DataFrame(
        {
            "member_id": [f"m{i}" for i in range(72)],
            "parcel_id": ids * 2,
            "skill": ["driver" if i % 3 == 0 else None for i in range(72)],
        }
    )
    people.to_csv(folder / "members.csv", index=False)
    people.iloc[4:].to_csv(folder / "fewer.csv", index=False)
    pd.DataFrame({"unit_id": ["P00", "P01"], "apart": ["a", "a"]}).to_csv(folder / "locks.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def old_plan(village):
    """Return the folder of a plan that was made with every wish."""
    done = _run(
        *("partition", "--fields", village / "fields.gpkg", "--members", village / "members.csv"),
        *("--target", 8, "--min", 5, "--max", 12, "--skill", "driver", "--alike", "crop:0.5"),
        *("--second", "area_mu:30:90", "--lock", village / "locks.csv", "--objective", "moment"),
        *("--effort", 0.1, "--out", village / "old", "--lang", "en"),
    )
    assert done.returncode == 0, done.stderr
    assert "Every grid has at least 1 with the skill driver." in done.stdout
    assert "of the differences in crop lie within grids" in done.stdout
    assert "The second size (mu) is within 30 to 90 in" in done.stdout
    return village / "old"


def test_an_update_keeps_parameters_and_ids(village, old_plan):
    """Four people fewer: the parameters of the old plan hold, grids keep their ids, the report says so."""
    done = _run(
        *("update", old_plan, "--fields", village / "fields.gpkg", "--members", village / "fewer.csv"),
        *("--lock", village / "locks.csv", "--out", village / "new", "--max", 11, "--lang", "en"),
    )
    assert done.returncode == 0, done.stderr
    assert "Of the older plan" in done.stdout
    old, new = gridder.load_plan(old_plan), gridder.load_plan(village / "new")
    told = new.report["layers"]["field"]["stability"]
    assert told["grids_kept"] >= len(old.grids) - 1
    assert told["units_before"] == 36
    changed = {"size": old.recipe["parameters"]["size"] | {"maximum": 11.0}}
    assert new.recipe["parameters"] == old.recipe["parameters"] | changed
    assert len(new.recipe["old"]["sha256"]) == 64
    assert new.recipe["inputs"]["locks"][0]["file"] == "locks.csv"
    grid = new.units.set_index("unit_id")["grid_id"]
    assert grid["P00"] != grid["P01"]
    page = (village / "new" / "report.html").read_text(encoding="utf-8")
    assert "Of the older plan" in page


def test_what_the_old_plan_had_must_be_given(village, old_plan, tmp_path):
    """Forgotten members and locks are named at once; a folder without a plan is told."""
    done = _run(
        *("update", old_plan, "--fields", village / "fields.gpkg", "--out", tmp_path / "x"),
        *("--lang", "en", "--second", "area", "--alike", ":2"),
    )
    assert done.returncode == 2
    assert "made with --members, --lock too" in done.stderr
    assert "--second area cannot be read" in done.stderr
    assert "--alike :2 names no column" in done.stderr
    done = _run(
        "update", village, "--fields", village / "fields.gpkg", "--out", tmp_path / "x", "--lang", "zh"
    )
    assert done.returncode == 2
    assert "文件夹中没有方案" in done.stderr


def test_too_few_with_a_skill_is_exit_3(village, tmp_path):
    """Each short grid is listed with its certificate; --json is all of stdout."""
    done = _run(
        *("partition", "--fields", village / "fields.gpkg", "--members", village / "members.csv"),
        *("--target", 8, "--skill", "driver", "--skill-min", 5, "--effort", 0.1),
        *("--out", tmp_path / "out", "--json"),
    )
    assert done.returncode == 3, done.stderr
    layer = json.loads(done.stdout)["report"]["layers"]["field"]
    assert layer["out_of_bounds"] == []
    reasons = {grid["certificate"]["reason"] for grid in layer["skill"]["grids_short"]}
    assert reasons <= {"skill-short", "not-found"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Grids with too few skilled people" in page or "技能人员不足的网格" in page


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, None),
        (["crop"], {"crop": 1.0}),
        (["crop:0.5", "soil: type"], {"crop": 0.5, "soil: type": 1.0}),
        (["a:b:2"], {"a:b": 2.0}),
    ],
)
def test_alike_names_columns_and_weights(words, expected):
    """A number after the last colon is the weight; a column may hold colons."""
    assert alike_of(words) == (expected, [])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("area_mu:500:1500", {"of": "area_mu", "minimum": 500.0, "maximum": 1500.0}),
        ("a:b:5:", {"of": "a:b", "minimum": 5.0, "maximum": None}),
        ("households::20", {"of": "households", "minimum": None, "maximum": 20.0}),
    ],
)
def test_second_names_a_size_and_its_bounds(word, expected):
    """Either bound may be left out."""
    assert second_of(word) == (expected, [])


@pytest.mark.parametrize("word", ["area_mu", "area_mu:5", ":5:6", "area_mu:few:6"])
def test_a_second_size_that_cannot_be_read_is_a_fault(word):
    """The remedy shows how to write it."""
    (fault,) = second_of(word)[1]
    assert "area_mu:500:1500" in fault.remedy.en


FIELDS = {"of": "members", "target": 10.0, "minimum": 5.0, "maximum": 15.0, "n_grids": None}
BUILDINGS = {"of": "members", "target": 30.0, "minimum": 20.0, "maximum": 45.0, "n_grids": None}


@pytest.mark.parametrize(
    ("told", "size", "building_size", "expected"),
    [
        ((FIELDS, BUILDINGS), {}, {}, (FIELDS, BUILDINGS)),
        ((FIELDS, FIELDS), {"target": 12}, {}, (FIELDS | {"target": 12}, {})),
        ((None, BUILDINGS), {"maximum": 40}, {}, (BUILDINGS | {"maximum": 40}, {})),
        ((FIELDS, BUILDINGS), {}, {"target": 31}, (FIELDS, BUILDINGS | {"target": 31})),
    ],
)
def test_sizes_are_those_of_the_old_plan_unless_given_again(told, size, building_size, expected):
    """Buildings that had the fields' size follow what is given for all."""

    def plain(size):
        return {name: value for name, value in size.items() if value is not None}

    found = updated_sizes({"size": told[0], "building_size": told[1]}, size, building_size)
    assert tuple(map(plain, found)) == tuple(map(plain, expected))


def test_a_number_of_grids_takes_the_place_of_the_old_target():
    """And a target that of an old number."""
    found, _ = updated_sizes({"size": FIELDS, "building_size": None}, {"n_grids": 7}, {})
    assert (found.get("target"), found["n_grids"]) == (None, 7)
    found, _ = updated_sizes({"size": found, "building_size": None}, {"target": 9.0}, {})
    assert (found["target"], found.get("n_grids")) == (9.0, None)
