"""Barriers in a whole plan: units cut at them, and crossings that reopen them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

import gridder
from gridder.io.members import members_from_frame
from gridder.io.read import barriers_from_rows, bridges_from_rows, rows_of_frame, units_from_frame
from gridder.testing import check_plan

CRS = 32650
SIZE = gridder.Size("members", target=8, minimum=5, maximum=12)


def _frame(*geometries):
    return [
        rows_of_frame(gpd.GeoDataFrame({"row": range(len(geometries))}, geometry=list(geometries), crs=CRS))
    ]


def _inputs(river, *, n=6):
    """Six by six fields, two members each by parcel number, and a river."""
    at = [(x, y) for x in range(n) for y in range(n)]
    fields = gpd.GeoDataFrame(
        {"unit_id": [f"{x}-{y}" for x, y in at], "crop": "rice"},
        geometry=[
            box(500_000 + 100 * x, 4_000_000 + 100 * y, 500_100 + 100 * x, 4_000_100 + 100 * y) for x, y in at
        ],
        crs=CRS,
    )
    parcels = [f"{x}-{y}" for x, y in at for _ in range(2)]
    members = pd.DataFrame({"成员编号": [f"M{i}" for i in range(len(parcels))], "地块编号": parcels})
    return {
        "fields": units_from_frame(fields, layer="field"),
        "members": members_from_frame(members),
        "barriers": barriers_from_rows(_frame(river)),
    }


def _line(*points):
    return LineString([(500_000 + x, 4_000_000 + y) for x, y in points])


def test_a_crossing_joins_banks_that_are_too_light_alone():
    """Two strips of one row of fields by a river: without a bridge each bank is divided by itself."""
    river = _line((-50, 100), (650, 100))
    inputs = _inputs(river)
    bridges = bridges_from_rows(_frame(Point(500_250, 4_000_100)))
    apart = gridder.partition(**inputs, size=SIZE)
    joined = gridder.partition(**inputs, size=SIZE, bridges=bridges)
    assert check_plan(apart, **inputs, size=SIZE) == []
    assert check_plan(joined, **inputs, bridges=bridges, size=SIZE) == []
    links = joined.adjacency
    over = links[links["kind"] == "bridge"]
    assert over[["unit_a", "unit_b"]].to_numpy().tolist() in ([["2-0", "2-1"]], [["2-1", "2-0"]])
    assert not (apart.adjacency["kind"] == "bridge").any()
    assert joined.report["layers"]["field"]["unused_bridges"] == 0


def test_a_plan_is_told_of_a_crossing_that_was_not_given():
    inputs = _inputs(_line((-50, 100), (650, 100)))
    bridges = bridges_from_rows(_frame(Point(500_250, 4_000_100)))
    joined = gridder.partition(**inputs, size=SIZE, bridges=bridges)
    assert any(fault.startswith(("barrier", "bridges")) for fault in check_plan(joined, **inputs, size=SIZE))


@pytest.mark.parametrize("of", ["members", "area_ha", "worth"])
def test_units_are_cut_at_barriers(of):
    """Every field of the row that the river runs through becomes two, and people stay with the larger."""
    inputs = _inputs(_line((-50, 130), (650, 130)))
    worth = np.arange(36, dtype=float)
    attributes = inputs["fields"].attributes.assign(worth=worth)
    fields = gridder.Units(**{**vars(inputs["fields"]), "attributes": attributes})
    inputs["fields"] = fields
    size = {
        "members": SIZE,
        "area_ha": gridder.Size("area_ha", 4, 2, 6),
        "worth": gridder.Size("worth", 70, 30, 110),
    }[of]
    plan = gridder.partition(**inputs, size=size, cut_at_barriers=True)
    assert len(plan.units) == 42
    report = plan.report["layers"]["field"]
    assert sorted(report["severed_units"]) == sorted(f"{x}-1/{k}" for x in range(6) for k in (1, 2))
    assert report["crossed_by_barrier"] == []
    assert check_plan(plan, **inputs, size=size) == []
    assert plan.units["size"].sum() == pytest.approx(
        {"members": 72, "area_ha": 36, "worth": worth.sum()}[of], rel=1e-3
    )
    people = plan.placements.merge(plan.units, on="unit_id")
    assert (people["area_ha"] > 0.6).all()
    (repair,) = [entry for entry in plan.report["repairs"] if entry["kind"] == "cut-at-barrier"]
    assert len(repair["rows"]) == 6
