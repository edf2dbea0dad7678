"""Locks: what the table may say, that they hold, and what cannot hold."""

from __future__ import annotations

import pandas as pd
import pytest

import gridder
from gridder.io.words import explain_wishes
from gridder.testing import check_plan

SIZE = gridder.Size("members", target=8, minimum=6, maximum=11)


def _locks(**columns):
    return gridder.locks_from_frame(pd.DataFrame(columns))


def _grid_of(plan):
    return plan.units.set_index("unit_id")["grid_id"]


def test_a_table_is_read_with_headers_of_both_languages(tmp_path):
    """From CSV: rows, wishes, blanks; a row without unit and wish is left out."""
    path = tmp_path / "locks.csv"
    path.write_text("图层,地块编号,网格,同组\n地块,P1,F-003,\nfield,P2,,西\n,,,\n", encoding="utf-8")
    locks = gridder.read_locks(path)
    assert locks.frame[["layer", "unit_id", "grid", "together", "apart"]].to_numpy().tolist() == [
        ["field", "P1", "F-003", None, None],
        ["field", "P2", None, "西", None],
    ]
    assert locks.source.file == "locks.csv"


def test_what_was_noticed_of_the_table_is_in_the_report(tmp_path, farm):
    """An encoding that was guessed, for one."""
    path = tmp_path / "locks.csv"
    given = farm(2)
    name = given.inputs["fields"].frame["unit_id"].iloc[0]
    path.write_bytes(f"地块编号,网格\n{name},东区\n".encode("gbk"))
    plan = gridder.partition(**given.inputs, size=SIZE, effort=0.1, locks=gridder.read_locks(path))
    told = [(repair["kind"], repair["file"]) for repair in plan.report["repairs"]]
    assert ("encoding-guessed", "locks.csv") in told


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"unit_id": ["P1"], "colour": ["red"]}, "no-lock-columns"),
        ({"unit_id": [None, "P1"], "grid": ["a", "b"]}, "lock-without-unit"),
        ({"unit_id": ["P2", "P1"], "grid": [None, "b"]}, "lock-without-wish"),
        ({"unit_id": ["P1"], "grid": ["b"], "layer": ["road"]}, "unknown-layer"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_fault(columns, kind):
    """Each names rows and a remedy."""
    with pytest.raises(gridder.InputError) as error:
        _locks(**columns)
    assert [fault.kind for fault in error.value.faults] == [kind]
    assert error.value.faults[0].remedy.zh


@pytest.mark.parametrize("barrier", [False, True])
def test_locks_to_grids_of_the_old_plan_hold(farm, barrier):
    """A unit goes to the grid of its neighbour, by id and by code; the grid keeps its name."""
    inputs = farm(4, zones=True, barrier=barrier).inputs
    first = gridder.partition(**inputs, size=SIZE, effort=0.1)
    links = first.adjacency
    grid = _grid_of(first)
    across = links[links["unit_a"].map(grid).to_numpy() != links["unit_b"].map(grid).to_numpy()]
    code_of = first.grids.set_index("grid_id")["code"]
    one, other = across.iloc[0], across.iloc[-1]
    wanted = {one["unit_a"]: grid[one["unit_b"]], other["unit_b"]: grid[other["unit_a"]]}
    names = [wanted[one["unit_a"]], code_of[wanted[other["unit_b"]]]]
    locks = _locks(unit_id=list(wanted), grid=names)
    plan = gridder.partition(**inputs, size=SIZE, effort=0.1, old=first, locks=locks)
    now = _grid_of(plan)
    assert {unit: now[unit] for unit in wanted} == wanted
    assert check_plan(plan, **inputs, size=SIZE) == []


def test_without_an_old_plan_a_grid_may_have_any_name(farm):
    """Units of one name share a grid, units of two names do not."""
    inputs = farm(4).inputs
    locks = _locks(unit_id=["P000", "P009", "P010", "P063"], grid=["a", "a", "b", "c"])
    now = _grid_of(gridder.partition(**inputs, size=SIZE, effort=0.1, locks=locks))
    assert now["P000"] == now["P009"]
    assert len({now["P000"], now["P010"], now["P063"]}) == 3


def test_groups_that_share_a_unit_are_one(farm):
    """P000 with P001, and P001 with P002."""
    locks = _locks(unit_id=["P000", "P001", "P001", "P002"], together=["a", "a", "b", "b"])
    now = _grid_of(gridder.partition(**farm(4).inputs, size=SIZE, effort=0.1, locks=locks))
    assert now["P000"] == now["P001"] == now["P002"]


@pytest.mark.parametrize(
    ("columns", "kind", "named"),
    [
        ({"unit_id": ["P000", "P063"], "together": ["a", "a"]}, "locked-apart", "P000, P063"),
        (
            {"unit_id": ["P000", "P001", "P002", "P008", "P009", "P010"], "together": ["a"] * 6},
            "locked-over-maximum",
            "P000, ",
        ),
        (
            {"unit_id": ["P000", "P001"], "together": ["a", "a"], "apart": ["x", "x"]},
            "locked-and-apart",
            "P000, P001",
        ),
        ({"unit_id": ["P000", "P000"], "grid": ["a", "b"]}, "two-locks", "two grids"),
        (
            {"unit_id": ["P000", "P001"], "grid": ["a", "b"], "together": ["x", "x"]},
            "two-locks",
            "P000, P001",
        ),
    ],
)
def test_locks_that_cannot_hold_name_the_units(farm, columns, kind, named):
    """Across zones, above the maximum, together and apart, to two grids: by the ids of the units."""
    inputs = farm(4, zones=True).inputs
    with pytest.raises(gridder.InputError) as error:
        gridder.partition(**inputs, size=SIZE, effort=0.1, locks=_locks(**columns))
    (fault,) = error.value.faults
    assert fault.kind == kind
    assert named in fault.what.en
    assert fault.what.zh
    assert fault.file == "<memory>"


def test_a_grid_of_another_zone_is_a_fault(farm):
    """No grid leaves its zone, so no unit can be locked to one of another zone."""
    inputs = farm(4, zones=True).inputs
    first = gridder.partition(**inputs, size=SIZE, effort=0.1)
    there = first.grids.loc[first.grids["zone"] == "B", "grid_id"].iloc[0]
    with pytest.raises(gridder.InputError, match="P000 are locked to a grid of another zone"):
        gridder.partition(
            **inputs, size=SIZE, effort=0.1, old=first, locks=_locks(unit_id=["P000"], grid=[there])
        )


def test_a_lock_means_all_parts_of_a_unit_that_was_cut(farm):
    """P000 has 8 ha and is cut at 5; its parts are locked apart from its neighbour."""
    one = farm(4)
    size = gridder.Size("area_ha", target=0.4, minimum=0.1, maximum=0.5)
    plan = gridder.partition(
        fields=one.inputs["fields"],
        size=size,
        effort=0.1,
        locks=_locks(unit_id=["P000", "P001"], apart=["a", "a"]),
    )
    parts = plan.units[plan.units["source_id"].isin(["P000"])]
    assert len(parts) == 2
    rival = set(plan.units.loc[plan.units["source_id"] == "P001", "grid_id"])
    assert not set(parts["grid_id"]) & rival


def test_an_id_of_several_units_is_ambiguous(farm):
    """The lock must say which, as the plan numbers them."""
    one = farm(4)
    fields = one.fields.assign(parcel_id=["P001", *one.fields["parcel_id"][1:]])
    inputs = {"fields": one.replaced(fields=fields).inputs["fields"], "size": gridder.Size("area_ha", 3)}
    with pytest.raises(gridder.InputError, match="several units have"):
        gridder.partition(**inputs, effort=0.1, locks=_locks(unit_id=["P001", "P002"], together=["a", "a"]))
    plan = gridder.partition(
        **inputs, effort=0.1, locks=_locks(unit_id=["P001#2", "P002"], together=["a", "a"])
    )
    assert _grid_of(plan)["P001#2"] == _grid_of(plan)["P002"]


@pytest.mark.slow
def test_units_that_cannot_be_parted_are_told(farm):
    """All people live in two neighbours, and a grid needs half of them: both are in one, with a certificate."""
    one = farm(4)
    people = one.people.iloc[:8].assign(parcel_id=["P000", "P001"] * 4)
    inputs = one.replaced(people=people).inputs
    size = gridder.Size("members", target=8, minimum=8, maximum=8)
    plan = gridder.partition(
        **inputs, size=size, effort=0.1, locks=_locks(unit_id=["P000", "P001"], apart=["a", "a"])
    )
    (broken,) = plan.report["layers"]["field"]["locks"]["broken"]
    assert broken["unit_ids"] == ["P000", "P001"]
    assert broken["certificate"]["reason"] == "not-found"
    assert plan.grids["reason"].tolist() == ["not-found"]
    assert check_plan(plan, **inputs, size=size) == []
    (told,) = explain_wishes(plan.report["layers"]["field"])
    assert "P000, P001" in told.en
    assert "P000, P001" in told.zh
