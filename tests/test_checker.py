"""The checker of plans passes a good plan and names the rule that a spoiled one breaks."""

from __future__ import annotations

import copy
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.read import barriers_from_rows as barriers_of
from gridder.io.read import rows_of_frame, zones_from_rows
from gridder.model import PlanReport
from gridder.testing import check_plan

CRS = 32650
SIDE, FIELD_M, LANE_M = 10, 90.0, 8.0
SIZE = gridder.Size("members", target=8, minimum=5, maximum=12)


def _inputs():
    """Ten by ten fields with lanes, a western and an eastern zone, a canal half across, two members a field."""
    step = FIELD_M + LANE_M
    at = [(x * step, y * step) for y in range(SIDE) for x in range(SIDE)]
    boxes = shapely.box(*np.transpose([(x, y, x + FIELD_M, y + FIELD_M) for x, y in at]))
    boxes = shapely.transform(boxes, lambda xy: xy + np.array([500_000.0, 4_400_000.0]))
    ids = [f"P{i:03d}" for i in range(len(boxes))]
    crops = np.where(np.arange(len(boxes)) % 3 == 0, "rice", "maize")
    fields = gridder.units_from_frame(
        gpd.GeoDataFrame({"parcel_id": ids, "crop": crops}, geometry=boxes, crs=CRS), layer="field"
    )
    west, south, east, north = shapely.total_bounds(boxes)
    middle = west + SIDE / 2 * step - LANE_M / 2
    halves = [
        shapely.box(west - 9, south - 9, middle, north + 9),
        shapely.box(middle, south - 9, east + 9, north + 9),
    ]
    zones = zones_from_rows(
        [rows_of_frame(gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=halves, crs=CRS))]
    )
    y = south + SIDE / 2 * step - LANE_M / 2
    canal = shapely.linestrings([[west - 50, y], [west + 3 * step - LANE_M / 2, y]])
    barriers = barriers_of([rows_of_frame(gpd.GeoDataFrame(geometry=[canal], crs=CRS))])
    points = gpd.GeoSeries(np.repeat(shapely.centroid(boxes), 2), crs=CRS).to_crs(4326)
    n = len(points)
    people = pd.DataFrame(
        {
            "member_id": [f"CARD-{i:04d}" for i in range(n)],
            "name": [f"Somebody Number{i}" for i in range(n)],
            "lon": points.x,
            "lat": points.y,
            "parcel": [ids[i // 2] if i % 4 == 0 else None for i in range(n)],
            "skill": ["driver" if i % 5 == 0 else None for i in range(n)],
        }
    )
    people.loc[7, ["lon", "lat"]] = [0.0, 0.0]
    return {
        "fields": fields,
        "members": gridder.members_from_frame(people),
        "zones": zones,
        "barriers": barriers,
        "size": SIZE,
    }


@pytest.fixture(scope="module")
def inputs():
    return _inputs()


@pytest.fixture(scope="module")
def plan(inputs):
    return gridder.partition(**inputs)


def test_a_good_plan_breaks_no_rule(plan, inputs, tmp_path):
    """As a value and as a folder."""
    assert check_plan(plan, **inputs) == []
    gridder.save_plan(plan, tmp_path / "plan")
    assert check_plan(tmp_path / "plan", **inputs) == []


def _with_report(plan, change):
    content = copy.deepcopy(dict(plan.report.content))
    change(content)
    return replace(plan, report=PlanReport(content))


def _table(plan, name, change):
    table = getattr(plan, name).copy()
    changed = change(table)
    return replace(plan, **{name: table if changed is None else changed})


def _far_unit(units):
    """Put the first unit into the grid of the last."""
    units.loc[0, "grid_id"] = units["grid_id"].iloc[-1]


def _forge_certificate(content):
    layer = content["layers"]["field"]
    grid_id = layer["spoiled"]
    layer["out_of_bounds"] = [
        {
            "grid_id": grid_id,
            "size": 1,
            "certificate": {
                "reason": "component-under-minimum",
                "grid_ids": [grid_id],
                "unit_ids": ["P000"],
                "weight": 2.0,
                "minimum": 5.0,
                "maximum": 12.0,
            },
        }
    ]


def _forged(plan):
    """Move a unit between neighbours until one grid is too light, and claim that it is a whole piece."""
    grid_id = plan.grids["grid_id"].iloc[0]
    first = plan.units["grid_id"] == grid_id
    keep = plan.units["unit_id"][first].iloc[0]
    other = plan.grids["grid_id"].iloc[1]
    units = plan.units.copy()
    units.loc[first & (units["unit_id"] != keep), "grid_id"] = other

    def change(content):
        content["layers"]["field"]["spoiled"] = grid_id
        _forge_certificate(content)

    return _with_report(replace(plan, units=units), change)


def _linked_across(plan):
    """Link two units on the two banks of the canal."""
    extra = plan.adjacency.iloc[[0]].assign(
        unit_a="P040", unit_b="P050", kind="gap", gap_m=8.0, shared_m=90.0
    )
    return replace(plan, adjacency=pd.concat([plan.adjacency, extra], ignore_index=True))


def _linked_zones(plan):
    """Link two units of two zones."""
    extra = plan.adjacency.iloc[[0]].assign(
        unit_a="P004", unit_b="P005", kind="gap", gap_m=8.0, shared_m=90.0
    )
    return replace(plan, adjacency=pd.concat([plan.adjacency, extra], ignore_index=True))


def _swap_numbers(grids):
    grids.loc[[0, 1], "number"] = grids.loc[[1, 0], "number"].to_numpy()


def _grow_outline(grids):
    grids.loc[[0], "geometry"] = grids.loc[[0], "geometry"].buffer(40.0)


def _shrink_outline(grids):
    grids.loc[[0], "geometry"] = grids.loc[[0], "geometry"].buffer(-10.0)


SPOILINGS = {
    "a unit far from its grid": ("contiguity", lambda p: _table(p, "units", _far_unit)),
    "a unit dropped": ("coverage", lambda p: _table(p, "units", lambda t: t.iloc[1:].reset_index(drop=True))),
    "a unit twice": (
        "ids",
        lambda p: _table(p, "units", lambda t: pd.concat([t, t.iloc[[0]]], ignore_index=True)),
    ),
    "a unit in no grid": ("ids", lambda p: _table(p, "units", lambda t: t.assign(grid_id="F-nowhere"))),
    "a unit moved on the ground": (
        "coverage",
        lambda p: _table(p, "units", lambda t: t.set_geometry(t.geometry.translate(xoff=30.0))),
    ),
    "a placement twice": (
        "placements",
        lambda p: _table(p, "placements", lambda t: pd.concat([t, t.iloc[[0]]], ignore_index=True)),
    ),
    "a placement lost": ("placements", lambda p: _table(p, "placements", lambda t: t.iloc[1:])),
    "an unplaced member without a reason": (
        "placements",
        lambda p: _table(p, "placements", lambda t: t.assign(reason=None)),
    ),
    "members in another unit": (
        "placements",
        lambda p: _table(p, "placements", lambda t: t.assign(unit_id=t["unit_id"].iloc[::-1].to_numpy())),
    ),
    "a size too large": ("size", lambda p: _table(p, "grids", lambda t: t.assign(size=t["size"] + 1))),
    "a unit's size": ("size", lambda p: _table(p, "units", lambda t: t.assign(size=t["size"] * 2))),
    "an area": ("size", lambda p: _table(p, "units", lambda t: t.assign(area_ha=t["area_ha"] * 1.1))),
    "a flag of bounds": ("size", lambda p: _table(p, "grids", lambda t: t.assign(within_bounds=False))),
    "a grid out of bounds without certificate": (
        "bounds",
        lambda p: _with_report(_forged(p), lambda c: c["layers"]["field"].update(out_of_bounds=[])),
    ),
    "a forged certificate": ("certificate", _forged),
    "a link across the canal": ("barrier", _linked_across),
    "a link across zones": ("zone", _linked_zones),
    "a link lost between pieces": (
        "contiguity",
        lambda p: _table(p, "adjacency", lambda t: t[t["unit_a"] != "P000"]),
    ),
    "a gap that is not so wide": (
        "adjacency",
        lambda p: _table(p, "adjacency", lambda t: t.assign(gap_m=3.0)),
    ),
    "needless bridges": ("bridges", lambda p: _table(p, "adjacency", lambda t: t.assign(kind="bridge"))),
    "units in another zone": ("zone", lambda p: _table(p, "units", lambda t: t.assign(zone="East"))),
    "two numbers swapped": ("numbers", lambda p: _table(p, "grids", _swap_numbers)),
    "a code off the pattern": (
        "numbers",
        lambda p: _table(p, "grids", lambda t: t.assign(code=[f"X{i}" for i in range(len(t))])),
    ),
    "an outline that overlaps": ("outline", lambda p: _table(p, "grids", _grow_outline)),
    "an outline without its land": ("outline", lambda p: _table(p, "grids", _shrink_outline)),
    "a figure of the report": (
        "report",
        lambda p: _with_report(p, lambda c: c["layers"]["field"].update(cut=0.0, mean_abs_deviation=0.0)),
    ),
    "a count of the report": (
        "report",
        lambda p: _with_report(p, lambda c: c["members"]["field"].update(placed=1)),
    ),
    "an own id for a pseudonym": (
        "placements",
        lambda p: _table(
            p, "placements", lambda t: t.assign(member_id=[f"CARD-{i:04d}" for i in range(len(t))])
        ),
    ),
}


@pytest.mark.parametrize("spoiling", SPOILINGS)
def test_a_spoiled_plan_is_named(spoiling, plan, inputs):
    """Each spoiling breaks its rule."""
    rule, spoil = SPOILINGS[spoiling]
    broken = check_plan(spoil(plan), **inputs)
    assert any(sentence.startswith(rule) for sentence in broken), broken[:5]


def test_a_leaked_name_is_found(plan, inputs, tmp_path):
    """A name in any file of the folder is found, also inside the workbook."""
    gridder.save_plan(plan, tmp_path / "plan")
    report = tmp_path / "plan" / "report.html"
    report.write_text(report.read_text(encoding="utf-8") + "<!-- Somebody Number3 -->", encoding="utf-8")
    assert any(s.startswith("privacy: report.html") for s in check_plan(tmp_path / "plan", **inputs))
    gridder.save_plan(plan, tmp_path / "named", names=True)
    assert any(s.startswith("privacy: rosters.xlsx") for s in check_plan(tmp_path / "named", **inputs))
