"""How the group of a grid is made up: skills of its people, crops and kinds of its units."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from gridder.model import Bools, Ints

MOST_VALUES = 12
MOST_COLUMNS = 3
_SIGNS = re.compile(r"\s*[、,，;；/／|｜\n]\s*")
"""What stands between several skills in one cell."""


def category_columns(attributes: pd.DataFrame) -> list[str]:
    """Return the text columns that sort units into a few kinds (2 to 12 values), at most three."""
    found = []
    for name in attributes.columns:
        column = attributes[name]
        if not pd.api.types.is_string_dtype(column) and column.dtype != object:
            continue
        distinct = column.dropna().astype(str).nunique()
        if 2 <= distinct <= MOST_VALUES and distinct < column.notna().sum():
            found.append(str(name))
    return found[:MOST_COLUMNS]


def compose_units(attributes: pd.DataFrame, grid: Ints) -> pd.DataFrame:
    """Count the units of each grid by the values of their category columns."""
    tables = [_count(grid, attributes[name], name) for name in category_columns(attributes)]
    return _join(tables)


def compose_skills(skill: pd.Series[str], grid: Ints) -> pd.DataFrame:
    """Count the members of each grid by skill; a member may have several (`农机手、电工`)."""
    split = skill.dropna().astype(str).map(split_skills)
    exploded = split.explode().dropna()
    return _join([_count(grid[exploded.index.to_numpy()], exploded, "skill")])


def split_skills(text: str) -> list[str]:
    """Return the skills of one cell.

    >>> split_skills("农机手、电工; driver")
    ['农机手', '电工', 'driver']
    """
    return [skill for skill in _SIGNS.split(text.strip()) if skill]


def has_skill(skill: pd.Series[str], word: str) -> Bools:
    """Return which members have a skill, shape (m,); letter case and full-width forms do not count."""
    wanted = _folded(word)
    codes, texts = pd.factorize(skill.fillna("").astype(str))
    found = [any(_folded(own) == wanted for own in split_skills(text)) for text in texts]
    return np.array(found, dtype=np.bool_)[codes]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _count(grid: Ints, values: pd.Series[str], attribute: str) -> pd.DataFrame:
    table = pd.DataFrame({"grid": grid, "value": values.to_numpy()})
    table = table[(table["grid"] >= 0) & table["value"].notna()]
    table["value"] = table["value"].astype(str)
    counts = table.groupby(["grid", "value"]).size().rename("count").reset_index()
    counts.insert(1, "attribute", attribute)
    return counts


def _join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    if not full:
        return pd.DataFrame(
            {
                "grid": np.zeros(0, dtype=np.int64),
                "attribute": pd.Series([], dtype=str),
                "value": pd.Series([], dtype=str),
                "count": np.zeros(0, dtype=np.int64),
            }
        )
    return pd.concat(full, ignore_index=True)
