"""How the groups are made up, counted again."""

from __future__ import annotations

import re

import pandas as pd

from gridder.testing.case import Case
from gridder.testing.people import pseudonyms_of


def check_composition(case: Case) -> list[str]:
    """Return counts of skills, and of units by a column of their own, that are not so."""
    table = case.plan.composition
    table = table[table["layer"] == case.layer]
    skills = table["attribute"] == "skill"
    out = []
    if case.members is not None:
        frame = case.members.frame
        grid = case.placements.set_index("member_id")["grid_id"].reindex(pseudonyms_of(case.members))
        has = pd.DataFrame({"grid_id": grid.to_numpy(), "value": frame["skill"]}).dropna()
        has["value"] = [re.split(r"\s*[、,，;；/／|｜\n]\s*", text.strip()) for text in has["value"]]
        has = has.explode("value")
        if _counted(has[has["value"] != ""]) != _told(table[skills]):
            out.append("composition: the skills of a grid are not those of its members")
    for name, told in table[~skills].groupby("attribute"):
        if name not in case.units:
            continue
        has = case.units[["grid_id", name]].dropna().rename(columns={name: "value"})
        if _counted(has.assign(value=has["value"].astype(str))) != _told(told):
            out.append(f"composition: {name} of a grid is not that of its units")
    return out


def _counted(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    return _told(rows.groupby(["grid_id", "value"]).size().rename("count").reset_index())


def _told(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    keys = zip(table["grid_id"], table["value"], strict=True)
    return {key: int(n) for key, n in zip(keys, table["count"], strict=True)}
