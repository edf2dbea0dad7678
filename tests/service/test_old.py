"""Staying near an old plan: who is known again, what keeps its name, and how much changes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridder
from gridder.service.numbers import keep_locked
from gridder.service.old import match_units
from gridder.testing import check_plan

SIZE = gridder.Size("members", target=8, minimum=6, maximum=11)
FEW = settings(
    deadline=None,
    derandomize=True,
    max_examples=6,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def _grid_of(plan):
    return plan.units.set_index("unit_id")["grid_id"]


def _stability(plan):
    return plan.report["layers"]["field"]["stability"]


@FEW
@given(seed=st.integers(0, 10**6), zones=st.booleans(), barrier=st.booleans())
def test_unchanged_inputs_move_nobody(farm, seed, zones, barrier):
    """The second plan is the first: grids, ids, numbers, codes, placements."""
    inputs = farm(seed, zones=zones, barrier=barrier).inputs
    first = gridder.partition(**inputs, size=SIZE, effort=0.1)
    second = gridder.partition(**inputs, size=SIZE, effort=0.1, old=first)
    assert second.assignment.equals(first.assignment)
    names = ["grid_id", "code", "number", "zone"]
    pd.testing.assert_frame_equal(pd.DataFrame(second.grids[names]), pd.DataFrame(first.grids[names]))
    pd.testing.assert_frame_equal(second.placements, first.placements)
    told = _stability(second)
    assert (told["grids_new"], told["grids_gone"], told["units_changed"], told["members_changed"]) == (0,) * 4
    assert told["grids_kept"] == len(first.grids)
    assert told["members_before"] == len(first.placements)


def _moved(people, share, seed):
    """Return the people with a share of them in another field, gone, or new."""
    rng = np.random.default_rng(seed)
    n = len(people)
    homes = people["parcel_id"].to_numpy(dtype=object).copy()
    some = rng.choice(n, max(1, int(share * n)), replace=False)
    homes[some] = rng.choice(homes, len(some))
    out = people.assign(parcel_id=homes).drop(index=rng.choice(n, max(1, int(share * n / 2)), replace=False))
    new = people.iloc[rng.choice(n, max(1, int(share * n / 2)), replace=False)].assign(
        member_id=lambda frame: [f"new{i}" for i in range(len(frame))]
    )
    return pd.concat([out, new], ignore_index=True)


@pytest.mark.parametrize("zones", [False, True])
def test_few_of_the_others_change_grid_when_some_move(farm, zones):
    """One in twenty moves; far fewer others change grid than in a plan made anew, and it is valid."""
    one = farm(11, 12, 12, zones=zones)
    first = gridder.partition(**one.inputs, size=SIZE, effort=0.2)
    inputs = one.replaced(people=_moved(one.people, 0.05, 2)).inputs
    anew = gridder.partition(**inputs, size=SIZE, effort=0.2, old=first, stability=0.0)
    near = gridder.partition(**inputs, size=SIZE, effort=0.2, old=first)
    assert check_plan(near, **inputs, size=SIZE) == []
    assert _stability(near)["members_changed"] < 0.1
    assert _stability(near)["members_changed"] <= _stability(anew)["members_changed"]
    assert _stability(near)["grids_kept"] >= 0.9 * len(first.grids)


def test_the_report_counts_what_changed(farm):
    """Shares of units and sizes, counted again from both plans."""
    one = farm(11, 12, 12)
    first = gridder.partition(**one.inputs, size=SIZE, effort=0.1)
    inputs = one.replaced(people=_moved(one.people, 0.3, 2)).inputs
    second = gridder.partition(**inputs, size=SIZE, effort=0.1, old=first, stability=1.0)
    told = _stability(second)
    was, now = _grid_of(first), _grid_of(second)
    changed = now != was.reindex(now.index)
    assert told["units_changed"] == pytest.approx(changed.mean())
    size = second.units.set_index("unit_id")["size"]
    assert told["size_changed"] == pytest.approx(size[changed].sum() / size.sum())
    both = second.placements.merge(first.placements, on=["member_id", "unit_id"])
    assert told["members_before"] == len(both)
    assert told["members_changed"] == pytest.approx((both["grid_id_x"] != both["grid_id_y"]).mean())
    assert told["grids_kept"] + told["grids_gone"] == len(first.grids)
    assert told["grids_kept"] + told["grids_new"] == len(second.grids)


def test_new_grids_get_numbers_that_were_never_used(farm):
    """The farm grows by half: old names stay, new numbers follow in each zone; a number that is gone stays gone."""
    whole = farm(6, 8, 12, zones=True)
    south = whole.fields.iloc[:64]
    small = whole.replaced(
        fields=south, people=whole.people[whole.people["parcel_id"].isin(south["parcel_id"])]
    )
    first = gridder.partition(**small.inputs, size=SIZE, effort=0.1)
    grown = gridder.partition(**whole.inputs, size=SIZE, effort=0.1, old=first)
    new = grown.grids[~grown.grids["grid_id"].isin(first.grids["grid_id"])]
    assert len(new) > 0
    for zone, here in new.groupby("zone"):
        before = first.grids.loc[first.grids["zone"] == zone, "number"].max()
        assert here["number"].tolist() == list(range(before + 1, before + 1 + len(here)))
        assert here["code"].tolist() == [
            f"{code}{n:03d}" for code, n in zip(here["zone_code"], here["number"], strict=True)
        ]
    shrunk = gridder.partition(**small.inputs, size=SIZE, effort=0.1, old=grown)
    assert shrunk.recipe["last_numbers"] == grown.recipe["last_numbers"]
    again = gridder.partition(**whole.inputs, size=SIZE, effort=0.1, old=shrunk)
    fresh = again.grids[~again.grids["grid_id"].isin(shrunk.grids["grid_id"])]
    assert not set(fresh["grid_id"]) & set(grown.grids["grid_id"])


def test_units_are_known_again_by_their_place(farm):
    """Other ids, one field split in two and one merged away: the grids carry on."""
    one = farm(8)
    first = gridder.partition(**one.inputs, size=SIZE, effort=0.1)
    fields = one.fields.copy()
    west, south, east, north = fields.geometry.iloc[5].bounds
    middle = (west + east) / 2
    halves = [
        fields.geometry.iloc[5].intersection(shapely.box(*box))
        for box in ((west, south, middle, north), (middle, south, east, north))
    ]
    fields = gpd.GeoDataFrame(
        {"parcel_id": [f"Q{i}" for i in range(len(fields) + 1)]},
        geometry=[*fields.geometry.drop(5), *halves],
        crs=fields.crs,
    )
    homes = fields.geometry.representative_point()
    people = gpd.GeoDataFrame(
        {"member_id": [f"m{i:04d}" for i in range(2 * len(fields))]},
        geometry=pd.concat([homes, homes], ignore_index=True),
        crs=fields.crs,
    )
    inputs = one.replaced(fields=fields, people=people).inputs
    second = gridder.partition(**inputs, size=SIZE, effort=0.1, old=first)
    assert _stability(second)["units_before"] == len(fields)
    assert _stability(second)["units_changed"] < 0.1
    assert check_plan(second, **inputs, size=SIZE) == []


SQUARES = shapely.box(np.arange(4.0), 0, np.arange(4.0) + 1, 1)


def _points(*x):
    return shapely.points([(value, 0.5) for value in x])


def test_ids_stand_before_places_and_places_before_ids_given_anew():
    """By id; by place where there is no such id; by place alone where most ids name other places."""
    old = ["a", "b", "c", "d"]
    match = match_units(["a", "x", "c", "d"], _points(0.5, 1.5, 3.5, 9), old, SQUARES, has_ids=True)
    assert match.tolist() == [0, 1, 2, 3]
    shifted = match_units(["b", "c", "d", "e"], _points(0.5, 1.5, 2.5, 3.5), old, SQUARES, has_ids=True)
    assert shifted.tolist() == [0, 1, 2, 3]
    rows = match_units(["a", "b", "c"], _points(1.5, 9, 0.5), old, SQUARES, has_ids=False)
    assert rows.tolist() == [1, -1, 0]


def test_a_plan_of_another_layer_or_place_is_a_fault(farm):
    """Fields beside a plan of buildings, and a farm elsewhere."""
    one = farm(8)
    first = gridder.partition(**one.inputs, size=SIZE, effort=0.1)
    houses = gridder.units_from_frame(one.fields, layer="building")
    with pytest.raises(gridder.InputError, match="old plan divides fields"):
        gridder.partition(buildings=houses, size=gridder.Size("area_ha", 5), old=first)
    far = one.replaced(
        fields=one.fields.assign(parcel_id="Z" + one.fields["parcel_id"]).set_geometry(
            one.fields.geometry.translate(xoff=50_000)
        )
    )
    with pytest.raises(gridder.InputError, match="not one of the fields was in the old plan"):
        gridder.partition(fields=far.inputs["fields"], size=gridder.Size("area_ha", 5), old=first)


def test_an_old_plan_is_read_from_its_folder_and_named_in_the_recipe(farm, tmp_path):
    """The same new plan and checksum, whether the old one comes from memory or from files."""
    inputs = farm(9, zones=True).inputs
    first = gridder.partition(**inputs, size=SIZE, effort=0.1)
    read = gridder.load_plan(gridder.save_plan(first, tmp_path / "first"))
    plans = [gridder.partition(**inputs, size=SIZE, effort=0.1, old=old) for old in (first, read)]
    assert plans[0].assignment.equals(plans[1].assignment)
    assert plans[0].recipe["old"] == plans[1].recipe["old"]
    assert len(plans[0].recipe["old"]["sha256"]) == 64
    assert plans[0].recipe["parameters"]["stability"] == 10.0


def test_a_zone_with_another_name_is_known_by_its_code(farm):
    """Renamed, the zones keep their codes, and their grids keep names; without codes grids are named anew."""
    one = farm(14, zones=True)
    coded = one.replaced(zones=one.zones.assign(code=["07", "08"]))
    first = gridder.partition(**coded.inputs, size=SIZE, effort=0.1)
    renamed = coded.replaced(zones=coded.zones.assign(name=["Upper", "Lower"]))
    second = gridder.partition(**renamed.inputs, size=SIZE, effort=0.1, old=first)
    assert second.assignment.equals(first.assignment)
    third = gridder.partition(
        **renamed.replaced(zones=renamed.zones.assign(code=["17", "18"])).inputs,
        size=SIZE,
        effort=0.1,
        old=first,
    )
    assert not set(third.grids["grid_id"]) & set(first.grids["grid_id"])
    assert (
        check_plan(third, **renamed.replaced(zones=renamed.zones.assign(code=["17", "18"])).inputs, size=SIZE)
        == []
    )


def test_a_locked_grid_keeps_its_name_whatever_else_it_holds():
    """Grid 1 would carry on old grid 0, and holds a unit locked to old 2, which grid 0 would carry on."""
    kept = keep_locked(np.array([2, 0, 5]), np.array([0, 0, 1, 2]), np.array([-1, -1, 2, 7]), 5)
    assert kept.tolist() == [-1, 2, -1]
