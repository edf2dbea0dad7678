"""What differs between two plans: who moved, whatever the grids are called."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from gridder.model import PlanView
from gridder.service.compare import compare

EMPTY = gpd.GeoDataFrame(geometry=[], crs=4326)


def seen(grids, *, layer="field", first=0, size=1.0):
    """Return a view of units of one hectare in a row, whose grids are named by letters."""
    ids = [f"u{i}" for i in range(first, first + len(grids))]
    units = gpd.GeoDataFrame(
        {"unit_id": ids, "grid_id": list(grids), "layer": layer, "area_ha": 1.0, "size": size},
        geometry=[box(i, 0, i + 1, 1) for i in range(len(ids))],
        crs=4326,
    )
    nothing = pd.DataFrame()
    return PlanView(
        grids=EMPTY, units=units, neighbours=nothing, composition=nothing, bridges=EMPTY, zones=EMPTY,
        barriers=EMPTY, sizes={}, summary={},
    )  # fmt: skip


def statuses(comparison):
    return comparison.units.set_index("unit_id")["status"].to_dict()


def test_the_same_plan_moves_nobody():
    """Nor does it when all its grids have other names."""
    for other in ("aabbcc", "ccaabb", "xxyyzz"):
        found = compare(seen("aabbcc"), seen(other))
        assert set(statuses(found).values()) == {"kept"}
        assert len(found.matches) == 3
        assert found.flows.empty
        assert found.totals["field"] == {"kept": 6, "moved": 0, "new": 0, "gone": 0, "moved_ha": 0.0}


def test_a_unit_that_changes_its_grid_moves():
    """Grids carry on the ones with which they share most; what moved between them is counted."""
    found = compare(seen("aaabbb"), seen("xxyyyy"))
    assert [unit for unit, status in statuses(found).items() if status == "moved"] == ["u2"]
    flow = found.flows.iloc[0].to_dict()
    assert flow == {
        "layer": "field",
        "grid_before": "a",
        "grid_after": "y",
        "n_units": 1,
        "area_ha": 1.0,
        "size": 1.0,
    }


def test_units_come_and_go():
    """A unit of only one plan is new or gone, and a grid that nothing carries on matches nothing."""
    found = compare(seen("aabb"), seen("bbcc", first=2))
    assert statuses(found) == {
        "u0": "gone",
        "u1": "gone",
        "u2": "kept",
        "u3": "kept",
        "u4": "new",
        "u5": "new",
    }
    assert found.matches[["grid_before", "grid_after"]].to_numpy().tolist() == [["b", "b"]]
    assert found.totals["field"]["gone"] == found.totals["field"]["new"] == 2


def test_one_grid_carries_on_one():
    """Of a grid that was split the larger part carries it on, the other moved."""
    found = compare(seen("aaaaa"), seen("xxyyy"))
    assert [statuses(found)[f"u{i}"] for i in range(5)] == ["moved", "moved", "kept", "kept", "kept"]


def test_layers_are_apart():
    """A layer that is only in one plan is new; units of equal id in two layers are two."""
    field, building = seen("aabb"), seen("ab", layer="building")
    both = replace(field, units=pd.concat([field.units, building.units], ignore_index=True))
    found = compare(field, both)
    assert found.totals["field"]["kept"] == 4
    assert found.totals["building"] == {"kept": 0, "moved": 0, "new": 2, "gone": 0, "moved_ha": 0.0}


def test_hidden_sizes_stay_hidden():
    """Where a view hides the size of a unit, that of what moved is missing."""
    found = compare(seen("aaabbb"), seen("xxyyyy", size=np.nan))
    assert np.isnan(found.flows["size"].iloc[0])


@pytest.mark.parametrize("n", [3000])
def test_many_grids_are_matched(n):
    """Three thousand grids of ten units with other names and a border moved by one unit each."""
    before = np.repeat(np.arange(n), 10)
    after = np.repeat(np.random.default_rng(1).permutation(n), 10)
    after[10::10] = after[9:-1:10]
    found = compare(seen([f"b{g}" for g in before]), seen([f"a{g}" for g in after]))
    assert found.totals["field"]["moved"] == n - 1
