"""The plans that maps are measured on, and that both writers write them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from benchmarks.bench_map import WRITERS
from benchmarks.views import KINDS

N = 400


@pytest.fixture(params=KINDS)
def plan(request, data_dir):
    """Return a plan of each kind."""
    return KINDS[request.param][1](N)


def test_every_unit_lies_in_its_grid(plan):
    """Grids are as large as their units together, about ten units each, and most have neighbours."""
    assert len(plan.units) / len(plan.grids) == pytest.approx(10, rel=0.3)
    size = plan.units.groupby("grid_id")["size"].sum()
    assert size[plan.grids["grid_id"]].to_numpy() == pytest.approx(plan.grids["size"].to_numpy())
    outlines = plan.grids.set_index("grid_id").geometry[plan.units["grid_id"]].to_numpy()
    middles = shapely.point_on_surface(plan.units.geometry.to_numpy())
    assert shapely.within(middles, outlines).all()
    assert set(plan.neighbours["grid_a"]) <= set(plan.grids["grid_id"])
    assert np.unique(plan.neighbours[["grid_a", "grid_b"]]).size > 0.7 * len(plan.grids)


def test_both_writers_write_it(plan, tmp_path):
    """Ours is the smaller file."""
    sizes = {}
    for name, write in WRITERS.items():
        write(plan, tmp_path / name)
        sizes[name] = (tmp_path / name).stat().st_size
    assert 0 < sizes["gridder"] < sizes["folium"]
