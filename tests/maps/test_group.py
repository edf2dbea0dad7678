"""The map of one grid: what of a view is in it, and what is not."""

from dataclasses import replace

import pandas as pd
import pytest

import maps
from maps.group import around


def test_the_grid_its_units_and_its_neighbours_are_left(view):
    """A corner grid has two neighbours; their units, and all that lies elsewhere, are gone."""
    part = around(view, "f0")
    assert part.grids["grid_id"].tolist() == ["f0", "f1", "f4"]
    assert part.units["unit_id"].tolist() == ["D-0-0", "D-0-1", "D-0-2", "D-0-3"]
    assert part.neighbours.to_numpy().tolist() == [["f0", "f1"], ["f0", "f4"]]
    assert set(part.composition["grid_id"]) == {"f0", "f1", "f4"}
    assert part.zones["zone"].tolist() == ["东片"]
    assert len(part.bridges) == 1
    assert list(part.sizes) == ["field"]
    assert part.summary == {
        "field": {"n_units": 12, "n_grids": 3, "n_within": 3, "placed": None, "unplaced": None}
    }


def test_bridges_and_barriers_elsewhere_are_gone(view):
    """Those of another layer or place do not lie about in the map of a grid."""
    assert around(view, "f11").bridges.empty
    assert around(view, "b1").barriers.empty
    assert len(around(view, "f9").barriers) == 1
    bridges = view.bridges.assign(unit_a="小区1/0号楼")
    assert around(replace(view, bridges=bridges), "b1").bridges.empty


def test_a_grid_without_neighbours_stands_alone(view):
    """No pair of it: one grid, and a map of it."""
    alone = replace(view, neighbours=view.neighbours.iloc[:0])
    assert around(alone, "f3").grids["grid_id"].tolist() == ["f3"]
    assert "<title>Grid 02004</title>" in maps.grid_map(alone, "f3").get_root().render()


def test_hidden_counts_stay_hidden(view):
    """What the view does not say, the map of a grid does not either."""
    part = around(view, "f10")
    own = part.grids.set_index("grid_id").loc["f10"]
    assert own["suppressed"]
    assert pd.isna(own["size"])
    assert part.k == 5


def test_the_view_is_not_changed(view):
    """The plan's own map can be made of it afterwards."""
    before = maps.plan_map(view).get_root().render()
    maps.grid_map(view, "f0")
    assert maps.plan_map(view).get_root().render() == before


@pytest.mark.parametrize("grid_id", ["f99", "", "F0"])
def test_an_unknown_grid_is_refused(view, grid_id):
    """There is no map of a grid that is not there."""
    with pytest.raises(KeyError, match=f"^.{grid_id}.$"):
        maps.grid_map(view, grid_id)


@pytest.mark.parametrize(("lang", "title"), [("en", "Grid 01002"), ("zh", "网格 01002")])
def test_equal_views_give_equal_bytes(view, lang, title):
    """The title is the code in the page's language."""
    pages = [maps.grid_map(view, "f1", lang=lang).get_root().render() for _ in range(2)]
    assert pages[0] == pages[1]
    assert f"<title>{title}</title>" in pages[0]
