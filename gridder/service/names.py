"""Rosters with names, made from a plan without any and the names that were kept apart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gridder.io.plan import load_plan
from gridder.io.rosters import write_rosters
from gridder.model import Lang

PART_ROWS = 5_000
"""People in one part of a roster."""


def roster_parts(roster: pd.DataFrame) -> list[bytes]:
    """Return the rows of `Plan.roster` as JSON records, some thousand in a part."""
    texts = roster.astype(object).where(roster.notna(), None)
    return [
        json.dumps(texts.iloc[i : i + PART_ROWS].to_dict("records"), ensure_ascii=False).encode()
        for i in range(0, len(texts), PART_ROWS)
    ]


def write_named_rosters(folder: Path, parts: Iterable[bytes], path: Path, *, lang: Lang) -> int:
    """Write the rosters of a plan's folder with names, from the parts of its roster; return how many people."""
    records = [record for part in parts for record in json.loads(part)]
    roster = pd.DataFrame.from_records(records).astype("str")
    roster = roster.where(pd.DataFrame.from_records(records).notna())
    plan = dataclasses.replace(load_plan(folder), roster=roster)
    write_rosters(plan, path, names=True, lang=lang)
    return len(roster)
