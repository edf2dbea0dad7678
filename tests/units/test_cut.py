"""Units above the maximum cut: fields by area, buildings by the people in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridder.units.cut import cut_fields, natural_key, share_out, strips


def _people(n, **columns):
    table = {"member_id": [f"m{i:03d}" for i in range(n)]}
    for name in ("household", "stairwell", "floor", "room", "address"):
        table[name] = columns.get(name, [None] * n)
    return pd.DataFrame(table)


def _share(people, minimum, maximum, weight=None):
    counted = np.ones(len(people)) if weight is None else np.asarray(weight, dtype=float)
    return share_out(people, counted, minimum=minimum, maximum=maximum)


def _whole_households(people, part):
    return len(set(zip(people["household"], part, strict=True))) == people["household"].nunique()


def test_a_field_of_ten_is_cut_into_four_of_at_most_three():
    """The fewest equal parts below the maximum of 3 are four of 2.5; the small field stays whole."""
    geoms = np.array([shapely.box(0, 0, 1000, 100), shapely.box(0, 200, 10, 210)])
    cut = cut_fields(geoms, np.array([10.0, 1.0]), maximum=3.0)
    assert cut.parent.tolist() == [0, 0, 0, 0, 1]
    assert cut.share == pytest.approx([0.25] * 4 + [1.0], rel=1e-6)
    assert shapely.symmetric_difference(shapely.union_all(cut.geoms[:4]), geoms[0]).area < 1e-3


def test_whole_stairwells_where_they_fit():
    """Three stairwells of four people, at most eight a part: 1单元 and 2单元 are never cut, nor 10单元."""
    people = _people(12, stairwell=["10单元"] * 4 + ["1单元"] * 4 + ["2单元"] * 4)
    part = _share(people, 4, 8)
    assert set(part.tolist()) == {0, 1}
    by_stairwell = pd.Series(part).groupby(people["stairwell"]).nunique()
    assert (by_stairwell == 1).all()
    assert part[people["stairwell"] == "1单元"].max() <= part[people["stairwell"] == "10单元"].min()


def test_floors_where_stairwells_do_not_fit():
    """One stairwell of nine people, at most five a part: the lower floors are together."""
    people = _people(9, stairwell=["1"] * 9, floor=["3", "1", "2"] * 3, room=["1", "2", "3"] * 3)
    part = _share(people, 2, 5)
    floors = people["floor"].astype(int).to_numpy()
    assert floors[part == 0].max() <= floors[part == 1].min()
    assert sorted(np.bincount(part).tolist()) == [4, 5]


def test_a_household_is_never_cut():
    """Households of three, at most five a part: every part holds whole households."""
    people = _people(12, household=[f"h{i // 3}" for i in range(12)])
    part = _share(people, 2, 5)
    assert _whole_households(people, part)
    assert np.bincount(part).tolist() == [3, 3, 3, 3]


def test_a_household_above_the_maximum_keeps_the_building_whole():
    """Nothing can be done with a household of six and a maximum of five."""
    assert _share(_people(6, household=["h"] * 6), 2, 5) is None


def test_without_anything_the_member_ids_decide():
    """Ten people in order of their ids, at most four a part: 3, 3 and 4 in some order."""
    part = _share(_people(10), 3, 4)
    assert (np.diff(part) >= 0).all()
    assert sorted(np.bincount(part).tolist()) == [3, 3, 4]


def test_addresses_sort_as_people_do():
    """2单元 comes before 10单元, 三号 after 二号, 十二 after 三, full-width as half-width; missing last."""
    ordered = ["1号楼2单元", "1号楼10单元", "二号楼", "三号楼", "十二号楼", "２０号楼", None]
    shuffled = [ordered[i] for i in (6, 2, 4, 0, 5, 3, 1)]
    assert sorted(shuffled, key=natural_key) == ordered


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(1, 6),
    st.integers(0, 6),
)
def test_parts_keep_the_maximum_and_households(rows, minimum, spread):
    """Whatever the building: parts at most the maximum, households whole, every part has somebody."""
    maximum = minimum + spread
    people = _people(
        len(rows), household=[f"h{h}" for h, _ in rows], stairwell=[str(s) if s else None for _, s in rows]
    )
    part = _share(people, minimum, maximum)
    largest = people["household"].value_counts().max()
    assert (part is None) == (largest > maximum)
    if part is not None:
        assert np.bincount(part).max() <= maximum
        assert np.bincount(part).min() >= 1
        assert _whole_households(people, part)


def test_strips_have_their_shares_and_make_up_the_building():
    """An L-shaped building in shares of 1/2, 1/3 and 1/6."""
    shape = shapely.Polygon([(0, 0), (40, 0), (40, 10), (10, 10), (10, 20), (0, 20)])
    drawn = strips(shape, np.array([1 / 2, 1 / 3, 1 / 6]))
    assert shapely.area(drawn) == pytest.approx(shape.area * np.array([1 / 2, 1 / 3, 1 / 6]), rel=1e-6)
    assert shapely.symmetric_difference(shapely.union_all(drawn), shape).area < 1e-6
    assert shapely.is_valid(np.array(drawn, dtype=object)).all()


def test_a_part_that_counts_nothing_is_still_drawn():
    """Zero shares become hairlines rather than empty shapes."""
    drawn = strips(shapely.box(0, 0, 30, 10), np.array([1.0, 0.0]))
    assert (shapely.area(drawn) > 0).all()
