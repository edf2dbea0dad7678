"""The checker of plans passes a good plan and names the rule that a spoiled one breaks."""

from __future__ import annotations

import base64
import copy
import hashlib
import zlib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

import gridder
from gridder.io.read import barriers_from_rows as barriers_of
from gridder.io.read import rows_of_frame, units_from_frame, zones_from_rows
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


def _cross_outline(grids):
    x, y = grids.geometry.iloc[0].centroid.coords[0]
    bow = shapely.Polygon([(x, y), (x + 1, y + 1), (x + 1, y), (x, y + 1)])
    grids.loc[grids.index[0], "geometry"] = shapely.MultiPolygon(
        [*shapely.get_parts(grids.geometry.iloc[0]), bow]
    )


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
    "an outline that crosses itself": ("outline", lambda p: _table(p, "grids", _cross_outline)),
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
    "origins swapped": (
        "coverage",
        lambda p: _table(p, "units", lambda t: t.assign(source_id=t["source_id"].iloc[::-1].to_numpy())),
    ),
    "a shared length": (
        "adjacency",
        lambda p: _table(p, "adjacency", lambda t: t.assign(shared_m=t["shared_m"] * 3)),
    ),
    "a gap out of its range": (
        "adjacency",
        lambda p: _with_report(p, lambda c: c["layers"]["field"].update(gap_m=31.0)),
    ),
    "a link forgotten": ("adjacency", lambda p: _table(p, "adjacency", lambda t: t.iloc[1:])),
    "a distance": ("placements", lambda p: _table(p, "placements", lambda t: t.assign(distance_m=1.0))),
    "a reason that is not true": (
        "placements: the reason",
        lambda p: _table(
            p, "placements", lambda t: t.assign(reason=t["reason"].replace("out-of-reach", "no-location"))
        ),
    ),
    "a method that is not true": (
        "placements: a member who names no unit",
        lambda p: _table(
            p, "placements", lambda t: t.assign(method=t["method"].replace("inside", "unit-id"))
        ),
    ),
    "a reason without certificate": (
        "report: the reasons",
        lambda p: _table(p, "grids", lambda t: t.assign(reason="not-found")),
    ),
    "another target": (
        "bounds: the target",
        lambda p: _with_report(p, lambda c: c["layers"]["field"]["size"].update(target=9.0)),
    ),
    "a skill counted twice": (
        "composition: the skills",
        lambda p: _table(p, "composition", lambda t: t.assign(count=t["count"] * 2)),
    ),
    "a crop of another grid": (
        "composition: crop",
        lambda p: _table(p, "composition", lambda t: t.assign(grid_id=t["grid_id"].iloc[::-1].to_numpy())),
    ),
    "codes of zones": ("zone", lambda p: _table(p, "zones", lambda t: t.assign(zone_code="01"))),
    "zones of another map": ("zone", lambda p: _table(p, "zones", lambda t: t.assign(zone=["West", "Else"]))),
    "a column too many": (
        "privacy",
        lambda p: _table(p, "placements", lambda t: t.assign(home="POINT (1 2)")),
    ),
    "other files": (
        "recipe",
        lambda p: replace(p, recipe={**p.recipe, "inputs": {**p.recipe["inputs"], "members": []}}),
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


def test_a_name_packed_in_the_map_is_found(plan, inputs, tmp_path):
    """The map's own data is packed; a name in it is found all the same."""
    gridder.save_plan(plan, tmp_path / "plan")
    noise = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(9))
    packed = base64.b64encode(zlib.compress(noise + b"Somebody Number3")).decode()
    (tmp_path / "plan" / "map.html").write_text(f"<script>'{packed}'</script>", encoding="utf-8")
    assert any(s.startswith("privacy: map.html") for s in check_plan(tmp_path / "plan", **inputs))


HOUSES = np.array(
    [(x * 30.0, y * 30.0) for y in range(5) for x in range(6)]
    + [(400.0, 0.0), (430.0, 0.0), (3000.0, 0.0), (3030.0, 0.0)]
    + [(x * 30.0, 3000.0) for x in range(6)]
)
NEAR, FAR, HILL = 30, 32, 34
"""First house of the pair 240 m off, of the pair 2.5 km off, and of the six beyond the hill."""
STAIRS, HALL = 7, HILL + 2
"""A house of fifty in five stairwells, and one of 25 who live as one household."""


def _town():
    """Forty houses of three in two zones, members named by building or placed by point."""
    corners = HOUSES + np.array([500_000.0, 4_400_000.0])
    boxes = shapely.box(*corners.T, *(corners + np.array([12.0, 10.0])).T)
    numbers = np.arange(1, len(boxes) + 1).astype(str)
    houses = gpd.GeoDataFrame(
        {"id": [f"H{n}" for n in numbers], "compound": "Spring", "building": numbers}, geometry=boxes, crs=CRS
    )
    west, south, east, north = shapely.total_bounds(boxes)
    halves = [
        shapely.box(west - 99, south - 99, east + 99, south + 140),
        shapely.box(west - 99, south + 140, east + 99, north + 99),
    ]
    zones = gpd.GeoDataFrame({"name": ["South", "North"]}, geometry=halves, crs=CRS)
    homes = np.full(len(boxes), 3)
    homes[STAIRS], homes[HALL] = 50, 25
    house = np.repeat(np.arange(len(boxes)), homes)
    n = np.arange(len(house))
    people = gpd.GeoDataFrame(
        {
            "member_id": [f"CARD-{i:04d}" for i in n],
            "compound": "Spring",
            "building": np.where(n % 2 == 0, numbers[house], None),
            "stairwell": np.where(house == STAIRS, (n % 5 + 1).astype(str), None),
            "household": np.where(house == HALL, "hall", (n // 2).astype(str)),
        },
        geometry=shapely.centroid(boxes)[house],
        crs=CRS,
    )
    people.loc[house == HALL, "building"] = numbers[HALL]
    return {
        "buildings": gridder.units_from_frame(houses, layer="building"),
        "members": gridder.members_from_frame(people),
        "zones": zones_from_rows([rows_of_frame(zones)]),
    }


TOWN_SIZE = gridder.Size("members", target=12, minimum=9, maximum=20)


@pytest.fixture(scope="module")
def town():
    return {**_town(), "size": TOWN_SIZE}


@pytest.fixture(scope="module")
def town_plan(town):
    return gridder.partition(**town)


def test_a_good_plan_of_a_town_breaks_no_rule(town, town_plan):
    """With a house cut by stairwell, a bridge, a pair too far off and a household above the maximum."""
    assert check_plan(town_plan, **town) == []
    report = town_plan.report["layers"]["building"]
    assert len(report["cut_units"]) == 3
    assert len(report["bridged"]) == 1
    reasons = [entry["certificate"]["reason"] for entry in report["out_of_bounds"]]
    assert sorted(reasons) == ["component-under-minimum", "unit-over-maximum"]


def test_a_plan_by_households_breaks_no_rule(town):
    """Two of a household count one, in the house of the first; the hall counts one in all."""
    inputs = {**town, "size": gridder.Size("households", target=8, minimum=4, maximum=12)}
    plan = gridder.partition(**inputs)
    assert check_plan(plan, **inputs) == []
    assert any(s.startswith("size: unit") for s in check_plan(plan, **{**inputs, "size": TOWN_SIZE}))


def _without_bridge(plan):
    links = plan.adjacency[plan.adjacency["kind"] != "bridge"].reset_index(drop=True)
    return replace(plan, adjacency=links)


def _longer_bridge(plan):
    """Draw the bridge to the westernmost house instead of the nearest."""
    links = plan.adjacency.copy()
    at = (links["kind"] == "bridge").to_numpy()
    links.loc[at, ["unit_a", "unit_b", "gap_m"]] = ["H1", f"H{NEAR + 1}", 388.0]
    return replace(plan, adjacency=links)


def _second_bridge(plan):
    extra = plan.adjacency[plan.adjacency["kind"] == "bridge"].assign(unit_a="H5", unit_b=f"H{NEAR + 2}")
    return replace(plan, adjacency=pd.concat([plan.adjacency, extra], ignore_index=True))


def _shed_needlessly(plan):
    """Put all houses beyond the hill into the grid of the hall."""
    units = plan.units.copy()
    of_hall = units["grid_id"][units["unit_id"] == f"H{HALL + 1}"].iloc[0]
    beyond = units["unit_id"].isin([f"H{i + 1}" for i in range(HILL, len(HOUSES))])
    units.loc[beyond, "grid_id"] = of_hall
    left = plan.grids["grid_id"].isin(units["grid_id"])
    return replace(plan, units=units, grids=plan.grids[left].reset_index(drop=True))


def _change_certificates(change):
    def spoil(plan):
        def change_all(content):
            for entry in content["layers"]["building"]["out_of_bounds"]:
                entry["certificate"].update(change)

        return _with_report(plan, change_all)

    return spoil


def _beyond_the_zone(plots):
    """Let the plot of the north-western house grow over the border of its zone."""
    at = plots["unit_id"] == "H25"
    border = shapely.box(500_000, 4_400_130, 500_012, 4_400_145)
    plots.loc[at, "geometry"] = plots.loc[at, "geometry"].union(border)


TOWN_SPOILINGS = {
    "a bridge left out": ("bridges: the piece", _without_bridge),
    "a bridge that is not the shortest": ("bridges: that of", _longer_bridge),
    "a bridge that joins nothing too light": ("bridges: that of", _second_bridge),
    "shed without need": ("certificate of", _shed_needlessly),
    "a certificate of another weight": ("certificate of", _change_certificates({"weight": 5.0})),
    "a certificate of other bounds": ("certificate of", _change_certificates({"minimum": 50.0})),
    "a certificate of no unit": ("certificate of", _change_certificates({"unit_ids": []})),
    "no count said to fit": ("certificate of", _change_certificates({"reason": "no-count-fits"})),
    "a unit said to be too heavy": ("certificate of", _change_certificates({"reason": "unit-over-maximum"})),
    "a reason nobody knows": ("certificate of", _change_certificates({"reason": "bad-luck"})),
    "a plot too wide": (
        "plot",
        lambda p: _table(p, "plots", lambda t: t.set_geometry(t.geometry.buffer(5.0))),
    ),
    "a plot beside its house": (
        "plot: it does not hold",
        lambda p: _table(p, "plots", lambda t: t.set_geometry(t.geometry.translate(xoff=200.0))),
    ),
    "a plot in another zone": ("plot: that of H25 leaves", lambda p: _table(p, "plots", _beyond_the_zone)),
    "members in another building": (
        "placements: a member who names another unit",
        lambda p: _table(p, "placements", lambda t: t.assign(unit_id="H1", grid_id=_grid_of(p, "H1"))),
    ),
}


def _grid_of(plan, unit_id):
    return plan.units.set_index("unit_id").loc[unit_id, "grid_id"]


@pytest.mark.parametrize("spoiling", TOWN_SPOILINGS)
def test_a_spoiled_plan_of_a_town_is_named(spoiling, town, town_plan):
    """Each spoiling breaks its rule."""
    rule, spoil = TOWN_SPOILINGS[spoiling]
    broken = check_plan(spoil(town_plan), **town)
    assert any(sentence.startswith(rule) for sentence in broken), broken[:5]


def _star(counts):
    """Return a middle field and others that touch only that one, with so many members each."""
    x, y = 500_000.0, 4_400_000.0
    boxes = [shapely.box(x, y, x + 90, y + 90)]
    for dx, dy in ((92, 0), (-92, 0), (0, 92), (0, -92))[: len(counts) - 1]:
        boxes.append(shapely.box(x + dx, y + dy, x + dx + 90, y + dy + 90))
    fields = gpd.GeoDataFrame({"parcel_id": [f"S{i}" for i in range(len(boxes))]}, geometry=boxes, crs=CRS)
    points = shapely.centroid(np.array(boxes, dtype=object)).repeat(counts)
    people = gpd.GeoDataFrame(
        {"member_id": [f"CARD-{i:04d}" for i in range(len(points))]}, geometry=points, crs=CRS
    )
    return {
        "fields": gridder.units_from_frame(fields, layer="field"),
        "members": gridder.members_from_frame(people),
    }


@pytest.mark.parametrize(
    ("counts", "minimum", "maximum", "reason"),
    [
        ([3, 4], 4, 6, "no-count-fits"),
        ([1, 2, 2, 2], 3, 4, "proved-infeasible"),
        ([9, 2, 2], 3, 4, "unit-over-maximum"),
        ([1, 1], 3, 4, "component-under-minimum"),
    ],
)
def test_true_certificates_pass_and_false_ones_do_not(counts, minimum, maximum, reason):
    """Each reason holds where it is true; on a map that can be divided none of them does."""
    size = gridder.Size("members", minimum, minimum, maximum)
    inputs = {**_star(counts), "size": size}
    plan = gridder.partition(**inputs)
    told = plan.report["layers"]["field"]["out_of_bounds"]
    assert {entry["certificate"]["reason"] for entry in told} == {reason}
    assert check_plan(plan, **inputs) == []

    possible = {**_star([2, 4, 3, 2]), "size": gridder.Size("members", 4, 4, 7)}
    spoiled = gridder.partition(**possible)
    (first, *_) = spoiled.grids["grid_id"]
    units = spoiled.units.assign(grid_id=first)
    certificate = {
        "reason": reason,
        "grid_ids": [first],
        "unit_ids": units["unit_id"].tolist(),
        "weight": 11.0,
        "minimum": 4.0,
        "maximum": 7.0,
    }

    def forge(content):
        content["layers"]["field"]["out_of_bounds"] = [
            {"grid_id": first, "size": 11.0, "certificate": certificate}
        ]

    spoiled = _with_report(replace(spoiled, units=units, grids=spoiled.grids.iloc[:1]), forge)
    assert any(s.startswith(f"certificate of {first}") for s in check_plan(spoiled, **possible))


def test_a_number_of_grids_is_checked(inputs):
    """The number asked for is kept, and another one is not taken for it."""
    asked = {**inputs, "size": gridder.Size("members", n_grids=20)}
    plan = gridder.partition(**asked)
    assert check_plan(plan, **asked) == []
    other = {**inputs, "size": gridder.Size("members", n_grids=21)}
    assert any(s.startswith("bounds: there are 20 grids") for s in check_plan(plan, **other))


def test_a_number_of_grids_that_cannot_be_kept_is_told():
    """Three islands of the same size are no two grids; the report says so, and another reason is refused."""
    islands = [box(5000 * b + 100 * i, 0, 5000 * b + 100 * i + 100, 100) for b in range(3) for i in range(10)]
    frame = gpd.GeoDataFrame({"unit_id": range(30), "n": 1}, geometry=islands, crs="EPSG:32650")
    asked = {
        "fields": units_from_frame(frame, layer="field"),
        "size": gridder.Size("n", n_grids=2),
    }
    plan = gridder.partition(**asked)
    missed = plan.report["layers"]["field"]["n_grids_missed"]
    assert (missed["asked"], missed["made"]) == (2, 3)
    assert missed["certificate"]["reason"] == "no-count-fits"
    assert check_plan(plan, **asked) == []
    silent = _with_report(plan, lambda c: c["layers"]["field"].pop("n_grids_missed"))
    assert any(s.startswith("bounds: there are 3 grids") for s in check_plan(silent, **asked))
    fitting = {**asked, "size": gridder.Size("n", minimum=5, maximum=25, n_grids=4)}
    wide = _with_report(
        plan,
        lambda c: c["layers"]["field"].update(
            n_grids_missed={**missed, "asked": 4},
            size={"of": "n", "target": 7.5, "minimum": 5.0, "maximum": 25.0},
        ),
    )
    assert any(s.startswith("certificate of the number") for s in check_plan(wide, **fitting))
