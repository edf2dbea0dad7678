"""Two views of one roster: no small count follows from their difference."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

from gridder.model import PlanView
from gridder.service.apart import hide_differences

K = 5


def view_of(
    sizes: list[int], *, k: int = K, of: str = "members", skilled: list[int] | None = None
) -> PlanView:
    """Return the view of grids A, B, C … in one zone with so many people each."""
    names = [chr(ord("A") + i) for i in range(len(sizes))]
    n = len(names)
    squares = [shapely.box(i, 0, i + 1, 1) for i in range(n)]
    grids = GeoDataFrame(
        {
            "grid_id": names,
            "layer": "field",
            "zone": "none",
            "size": [float(size) for size in sizes],
            "deviation": 0.0,
            "n_members": [float(size) for size in sizes],
            "within_bounds": pd.array([True] * n, dtype="boolean"),
            "reason": pd.Series([None] * n, dtype=object),
            "suppressed": False,
        },
        geometry=squares,
        crs="EPSG:4326",
    )
    skilled = skilled or [0] * n
    composition = pd.DataFrame(
        [
            {"layer": "field", "grid_id": name, "attribute": "skill", "value": value, "count": float(count)}
            for name, size, own in zip(names, sizes, skilled, strict=True)
            for value, count in (("yes", own), ("no", size - own))
            if count
        ]
    ).assign(suppressed=False)
    nothing = GeoDataFrame(geometry=[], crs="EPSG:4326")
    counts = {"n_units": n, "n_grids": n, "n_within": n, "placed": sum(sizes), "unplaced": 0}
    return PlanView(
        grids=grids, units=nothing, neighbours=pd.DataFrame(), composition=composition, bridges=nothing,
        zones=nothing, barriers=nothing, sizes={"field": {"of": of}}, summary={"field": counts}, k=k,
    )  # fmt: skip


def matches_of(view: PlanView) -> pd.DataFrame:
    ids = view.grids["grid_id"]
    return pd.DataFrame({"grid_before": ids, "grid_after": ids})


def hidden_of(view: PlanView) -> list[str]:
    return view.grids.loc[view.grids["suppressed"], "grid_id"].tolist()


def test_a_difference_below_k_hides_both_counts_and_one_more():
    """A has one person more: A is hidden in both plans, and the smallest beside it, as the total is known."""
    before = view_of([20, 30, 40, 50])
    after = view_of([21, 30, 40, 60])
    old, new = hide_differences(before, after, matches_of(before))
    for shown in (old, new):
        assert hidden_of(shown) == ["A", "B"]
        grid = shown.grids.set_index("grid_id").loc["A"]
        assert grid[["size", "n_members", "deviation", "within_bounds"]].isna().all()
        assert shown.summary["field"]["n_within"] is None
        assert shown.summary["field"]["placed"] is None
        cells = shown.composition.set_index("grid_id")["count"]
        assert cells.loc[["A", "B"]].isna().all()
        assert cells.loc[["C", "D"]].notna().all()


def test_equal_counts_and_large_differences_stay():
    before, after = view_of([20, 30, 40]), view_of([20, 35, 60])
    old, new = hide_differences(before, after, matches_of(before))
    assert hidden_of(old) == hidden_of(new) == []
    assert old.summary == before.summary
    assert new.summary == after.summary


def test_what_was_hidden_stays_hidden():
    before, after = view_of([20, 30, 40]), view_of([20, 30, 40])
    grids = before.grids.assign(suppressed=[True, True, False])
    grids.loc[:1, ["size", "n_members"]] = float("nan")
    old, new = hide_differences(replace(before, grids=grids), after, matches_of(before))
    assert hidden_of(old) == ["A", "B"]
    assert hidden_of(new) == []


def test_a_skill_that_one_person_gained_is_hidden():
    """The counts of grid A are equal, those with the skill differ by one: both cells of it are hidden."""
    before = view_of([20, 30], skilled=[8, 9])
    after = view_of([20, 30], skilled=[9, 9])
    for shown in hide_differences(before, after, matches_of(before)):
        assert hidden_of(shown) == []
        cells = shown.composition.set_index("grid_id")["count"]
        assert cells.loc["A"].isna().all()
        assert cells.loc["B"].notna().all()


def test_totals_that_differ_by_less_than_k_are_hidden():
    before, after = view_of([20, 30, 40]), view_of([26, 30, 36])
    summary = {"field": dict(after.summary["field"]) | {"unplaced": 3, "placed": 90}}
    old, new = hide_differences(before, replace(after, summary=summary), matches_of(before))
    for shown in (old, new):
        assert shown.summary["field"]["placed"] is None
        assert shown.summary["field"]["unplaced"] is None


@pytest.mark.parametrize("given", [{"k": 1}, {"of": "area_ha"}])
def test_planners_and_areas(given):
    """With k of 1 nothing is hidden; an area is no count of people."""
    before, after = view_of([20, 30], **given), view_of([21, 30], **given)
    old, new = hide_differences(before, after, matches_of(before))
    assert old.grids["size"].tolist() == [20, 30]
    assert new.grids["size"].tolist() == [21, 30]


def test_inputs_are_left_as_they_were():
    before, after = view_of([20, 30, 40]), view_of([21, 30, 40])
    hide_differences(before, after, matches_of(before))
    assert before.grids["size"].tolist() == [20, 30, 40]
    assert before.composition["count"].notna().all()
