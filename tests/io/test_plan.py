"""A plan's folder: what is in it, that it is whole or absent, and that it can be read back."""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridder.errors import InputError, OutputExistsError, Stopped
from gridder.io.plan import TABLES, check_output, load_plan, save_plan
from gridder.model import Plan, PlanView


def assert_same_plan(found: Plan, expected: Plan) -> None:
    """Assert that two plans hold the same tables, report and recipe."""
    for name, table in TABLES.items():
        a, b = getattr(found, name), getattr(expected, name)
        own = [column for column in b.columns if column not in table.columns and column != "geometry"]
        b = b[[*table.columns, *own, *(["geometry"] if table.geometry else [])]]
        for column in b.columns:
            if b[column].dtype == object:
                b = b.assign(**{column: b[column].astype("str")})
        pd.testing.assert_frame_equal(pd.DataFrame(a), pd.DataFrame(b))
        if table.geometry:
            assert a.crs == b.crs
    assert found.report.content == expected.report.content
    assert found.recipe == expected.recipe


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def fail_with(error: BaseException) -> Callable[[PlanView, Path], None]:
    """Return a map writer that writes half a file and fails."""

    def write_map(_: PlanView, path: Path) -> None:
        path.write_text("half")
        raise error

    return write_map


def test_what_is_read_is_what_was_written(plan: Plan, tmp_path: Path) -> None:
    """Columns, types, order, missing values, CRS, report and recipe come back; the roster does not."""
    folder = save_plan(plan, tmp_path / "out")
    again = load_plan(folder)
    assert_same_plan(again, plan)
    assert again.roster is None


def test_a_plan_that_was_read_is_written_and_read_the_same(plan: Plan, tmp_path: Path) -> None:
    """A second round changes nothing at all, object for object."""
    first = load_plan(save_plan(plan, tmp_path / "a"))
    second = load_plan(save_plan(first, tmp_path / "b"))
    for name in TABLES:
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(first, name)), pd.DataFrame(getattr(second, name)))


def test_the_folder_holds_the_files_of_the_contract(plan: Plan, tmp_path: Path) -> None:
    """All files are there, the map from the writer that was passed, and nothing is left beside."""
    seen: list[PlanView] = []

    def write_map(view: PlanView, path: Path) -> None:
        seen.append(view)
        path.write_text("map")

    folder = save_plan(plan, tmp_path / "deep" / "out", write_map=write_map)
    assert folder == tmp_path / "deep" / "out"
    assert sorted(p.name for p in folder.iterdir()) == [
        "map.html",
        "plan.gpkg",
        "plan.json",
        "report.html",
        "report.json",
        "rosters.xlsx",
    ]
    assert [p.name for p in folder.parent.iterdir()] == ["out"]
    assert seen[0].k == 1


def test_without_members_there_is_no_roster(plan: Plan, tmp_path: Path) -> None:
    """A plan by area has no placements and gets no rosters.xlsx, but a placements table of the same types."""
    without = dataclasses.replace(plan, placements=plan.placements.iloc[:0], roster=None)
    folder = save_plan(without, tmp_path / "out")
    assert not (folder / "rosters.xlsx").exists()
    pd.testing.assert_series_equal(
        load_plan(folder).placements.dtypes, load_plan(save_plan(plan, tmp_path / "full")).placements.dtypes
    )


def test_geopackage_has_the_layers_and_columns_of_the_contract(plan: Plan, tmp_path: Path) -> None:
    """Every layer has its columns, tables without shapes are attribute tables, each layer one kind of shape."""
    path = save_plan(plan, tmp_path / "out") / "plan.gpkg"
    kinds = dict(pyogrio.list_layers(path))
    assert set(kinds) == set(TABLES)
    for name, table in TABLES.items():
        assert kinds[name] == table.geometry
        fields = list(pyogrio.read_info(path, layer=name)["fields"])
        assert fields[: len(table.columns)] == list(table.columns)
    assert list(pyogrio.read_info(path, layer="units")["fields"])[-3:] == ["schematic", "作物", "floors"]
    with sqlite3.connect(path) as database:
        types = dict(database.execute("select table_name, data_type from gpkg_contents"))
    database.close()
    assert {name for name, kind in types.items() if kind == "attributes"} == {
        "adjacency",
        "placements",
        "composition",
    }


def test_empty_tables_keep_their_types(plan: Plan, tmp_path: Path) -> None:
    """A table without rows has the same columns and types as one with rows."""
    empty = dataclasses.replace(
        plan, **{name: getattr(plan, name).iloc[:0] for name in TABLES if name != "grids"}
    )
    found = load_plan(save_plan(empty, tmp_path / "empty"))
    full = load_plan(save_plan(plan, tmp_path / "full"))
    for name, table in TABLES.items():
        for column in table.columns:
            assert getattr(found, name)[column].dtype == getattr(full, name)[column].dtype
        if table.geometry:
            assert getattr(found, name).crs == plan.grids.crs


def test_nothing_that_identifies_a_person_is_outside_the_rosters(plan: Plan, tmp_path: Path) -> None:
    """With names, own ids, names, phones, id numbers and addresses are in no other file."""
    assert plan.roster is not None
    folder = save_plan(plan, tmp_path / "out", names=True)
    secrets = [
        str(value).encode()
        for column in ("own_id", "name", "phone", "id_number", "address")
        for value in plan.roster[column]
    ]
    for name, content in snapshot(folder).items():
        if name != "rosters.xlsx":
            assert not [secret for secret in secrets if secret in content], name


@pytest.mark.parametrize("error", [RuntimeError("map"), KeyboardInterrupt(), Stopped("stopped")])
def test_a_failure_leaves_nothing(plan: Plan, tmp_path: Path, error: BaseException) -> None:
    """A fault, Ctrl-C or a stop on the way leaves neither folder nor draft."""
    with pytest.raises(type(error)):
        save_plan(plan, tmp_path / "out", write_map=fail_with(error))
    assert list(tmp_path.iterdir()) == []


def test_every_call_of_progress_may_stop_the_writing(plan: Plan, tmp_path: Path) -> None:
    """Wherever `Stopped` is raised before the end, nothing is left."""
    told: list[float] = []
    save_plan(plan, tmp_path / "whole", progress=lambda stage, done: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    for at in range(len(told) - 1):
        calls: list[float] = []

        def stop(stage: str, done: float, calls: list[float] = calls, at: int = at) -> None:
            calls.append(done)
            if len(calls) > at:
                raise Stopped("enough")

        with pytest.raises(Stopped):
            save_plan(plan, tmp_path / "out", progress=stop)
        assert [p.name for p in tmp_path.iterdir()] == ["whole"]


def test_a_failure_leaves_the_older_plan(plan: Plan, tmp_path: Path) -> None:
    """With overwrite the older plan stays, byte for byte, when the new one fails."""
    folder = save_plan(plan, tmp_path / "out")
    before = snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        save_plan(plan, folder, overwrite=True, write_map=fail_with(KeyboardInterrupt()))
    assert snapshot(tmp_path) == before


def test_a_failed_swap_brings_the_older_plan_back(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the finished folder cannot be moved into place, the older plan is where it was."""
    folder = save_plan(plan, tmp_path / "out")
    before = snapshot(tmp_path)
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(KeyboardInterrupt):
        save_plan(plan, folder, overwrite=True)
    monkeypatch.undo()
    assert snapshot(tmp_path) == before


def test_overwrite_replaces_a_plan_whole(plan: Plan, tmp_path: Path) -> None:
    """The new plan's files are there, and none of the old one's."""

    def write_map(_: PlanView, path: Path) -> None:
        path.write_text("old")

    folder = save_plan(plan, tmp_path / "out", write_map=write_map)
    without = dataclasses.replace(plan, placements=plan.placements.iloc[:0])
    save_plan(without, folder, overwrite=True)
    assert sorted(p.name for p in folder.iterdir()) == [
        "plan.gpkg",
        "plan.json",
        "report.html",
        "report.json",
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_plan_is_not_overwritten_unasked(plan: Plan, tmp_path: Path) -> None:
    """A folder that holds a plan is refused before the first file is written, with a remedy."""
    folder = save_plan(plan, tmp_path / "out")
    told: list[float] = []
    with pytest.raises(OutputExistsError, match="--overwrite") as caught:
        save_plan(plan, folder, progress=lambda stage, done: told.append(done))
    assert told == []
    assert "已有方案" in caught.value.say("zh")
    assert isinstance(caught.value, FileExistsError)


def test_strange_files_are_never_overwritten(tmp_path: Path) -> None:
    """A folder with anything that is no part of a plan is refused, also with overwrite."""
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(OutputExistsError, match=r"thesis\.docx"):
        check_output(tmp_path, overwrite=True)
    file = tmp_path / "thesis.docx"
    with pytest.raises(OutputExistsError, match="not a folder"):
        check_output(file, overwrite=True)


def test_a_folder_with_what_a_program_left_is_not_called_a_plan(tmp_path: Path) -> None:
    """Finder's own file alone needs overwrite too, but the message does not speak of a plan."""
    (tmp_path / ".DS_Store").touch()
    with pytest.raises(OutputExistsError, match="not empty"):
        check_output(tmp_path)
    check_output(tmp_path, overwrite=True)


def test_a_place_where_no_folder_can_be_made_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a file, where writing is forbidden, and on a whole volume: all before any work is done."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no folder can be made"):
        check_output(tmp_path / "file" / "deep" / "out")
    monkeypatch.setattr(Path, "is_mount", lambda self: self == tmp_path.resolve())
    with pytest.raises(InputError, match="whole volume"):
        check_output(tmp_path)
    check_output(tmp_path / "inside")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no folder can be made") as caught:
        check_output(tmp_path / "inside")
    assert caught.value.faults[0].kind == "output-not-writable"


def test_an_empty_or_missing_folder_is_taken(plan: Plan, tmp_path: Path) -> None:
    """Neither needs overwrite."""
    check_output(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    check_output(tmp_path / "empty")
    assert load_plan(save_plan(plan, tmp_path / "empty")).grids.shape[0] == 12


def test_names_need_a_roster(plan: Plan, tmp_path: Path) -> None:
    """A plan without roster cannot be written with names, and nothing is left."""
    with pytest.raises(InputError):
        save_plan(dataclasses.replace(plan, roster=None), tmp_path / "out", names=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_plan_is_refused(plan: Plan, tmp_path: Path) -> None:
    """A missing folder, a missing file, another format and broken JSON are faults with words, no tracebacks."""
    with pytest.raises(InputError, match=r"plan\.gpkg"):
        load_plan(tmp_path / "missing")
    folder = save_plan(plan, tmp_path / "out")
    for name, content, why in (
        ("plan.json", b"{", "JSON"),
        ("report.json", b"[1]", "no part"),
        ("plan.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>", "GeoPackage"),
    ):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        with pytest.raises(InputError, match=why):
            load_plan(folder)
        (folder / name).write_bytes(kept)
    with sqlite3.connect(folder / "plan.gpkg") as database:
        database.execute("delete from gpkg_contents where table_name = 'placements'")
        database.execute("drop table placements")
    database.close()
    with pytest.raises(InputError, match="placements"):
        load_plan(folder)


def test_numbers_of_numpy_and_missing_ones_are_written(plan: Plan, tmp_path: Path) -> None:
    """Report and recipe may hold numpy numbers; what is not finite becomes null."""
    recipe = {"n": np.int64(3), "x": np.float64(0.5), "nan": float("nan"), "list": (np.bool_(True), np.inf)}
    folder = save_plan(dataclasses.replace(plan, recipe=recipe), tmp_path / "out")
    assert json.loads((folder / "plan.json").read_text()) == {
        "n": 3,
        "x": 0.5,
        "nan": None,
        "list": [True, None],
    }


# SQLite ends text at NUL, and UTF-8 has no surrogates.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "int64": st.integers(-(2**62), 2**62),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "Int64": st.integers(-(2**62), 2**62) | st.just(pd.NA),
    "float64": st.floats(allow_nan=True, allow_infinity=False),
    "bool": st.booleans(),
    "boolean": st.booleans() | st.just(pd.NA),
    "str": texts | st.none(),
}
WITHOUT_GAPS = {"Int64": "int64", "boolean": "bool"}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_own_columns_come_back(
    plan: Plan, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever values and types the input's own columns have, they come back in the same rows."""
    n = len(plan.units)
    units = plan.units
    for i, (dtype, values) in enumerate(VALUES.items()):
        drawn = data.draw(st.lists(values, min_size=n, max_size=n))
        has_gaps = any(value is pd.NA for value in drawn)
        kept: Any = dtype if has_gaps else WITHOUT_GAPS.get(dtype, dtype)
        units = units.assign(**{f"列 {i}\"';": pd.Series(drawn, dtype=kept)})
    changed = dataclasses.replace(plan, units=units, placements=plan.placements.iloc[:0])
    folder = save_plan(changed, tmp_path_factory.mktemp("plan") / "out")
    assert_same_plan(load_plan(folder), changed)


@pytest.mark.slow
def test_a_large_plan_is_written_in_time(plan: Plan, tmp_path: Path) -> None:
    """100 000 units and 1 000 000 placements survive the round, in the same order."""
    n, m = 100_000, 1_000_000
    corner = np.arange(n, dtype=np.float64)
    units = gpd.GeoDataFrame(
        {
            "unit_id": [f"U{i:06d}" for i in range(n)],
            "source_id": [f"U{i:06d}" for i in range(n)],
            "grid_id": "F-01001",
            "layer": "field",
            "zone": "none",
            "size": 10.0,
            "area_ha": 1.0,
        },
        geometry=shapely.box(corner * 100, 0, corner * 100 + 100, 100),
        crs=plan.grids.crs,
    )
    rng = np.random.default_rng(0)
    unit = rng.integers(0, n, m)
    placements = pd.DataFrame(
        {
            "member_id": [f"{i:016x}" for i in range(m)],
            "layer": "field",
            "unit_id": units["unit_id"].to_numpy()[unit],
            "grid_id": "F-01001",
            "method": "inside",
            "distance_m": 0.0,
            "reason": pd.Series([None] * m, dtype="str"),
        }
    )
    large = dataclasses.replace(plan, units=units, placements=placements, roster=None)
    again = load_plan(save_plan(large, tmp_path / "out"))
    assert again.placements["unit_id"].tolist() == placements["unit_id"].tolist()
    assert again.units["unit_id"].tolist() == units["unit_id"].tolist()
