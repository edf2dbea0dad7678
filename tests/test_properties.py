"""What holds for every plan, over small generated maps."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import gridder
from gridder.io.read import barriers_from_rows, rows_of_frame, zones_from_rows
from gridder.testing import check_plan

CRS = 32650
WEST, SOUTH = 500_000.0, 4_400_000.0
STEP_M = 80.0
QUIET = settings(
    deadline=None, derandomize=True, max_examples=12, suppress_health_check=[HealthCheck.too_slow]
)
THOROUGH = settings(
    deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
SIZE = gridder.Size("members", target=12, minimum=8, maximum=16)


def _maps():
    """Return a strategy of maps: seed, columns, rows, zones, a barrier, members a field, by parcel number."""
    return st.tuples(
        st.integers(0, 10**6),
        st.integers(4, 9),
        st.integers(4, 9),
        st.booleans(),
        st.booleans(),
        st.floats(0.5, 3.0),
        st.booleans(),
    )


def _inputs(drawn):
    """Return the frames of a map: jittered fields with lanes, zones, a canal, and members by point or parcel number."""
    seed, columns, rows, with_zones, with_barrier, crowd, by_parcel = drawn
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    corner = np.stack([x, y], axis=-1) * STEP_M + np.round(rng.uniform(-12, 12, (*x.shape, 2)) * 64) / 64
    ring = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2).reshape(
        -1, 4, 2
    )
    inset = np.round((ring.mean(axis=1, keepdims=True) - ring) * 0.06 * 64) / 64
    geometry = shapely.polygons(ring + inset + [WEST, SOUTH])
    fields = gpd.GeoDataFrame(
        {"parcel_id": [f"P{i:03d}" for i in range(len(geometry))]}, geometry=geometry, crs=CRS
    )
    n = int(crowd * len(geometry)) + 8
    home = rng.integers(len(geometry), size=n)
    at = (
        shapely.get_coordinates(shapely.centroid(geometry))[home]
        + np.round(rng.normal(0, 3, (n, 2)) * 64) / 64
    )
    at = np.round(at * 64) / 64
    people = gpd.GeoDataFrame(
        {"member_id": [f"m{i:04d}" for i in range(n)]}, geometry=shapely.points(at), crs=CRS
    )
    if by_parcel:
        people = pd.DataFrame(
            {"member_id": people["member_id"], "parcel_id": fields["parcel_id"].to_numpy()[home]}
        )
    zones = barriers = None
    low, high = (
        np.array([WEST, SOUTH]) - 64,
        np.array([WEST, SOUTH]) + STEP_M * np.array([columns, rows]) + 64,
    )
    if with_zones:
        middle = WEST + STEP_M * (columns // 2)
        areas = [shapely.box(low[0], low[1], middle, high[1]), shapely.box(middle, low[1], high[0], high[1])]
        zones = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=areas, crs=CRS)
    if with_barrier:
        across = SOUTH + STEP_M * (rows // 2)
        lines = [shapely.linestrings([[low[0], across], [WEST + STEP_M * (columns / 2), across]])]
        barriers = gpd.GeoDataFrame(geometry=lines, crs=CRS)
    return {"fields": fields, "members": people, "zones": zones, "barriers": barriers}


def _read(frames):
    inputs = {
        "fields": gridder.units_from_frame(frames["fields"], layer="field"),
        "members": gridder.members_from_frame(frames["members"]),
    }
    if frames["zones"] is not None:
        inputs["zones"] = zones_from_rows([rows_of_frame(frames["zones"])])
    if frames["barriers"] is not None:
        inputs["barriers"] = barriers_from_rows([rows_of_frame(frames["barriers"])])
    return inputs


def _groups(plan, offset=(0.0, 0.0)):
    """Return the partition as sets of shapes, moved back by an offset."""
    shapes = shapely.transform(plan.units.geometry.to_numpy(), lambda xy: np.round(xy - np.array(offset), 6))
    keys = shapely.to_wkb(shapely.normalize(shapes))
    table = pd.DataFrame({"key": keys, "grid": plan.units["grid_id"]})
    return {frozenset(group) for _, group in table.groupby("grid")["key"]}


def _everything_holds(drawn):
    inputs = _read(_inputs(drawn))
    plan = gridder.partition(**inputs, size=SIZE)
    assert check_plan(plan, **inputs, size=SIZE) == []


def _shuffled_is_the_same(drawn):
    frames = _inputs(drawn)
    shuffled = {
        name: None if frame is None else frame.sample(frac=1, random_state=drawn[0]).reset_index(drop=True)
        for name, frame in frames.items()
    }
    first = gridder.partition(**_read(frames), size=SIZE)
    second = gridder.partition(**_read(shuffled), size=SIZE)
    assert _groups(first) == _groups(second)


def _moved_is_the_same(drawn, east, north):
    frames = _inputs(drawn)
    moved = {
        name: frame.set_geometry(frame.geometry.translate(xoff=east, yoff=north))
        if isinstance(frame, gpd.GeoDataFrame)
        else frame
        for name, frame in frames.items()
    }
    first = gridder.partition(**_read(frames), size=SIZE)
    second = gridder.partition(**_read(moved), size=SIZE)
    assert _groups(first) == _groups(second, (east, north))


@QUIET
@given(_maps())
def test_coverage_contiguity_bounds_or_certificate(drawn):
    """The independent checker finds nothing."""
    _everything_holds(drawn)


@QUIET
@given(_maps())
def test_shuffled_rows_give_the_same_partition(drawn):
    """Units, members, zones and barriers in any order."""
    _shuffled_is_the_same(drawn)


@QUIET
@given(_maps(), st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_a_map_moved_by_whole_metres_gives_the_same_partition(drawn, east, north):
    """Coordinates are multiples of 1/64 m in the measuring CRS, and people are counted."""
    _moved_is_the_same(drawn, east, north)


@pytest.mark.slow
@THOROUGH
@given(_maps(), st.integers(-20_000, 20_000), st.integers(-20_000, 20_000))
def test_all_of_it_on_more_maps(drawn, east, north):
    """The three properties above on more maps."""
    _everything_holds(drawn)
    _shuffled_is_the_same(drawn)
    _moved_is_the_same(drawn, east, north)


@pytest.mark.parametrize("angle", [17, 45, 100])
def test_a_turned_map_is_as_compact(angle):
    """Turned, the plan is valid and its moment within 2 %."""
    frames = _inputs((5, 20, 20, False, False, 1.5, False))
    centre = (WEST + 800, SOUTH + 800)
    turned = {
        name: None if frame is None else frame.set_geometry(frame.geometry.rotate(angle, origin=centre))
        for name, frame in frames.items()
    }
    inputs = _read(turned)
    first = gridder.partition(**_read(frames), size=SIZE)
    second = gridder.partition(**inputs, size=SIZE)
    assert check_plan(second, **inputs, size=SIZE) == []
    moments = [plan.report["layers"]["field"]["moment_m2"] for plan in (first, second)]
    assert moments[1] == pytest.approx(moments[0], rel=0.02)


@settings(QUIET, max_examples=5)
@given(drawn=_maps())
def test_write_then_read_is_identity(drawn, tmp_path_factory):
    """Every table, the report and the recipe come back as they were."""
    plan = gridder.partition(**_read(_inputs(drawn)), size=SIZE)
    folder = tmp_path_factory.mktemp("plan") / "out"
    gridder.save_plan(plan, folder)
    back = gridder.load_plan(folder)
    for name in ("grids", "units", "plots", "zones", "barriers"):
        written, read = getattr(plan, name), getattr(back, name)
        assert len(written) == len(read), name
        if len(written):
            assert written.geometry.geom_equals(read.geometry).all(), name
    for name in ("grids", "units", "adjacency", "placements", "composition"):
        written, read = (
            pd.DataFrame(getattr(p, name)).drop(columns="geometry", errors="ignore") for p in (plan, back)
        )
        assert_frame_equal(written, read)
    assert dict(back.report.content) == dict(plan.report.content)
    assert dict(back.recipe) == dict(plan.recipe)
    assert back.roster is None
    again = folder.parent / "again"
    gridder.save_plan(back, again)
    twice = gridder.load_plan(again)
    assert_frame_equal(pd.DataFrame(twice.units), pd.DataFrame(back.units))


def test_effort_and_rng_repeat_a_plan():
    """The same rng and effort give the same plan; another rng may give another."""
    inputs = _read(_inputs((1, 9, 9, True, True, 2.0, False)))
    plans = [gridder.partition(**inputs, size=SIZE, rng=rng) for rng in (3, 3)]
    assert plans[0].assignment.equals(plans[1].assignment)
