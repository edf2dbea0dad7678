"""What a plan is asked for beside its size, alone and together, with zones and barriers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridder
from gridder.testing import check_plan

SIZE = gridder.Size("members", target=8, minimum=6, maximum=11)
FEW = settings(
    deadline=None,
    derandomize=True,
    max_examples=8,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def _grid_of(plan):
    return plan.units.set_index("unit_id")["grid_id"]


def _layer(plan):
    return plan.report["layers"]["field"]


def _kinds(error):
    return {fault.kind for fault in error.value.faults}


@FEW
@given(seed=st.integers(0, 10**6), zones=st.booleans(), barrier=st.booleans(), lone=st.booleans())
def test_every_wish_together_gives_a_valid_plan(farm, seed, zones, barrier, lone):
    """Skill, likeness, second size, locks and an old plan at once; the checker finds nothing, locks hold."""
    inputs = farm(seed, zones=zones, barrier=barrier).inputs
    first = gridder.partition(**inputs, size=SIZE, effort=0.2)
    links = first.adjacency[first.adjacency["kind"] != "bridge"]
    (a, b), (c, d), (e, f) = links[["unit_a", "unit_b"]].iloc[[0, len(links) // 2, -1]].to_numpy()
    locks = pd.DataFrame({"unit_id": [a, b, c, d, e], "together": ["a", "a", *[None] * 3]})
    locks["apart"] = [None, None, "b", "b", None]
    locks["grid"] = [*[None] * 4, "corner"]
    if not lone:
        locks = pd.concat([locks, pd.DataFrame({"unit_id": [f], "grid": ["corner"]})], ignore_index=True)
    plan = gridder.partition(
        **inputs,
        size=SIZE,
        effort=0.2,
        skill="driver",
        alike={"crop": 0.5, "slope": 0.2},
        second_size=gridder.Size("area_mu", minimum=20, maximum=60),
        locks=gridder.locks_from_frame(locks),
        old=first,
    )
    assert check_plan(plan, **inputs, size=SIZE) == []
    grid = _grid_of(plan)
    assert grid[a] == grid[b]
    assert lone or grid[e] == grid[f]
    assert (grid[c] == grid[d]) == bool(_layer(plan)["locks"]["broken"])
    assert set(_layer(plan)) >= {"skill", "alike", "second_size", "stability"}


def test_a_skill_is_in_every_grid_where_there_are_enough(farm):
    """One in four has it and a grid has eight people: every grid gets one; without the wish some have none."""
    inputs = farm(3, zones=True).inputs
    plan = gridder.partition(**inputs, size=SIZE, skill=" Driver ", effort=0.2)
    assert plan.grids["n_skilled"].min() >= 1
    assert _layer(plan)["skill"] == {"word": " Driver ", "minimum": 1, "grids_short": []}
    assert plan.grids["n_skilled"].sum() == (inputs["members"].frame["skill"] == "电工、driver").sum()
    assert "n_skilled" not in gridder.partition(**inputs, size=SIZE, effort=0.1).grids


def test_too_few_with_a_skill_are_certified(farm):
    """Of 128 people one is a driver: all grids but one are short, each with a certificate that holds."""
    one = farm(3)
    people = one.people.assign(skill=["driver", *["cook"] * (len(one.people) - 1)])
    inputs = one.replaced(people=people).inputs
    plan = gridder.partition(**inputs, size=SIZE, skill="driver", effort=0.1)
    short = _layer(plan)["skill"]["grids_short"]
    assert len(short) == len(plan.grids) - 1
    assert {entry["certificate"]["reason"] for entry in short} == {"skill-short"}
    assert _layer(plan)["out_of_bounds"] == []
    assert (plan.grids["reason"] == "skill-short").sum() == len(short)
    assert check_plan(plan, **inputs, size=SIZE) == []


@pytest.mark.parametrize("column", ["crop", "soil"])
def test_grids_are_more_alike_where_that_is_wanted(farm, column):
    """The share of the variance within grids falls, for categories and for numbers."""
    inputs = farm(5).inputs
    indifferent = gridder.partition(**inputs, size=SIZE, alike={column: 1e-9}, effort=0.2)
    wanted = gridder.partition(**inputs, size=SIZE, alike={column: 5.0}, effort=0.2)
    within = [_layer(plan)["alike"][column]["within"] for plan in (indifferent, wanted)]
    assert within[1] < 0.7 * within[0]


def test_missing_values_are_a_kind_or_the_mean(farm):
    """Blank crops and slopes neither fail nor vary."""
    one = farm(5)
    fields = one.fields.copy()
    fields.loc[::3, "crop"] = None
    fields.loc[::2, "slope"] = math.nan
    fields["same"] = "x"
    inputs = one.replaced(fields=fields).inputs
    plan = gridder.partition(**inputs, size=SIZE, effort=0.2, alike={"crop": 1, "slope": 1, "same": 1})
    assert check_plan(plan, **inputs, size=SIZE) == []
    assert _layer(plan)["alike"]["same"]["within"] == 0.0


def test_the_second_size_is_kept_where_it_can_be(farm):
    """Half the fields have trees; bounds of the trees are kept by more grids than without the wish."""
    one = farm(7)
    rng = np.random.default_rng(1)
    fields = one.fields.assign(trees=rng.integers(0, 9, len(one.fields)))
    inputs = one.replaced(fields=fields).inputs
    plain = gridder.partition(**inputs, size=SIZE, effort=0.2)
    trees = plain.units.groupby("grid_id")["trees"].sum()
    plan = gridder.partition(
        **inputs, size=SIZE, second_size=gridder.Size("trees", minimum=13, maximum=19), effort=0.2
    )
    assert plan.grids.set_index("grid_id")["second_size"].equals(
        plan.units.groupby("grid_id")["trees"].sum().astype(float).rename("second_size")
    )
    assert _layer(plan)["second_size"]["within_bounds"] > trees.between(13, 19).mean()


@pytest.mark.parametrize("objective", ["moment", "cut", "medoid", "mix"])
def test_every_objective_gives_a_valid_plan(farm, objective):
    """The checker finds nothing."""
    inputs = farm(2, zones=True, barrier=True).inputs
    plan = gridder.partition(**inputs, size=SIZE, objective=objective, effort=0.2)
    assert check_plan(plan, **inputs, size=SIZE) == []
    assert plan.recipe["parameters"]["objective"] == objective


def test_all_wrong_wishes_are_told_at_once(farm):
    """Unknown skill, columns, size, objective and units, an unknown layer: one error, each with a remedy."""
    inputs = farm(1).inputs
    with pytest.raises(gridder.InputError) as error:
        gridder.partition(
            **inputs,
            size=SIZE,
            skill="pilot",
            skill_minimum=0,
            alike={"colour": 1.0, "crop": -1.0},
            second_size=gridder.Size("trees", minimum=3),
            locks=gridder.locks_from_frame(
                pd.DataFrame(
                    {
                        "unit_id": ["P001", "X999"],
                        "layer": ["楼栋", "地块"],
                        "together": ["a", "a"],
                    }
                )
            ),
            objective="round",
            stability=-1.0,
        )
    assert _kinds(error) == {
        "no-such-skill", "bad-wish", "no-such-column", "no-such-size", "lock-of-another-layer",
        "unknown-lock-unit", "bad-objective",
    }  # fmt: skip
    assert all(fault.remedy.en and fault.remedy.zh for fault in error.value.faults)
    assert "driver" in str(error.value)
    assert "crop" in str(error.value)


def test_a_skill_without_a_roster_is_a_fault(farm):
    """The remedy names --members."""
    inputs = {"fields": farm(1).inputs["fields"]}
    with pytest.raises(gridder.InputError, match="--members"):
        gridder.partition(**inputs, size=gridder.Size("area_ha", 5), skill="driver")


def test_too_many_categories_are_a_fault(farm):
    """A column that is different everywhere is no kind of crop."""
    one = farm(1)
    inputs = one.replaced(fields=one.fields.assign(owner_no=one.fields["parcel_id"] + "x")).inputs
    with pytest.raises(gridder.InputError, match="64 different values, more than 50"):
        gridder.partition(**inputs, size=SIZE, alike={"owner_no": 1.0})


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (gridder.Size("area_mu"), "no bounds"),
        (gridder.Size("area_mu", minimum=9, maximum=3), "not in order"),
        (gridder.Size("area_mu", n_grids=4), "no bounds"),
        (gridder.Size("area_mu", minimum=-1), "not in order"),
    ],
)
def test_a_second_size_needs_bounds(farm, size, expected):
    """They may be open on one side."""
    with pytest.raises(gridder.InputError, match=expected):
        gridder.partition(**farm(1).inputs, size=SIZE, second_size=size)


@pytest.mark.parametrize("n_grids", [12, 16])
def test_a_number_of_grids_is_kept_beside_every_wish(farm, n_grids):
    """Exactly so many over both zones, in bounds or certified."""
    inputs = farm(12, zones=True, barrier=True).inputs
    size = gridder.Size("members", n_grids=n_grids)
    first = gridder.partition(**inputs, size=size, effort=0.1)
    plan = gridder.partition(
        **inputs,
        size=size,
        effort=0.1,
        skill="driver",
        alike={"soil": 0.3},
        locks=gridder.locks_from_frame(pd.DataFrame({"unit_id": ["P000", "P001"], "together": ["a", "a"]})),
        old=first,
    )
    assert check_plan(plan, **inputs, size=size) == []
    assert len(plan.grids) == n_grids


def test_a_wish_holds_in_the_layers_that_it_can_be_counted_in(farm):
    """Nobody is placed in buildings and these have no crop; locks name their layer."""
    one = farm(13)
    houses = (
        one.fields.iloc[:20].assign(parcel_id=lambda frame: "H" + frame["parcel_id"]).drop(columns="crop")
    )
    houses = houses.set_geometry(houses.geometry.buffer(-25))
    locks = pd.DataFrame(
        {
            "layer": ["地块", "field", "building", "楼栋"],
            "unit_id": ["P000", "P001", "HP002", "HP003"],
            "apart": ["a"] * 4,
        }
    )
    inputs = one.inputs | {"buildings": gridder.units_from_frame(houses, layer="building")}
    sizes = {"size": SIZE, "building_size": gridder.Size("area_ha", 1.5)}
    plan = gridder.partition(
        **inputs,
        **sizes,
        effort=0.1,
        skill="driver",
        alike={"crop": 1.0},
        second_size=gridder.Size("soil", maximum=20),
        locks=gridder.locks_from_frame(locks),
    )
    assert check_plan(plan, **inputs, **sizes) == []
    layers = plan.report["layers"]
    assert {"skill", "alike", "second_size"} <= set(layers["field"])
    assert not {"skill", "alike"} & set(layers["building"])
    assert layers["building"]["second_size"]["minimum"] == 0.0
    grid = _grid_of(plan)
    assert grid["P000"] != grid["P001"]
    assert grid["HP002"] != grid["HP003"]
    again = gridder.partition(**inputs, **sizes, effort=0.1, skill="driver", alike={"crop": 1.0}, old=plan)
    assert set(again.report["layers"]["building"]["stability"]) >= {"grids_kept", "units_changed"}
    with pytest.raises(gridder.InputError, match="name a layer that is not divided, or none"):
        gridder.partition(
            **inputs, **sizes, locks=gridder.locks_from_frame(locks.assign(layer=[None, *locks["layer"][1:]]))
        )
