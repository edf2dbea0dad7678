"""Rosters with names and lists of doubtful addresses, made from the rows that were kept apart from their plan."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gridder.io.address_review import write_review
from gridder.io.plan import load_plan
from gridder.io.rosters import write_rosters
from gridder.model import Lang

PART_ROWS = 5_000
"""Rows in one part."""


def row_parts(table: pd.DataFrame) -> list[bytes]:
    """Return the rows of `Plan.roster` or `Plan.address_review` as JSON records, some thousand in a part."""
    texts = table.astype(object).where(table.notna(), None)
    return [
        json.dumps(texts.iloc[i : i + PART_ROWS].to_dict("records"), ensure_ascii=False).encode()
        for i in range(0, len(texts), PART_ROWS)
    ]


def write_named_rosters(folder: Path, parts: Iterable[bytes], path: Path, *, lang: Lang) -> int:
    """Write the rosters of a plan's folder with names, from the parts of its roster; return how many people."""
    rows = _rows(parts)
    roster = rows.astype("str").where(rows.notna())
    plan = dataclasses.replace(load_plan(folder), roster=roster)
    write_rosters(plan, path, names=True, lang=lang)
    return len(roster)


def write_kept_review(parts: Iterable[bytes], path: Path, *, lang: Lang) -> int:
    """Write the doubtful addresses of a plan for a person to decide; return how many people have them."""
    review = _rows(parts)
    write_review(review, path, lang=lang)
    return int(review["members"].sum())


def _rows(parts: Iterable[bytes]) -> pd.DataFrame:
    return pd.DataFrame.from_records([record for part in parts for record in json.loads(part)])
