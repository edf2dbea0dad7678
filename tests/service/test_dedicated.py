"""Dedicated grids: schools and markets are one grid of their own, and the others keep every rule."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.read import rows_of_frame, zones_from_rows
from gridder.model import Locks
from gridder.testing import check_plan

SIZE = gridder.Size("members", target=16, minimum=8, maximum=24)


def _site(fields, ids, name):
    """Return the area of a site: the hull of some fields, a little wider."""
    hull = fields.geometry[fields["parcel_id"].isin(ids)].union_all().convex_hull
    return {"name": name, "geometry": hull.buffer(5)}


def _sites(fields, **ids):
    rows = [_site(fields, parcels, name) for name, parcels in ids.items()]
    frame = type(fields)(pd.DataFrame(rows), geometry="geometry", crs=fields.crs)
    return zones_from_rows([rows_of_frame(frame)])


SCHOOL = [
    "P009",
    "P010",
    "P011",
    "P017",
    "P018",
    "P019",
    "P025",
    "P026",
    "P027",
    "P033",
    "P034",
    "P035",
    "P041",
    "P042",
    "P043",
]
MARKET = ["P060"]


@pytest.fixture(scope="module")
def made(farm):
    """Return a farm with two zones, a school of 15 fields (30 people, above the maximum) and a market of one field."""
    built = farm(zones=True)
    sites = _sites(built.fields, 学校=SCHOOL, 市场=MARKET)
    return built, built.inputs | {"dedicated": sites}


def test_sites_are_grids_of_their_own_and_no_fault(made):
    """30 and 2 people are out of any bounds; the checker accepts them only where the sites were asked for."""
    built, inputs = made
    plan = gridder.partition(**inputs, size=SIZE)
    assert check_plan(plan, **inputs, size=SIZE) == []
    assert check_plan(plan, **built.inputs, size=SIZE) != []
    sites = plan.grids[plan.grids["kind"] == "dedicated"].set_index("site")
    members = plan.units.groupby("grid_id")["unit_id"].apply(set)
    assert members[sites.loc["学校", "grid_id"]] == set(SCHOOL)
    assert members[sites.loc["市场", "grid_id"]] == set(MARKET)
    assert sites["size"].to_dict() == {"学校": 30.0, "市场": 2.0}
    assert sites["within_bounds"].all()
    assert sites["reason"].isna().all()
    report = plan.report["layers"]["field"]
    assert report["out_of_bounds"] == []
    assert {entry["site"]: entry["size"] for entry in report["dedicated"]} == {"学校": 30.0, "市场": 2.0}
    others = plan.grids[plan.grids["kind"] == "basic"]
    assert others["size"].between(8, 24).all()


def test_the_checker_sees_spoiled_sites(made):
    """A field of the school in another grid, or one of another grid in the school."""
    _, inputs = made
    plan = gridder.partition(**inputs, size=SIZE)
    school = plan.grids.loc[plan.grids["site"] == "学校", "grid_id"].item()
    other = plan.grids.loc[plan.grids["kind"] == "basic", "grid_id"].iloc[0]
    before = plan.units["grid_id"].copy()
    try:
        plan.units.loc[plan.units["unit_id"] == "P009", "grid_id"] = other
        assert any("in 2 grids" in line for line in check_plan(plan, **inputs, size=SIZE))
        plan.units["grid_id"] = before
        plan.units.loc[plan.units["grid_id"] == other, "grid_id"] = school
        assert check_plan(plan, **inputs, size=SIZE) != []
    finally:
        plan.units["grid_id"] = before


def test_a_column_names_sites_like_areas_do(made):
    """The same sites by a column of the fields: the same plan."""
    built, inputs = made
    site = np.where(built.fields["parcel_id"].isin(SCHOOL), "学校", "")
    site[built.fields["parcel_id"].isin(MARKET)] = "市场"
    named = built.replaced(fields=built.fields.assign(场所=site)).inputs
    plan = gridder.partition(**named, dedicated_column="场所", size=SIZE)
    assert check_plan(plan, **named, dedicated_column="场所", size=SIZE) == []
    assert plan.assignment.to_dict() == gridder.partition(**inputs, size=SIZE).assignment.to_dict()


def test_they_count_beside_a_number_of_grids(made):
    """Six grids are asked for: six and the two sites are made, and the target is that of the rest."""
    _, inputs = made
    size = gridder.Size("members", n_grids=6)
    plan = gridder.partition(**inputs, size=size)
    assert check_plan(plan, **inputs, size=size) == []
    assert plan.grids["kind"].value_counts().to_dict() == {"basic": 6, "dedicated": 2}
    assert plan.report["layers"]["field"]["size"]["target"] == pytest.approx((128 - 32) / 6)
    assert "n_grids_missed" not in plan.report["layers"]["field"]


def test_sites_keep_their_names_in_an_update(made):
    """A new plan near the old one: the school keeps id and code; when it is given up, its fields join new grids."""
    built, inputs = made
    plan = gridder.partition(**inputs, size=SIZE)
    again = gridder.partition(**inputs, size=SIZE, old=plan)
    assert again.assignment.to_dict() == plan.assignment.to_dict()
    school = plan.grids.set_index("site").loc["学校", "grid_id"]
    without = gridder.partition(**built.inputs, size=SIZE, old=plan)
    assert school not in set(without.grids["grid_id"])
    assert check_plan(without, **built.inputs, size=SIZE) == []


@pytest.mark.slow
def test_large_units_of_a_site_are_not_cut(made):
    """By area: a site's field above the maximum stays whole, the others are cut."""
    _, inputs = made
    size = gridder.Size("area_ha", target=0.3, minimum=0.1, maximum=0.45)
    plan = gridder.partition(**inputs, size=size)
    assert check_plan(plan, **inputs, size=size) == []
    assert set(SCHOOL + MARKET) <= set(plan.units["unit_id"])
    assert plan.report["layers"]["field"]["cut_units"]


def test_buildings_of_a_site_are_one_grid():
    """36 houses, four of them a market of 12 beds in the middle."""
    x, y = np.meshgrid(np.arange(6) * 40.0, np.arange(6) * 40.0)
    houses = shapely.box(x, y, x + 15, y + 12).ravel()
    houses = shapely.transform(houses, lambda xy: xy + np.array([500_000.0, 4_400_000.0]))
    frame = pd.DataFrame({"building_id": [f"B{i:02d}" for i in range(36)], "beds": 3.0})
    frame["site"] = np.where(np.isin(np.arange(36), [14, 15, 20, 21]), "M", None)
    units = gridder.units_from_frame(gpd.GeoDataFrame(frame, geometry=houses, crs=32650), layer="building")
    size = gridder.Size("beds", target=12, minimum=6, maximum=18)
    plan = gridder.partition(buildings=units, building_size=size, dedicated_column="site")
    assert check_plan(plan, buildings=units, size=size, dedicated_column="site") == []
    assert plan.grids["site"].dropna().tolist() == ["M"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda b, i: i | {"dedicated": _sites(b.fields, 跨区=["P003", "P004"])}, "site-in-two-zones"),
        (lambda b, i: i | {"dedicated_column": "nothing"}, "no-such-column"),
        (lambda b, i: i | {"dedicated_column": "crop"}, "nothing-but-sites"),
        (
            lambda b, i: (
                i
                | {
                    "locks": Locks(
                        pd.DataFrame(
                            {
                                "row": [1, 2],
                                "layer": None,
                                "unit_id": ["P009", "P000"],
                                "grid": "X",
                                "together": None,
                                "apart": None,
                            }
                        )
                    )
                }
            ),
            "lock-in-site",
        ),
    ],
)
def test_what_cannot_hold_is_told(made, change, kind):
    """With the remedy."""
    built, inputs = made
    with pytest.raises(gridder.InputError) as caught:
        gridder.partition(**change(built, inputs), size=SIZE)
    assert [fault.kind for fault in caught.value.faults] == [kind]
    assert caught.value.faults[0].remedy.zh


def test_a_site_without_units_is_a_finding(made):
    """An area beside the farm."""
    _, inputs = made
    far = inputs["dedicated"].frame.copy()
    far.geometry = far.geometry.translate(10_000)
    sites = type(inputs["dedicated"])(far, inputs["dedicated"].sources)
    plan = gridder.partition(**(inputs | {"dedicated": sites}), size=SIZE)
    assert any(f["kind"] == "empty-site" and "学校" in f["what_zh"] for f in plan.report["repairs"])
    assert plan.report["layers"]["field"]["dedicated"] == []
