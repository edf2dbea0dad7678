"""How groups are made up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridder.groups import composition


def test_a_member_may_have_several_skills():
    """`农机手、电工` counts for both; unplaced members count for no grid."""
    skills = pd.Series(["农机手、电工", "电工", None, "会计"])
    counts = composition.compose_skills(skills, np.array([0, 0, 0, -1]))
    assert counts.to_dict("records") == [
        {"grid": 0, "attribute": "skill", "value": "农机手", "count": 1},
        {"grid": 0, "attribute": "skill", "value": "电工", "count": 2},
    ]


def test_only_columns_with_few_kinds_are_compositions():
    """Crops sort units into kinds; ids, constants and numbers do not."""
    attributes = pd.DataFrame(
        {"crop": ["a", "b", "a"], "id": ["x", "y", "z"], "same": ["s", "s", "s"], "n": [1, 2, 1]}
    )
    assert composition.category_columns(attributes) == ["crop"]
    counts = composition.compose_units(attributes, np.array([0, 0, 1]))
    assert counts["count"].tolist() == [1, 1, 1]


def test_no_column_gives_an_empty_table():
    """Without anything to count the table is empty but whole."""
    counts = composition.compose_units(pd.DataFrame({"n": [1, 2]}), np.array([0, 0]))
    assert counts.columns.tolist() == ["grid", "attribute", "value", "count"]
    assert len(counts) == 0


def test_skills_are_told_apart_by_the_usual_signs():
    """Chinese and other commas, strokes, lines; letter case and full width do not count, parts of words do not do."""
    cells = pd.Series(["电工， Driver", "农机手／电工", "cook|ＤＲＩＶＥＲ", "driver's mate", None, ""])
    assert composition.has_skill(cells, " driver").tolist() == [True, False, True, False, False, False]
    assert composition.has_skill(cells, "电工").tolist() == [True, True, False, False, False, False]
    assert composition.split_skills(" a ;b\nc，") == ["a", "b", "c"]
