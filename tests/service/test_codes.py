"""Plans whose codes follow a standard, now and after an update."""

from __future__ import annotations

import pytest

import gridder
from gridder.io.read import rows_of_frame, zones_from_rows
from gridder.model import Coding
from gridder.testing import check_plan

SIZE = gridder.Size("members", target=16, minimum=8, maximum=24)
CODES = ["230881105203", "230881105204"]


def _with_codes(farm, codes=CODES):
    zones = farm.zones.assign(code=codes)
    return farm.inputs | {"zones": zones_from_rows([rows_of_frame(zones)])}


@pytest.mark.parametrize("coding", [Coding("cjt349", kind="010100"), Coding("db11"), Coding("db6101")])
def test_codes_of_a_plan_follow_the_standard(farm, coding):
    """Every grid has the code of its community and its number; the checker agrees."""
    inputs = _with_codes(farm(zones=True))
    plan = gridder.partition(
        **inputs, size=SIZE, coding=coding, responsible="第七管理区", valid_from="2026-12-01"
    )
    assert check_plan(plan, **inputs, size=SIZE, coding=coding) == []
    other = Coding("cjt349", kind="020000")
    assert check_plan(plan, **inputs, size=SIZE, coding=other) != []
    width = {"cjt349": 20}.get(coding.standard, 15)
    assert plan.grids["code"].str.fullmatch(rf"\d{{{width}}}").all()
    assert set(plan.grids["zone_code"]) == set(CODES)
    assert (plan.grids["responsible"] == "第七管理区").all()
    assert (plan.grids["valid_from"] == "2026-12-01").all()
    assert plan.grids["area_m2"].to_numpy() == pytest.approx(plan.grids["area_ha"].to_numpy() * 1e4)
    assert plan.grids["perimeter_m"].to_numpy() == pytest.approx(plan.grids.geometry.length.to_numpy())


def test_a_community_that_is_not_divided_has_00_until_it_is(farm):
    """One grid a zone: 00. Divided later, its grids are 01, 02 … with new ids, and the old ones are told to have ended."""
    made = farm(zones=True)
    inputs = _with_codes(made)
    coding = Coding("cjt349", kind="010100")
    whole = gridder.Size("members", target=64, minimum=32, maximum=96)
    plan = gridder.partition(**inputs, size=whole, coding=coding, valid_from="2026-01-01")
    assert plan.grids["code"].str[-2:].tolist() == ["00", "00"]
    assert check_plan(plan, **inputs, size=whole, coding=coding) == []
    same = gridder.partition(**inputs, size=whole, coding=coding, old=plan, valid_from="2026-06-01")
    assert same.grids["code"].tolist() == plan.grids["code"].tolist()
    assert set(same.grids["valid_from"]) == {"2026-01-01"}
    later = gridder.partition(**inputs, size=SIZE, coding=coding, old=plan, valid_from="2026-12-01")
    for _, numbers in later.grids.groupby("zone")["number"]:
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert set(later.grids["valid_from"]) == {"2026-12-01"}
    ended = later.report["layers"]["field"]["ended"]
    assert {grid["code"] for grid in ended} == set(plan.grids["code"])
    assert {(grid["valid_from"], grid["valid_to"]) for grid in ended} == {("2026-01-01", "2026-12-01")}


def test_codes_and_days_are_kept_and_new_grids_come_after(farm):
    """People move away from some fields: what carries on keeps code and day."""
    made = farm(zones=True)
    inputs = _with_codes(made)
    coding = Coding("db11")
    plan = gridder.partition(**inputs, size=SIZE, coding=coding, valid_from="2026-01-01")
    fewer = made.replaced(people=made.people.iloc[::3])
    later = gridder.partition(
        **_with_codes(fewer), size=SIZE, coding=coding, old=plan, valid_from="2026-12-01", stability=0.0
    )
    both = plan.grids.merge(later.grids, on="grid_id", suffixes=("", "_later"))
    assert len(both)
    assert (both["code"] == both["code_later"]).all()
    assert set(both["valid_from_later"]) == {"2026-01-01"}
    fresh = later.grids[~later.grids["grid_id"].isin(plan.grids["grid_id"])]
    assert not set(fresh["code"]) & set(plan.grids["code"])


def test_units_outside_every_community_are_a_fault_with_rows(farm):
    """The standard gives each grid to one community; the pattern of one's own does not mind."""
    made = farm(zones=True)
    west = made.replaced(zones=made.zones.iloc[:1])
    inputs = _with_codes(west, CODES[:1])
    with pytest.raises(gridder.InputError) as caught:
        gridder.partition(**inputs, size=SIZE, coding=Coding("db11"))
    (fault,) = caught.value.faults
    assert fault.kind == "outside-zones"
    assert len(fault.rows) > 5
    plan = gridder.partition(**inputs, size=SIZE, coding=Coding(pattern="{zone_code}-{number:03d}"))
    assert plan.grids["code"].is_unique


def test_a_wrong_day_and_a_wrong_standard_are_told_together(farm):
    """Before any work."""
    with pytest.raises(gridder.InputError) as caught:
        gridder.partition(**farm().inputs, size=SIZE, coding=Coding("db12"), valid_from="2026-13-01")
    assert [fault.kind for fault in caught.value.faults] == ["bad-date", "bad-code-standard"]


def test_too_few_digits_are_told(farm):
    """One digit tells nine grids."""
    inputs = farm().inputs
    size = gridder.Size("members", target=6, minimum=2, maximum=10)
    with pytest.raises(gridder.InputError) as caught:
        gridder.partition(**inputs, size=size, coding=Coding(pattern="{zone_code}{number:01d}"))
    assert [fault.kind for fault in caught.value.faults] == ["too-many-grids-for-code"]
