"""The first rows of a layer as text, without what tells who somebody is, in one encoding or in several."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from gridder.io import encoding
from gridder.io.columns import MEMBER_ROLES, find_columns, personal_columns
from gridder.io.handover import unique_names
from gridder.io.inspection import Preview, Reading
from gridder.io.layers import LayerRows

PREVIEW_ROWS = 5
SEARCHED_ROWS = 1000
"""Among so many rows those are looked for whose texts differ from encoding to encoding."""
MASK = "***"
EXACT_DEGREES = r"\d{1,3}\.\d{4,}"
"""Degrees to ten metres and better."""
IDENTIFYING_ROLES = (
    "member_id",
    "name",
    "phone",
    "id_number",
    "address",
    "lon",
    "lat",
    "field_lon",
    "field_lat",
    "point",
    "field_point",
    "room",
)


def previews_of(rows: LayerRows, *, of_people: bool) -> tuple[Preview, list[Reading]]:
    """Return the first rows, and some rows as they read in every encoding that may be right.

    What looks like a person's in one of the encodings is masked in all.

    Parameters
    ----------
    of_people
        Whether it is a roster; what identifies its people is masked by the roles of its columns too.

    Returns
    -------
    Preview
        The first rows as they were read.
    list of Reading
        The columns that differ, as they were read and in every other encoding; empty where there is no doubt, or where letters were
        lost in reading.
    """
    sample = _telling(rows.attributes.head(SEARCHED_ROWS)).head(PREVIEW_ROWS)
    tables = {rows.source.encoding: sample, **_others(rows, sample)}
    masked = {
        at
        for table in (rows.attributes, *tables.values())
        for at, column in enumerate(table.columns)
        if column in _masked(rows, table, of_people=of_people)
    }
    differing = _differing(list(tables.values()))
    readings = [
        Reading(name, [str(table.columns[at]) for at in differing], _shown(table, masked, differing))
        for name, table in tables.items()
    ]
    return _shown(rows.attributes.head(PREVIEW_ROWS), masked), readings if len(readings) > 1 else []


def _others(rows: LayerRows, sample: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a table as it reads in every other encoding that may be right."""
    chosen = encoding.known_codec(rows.source.encoding)
    if chosen is None or rows.facts["encoding_lossy"]:
        return {}
    others = {name: encoding.known_codec(name) for name in rows.facts["encoding_others"]}
    return {name: _again(sample, chosen, codec) for name, codec in others.items() if codec}


def _masked(rows: LayerRows, table: pd.DataFrame, *, of_people: bool) -> set[str]:
    """Return the columns that tell who somebody is or, of a roster, where they live."""
    if not of_people:
        return set(personal_columns(table))
    roles = find_columns(table.columns, MEMBER_ROLES, None, rows.source)
    by_role = (roles[role] for role in IDENTIFYING_ROLES if role in roles)
    places = (str(name) for name in table.columns if _mostly_places(table[name]))
    return {*personal_columns(table), *by_role, *places}


def _mostly_places(column: pd.Series[Any]) -> bool:
    """Return whether most values of a column have so many decimals as only coordinates have, whatever its header."""
    values = column.dropna().head(SEARCHED_ROWS).astype(str)
    return len(values) > 0 and bool(values.str.contains(EXACT_DEGREES).mean() > 0.5)


def _differing(tables: Sequence[pd.DataFrame]) -> list[int]:
    """Return the positions of the columns that do not read the same in all encodings."""
    first, *others = tables
    return [
        at
        for at, name in enumerate(first.columns)
        if any(
            other.columns[at] != name or not other.iloc[:, at].equals(first.iloc[:, at]) for other in others
        )
    ]


def _shown(table: pd.DataFrame, masked: Collection[int], shown: Sequence[int] | None = None) -> Preview:
    """Return rows as text; of some columns only, where these are named by their positions."""
    return [
        {
            str(name): "" if pd.isna(value) else (MASK if at in masked else str(value))
            for at, (name, value) in enumerate(zip(table.columns, row, strict=True))
            if shown is None or at in shown
        }
        for row in table.itertuples(index=False, name=None)
    ]


def _telling(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose texts are not plain ASCII; all where there are none."""
    plain = table.map(lambda value: str(value).isascii()).all(axis=1)
    return table if plain.all() else table[~plain]


def _again(table: pd.DataFrame, chosen: str, other: str) -> pd.DataFrame:
    """Return a table that was decoded by one codec as another decodes it."""

    def decoded(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return encoding.decode(value.encode(chosen), other)
        except UnicodeError:
            return value

    return table.map(decoded).set_axis(unique_names([decoded(name) for name in table.columns]), axis=1)
