"""Skilled people of every grid, counted again from the roster."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from gridder.testing.case import Case
from gridder.testing.certificates import check_skill_certificates
from gridder.testing.people import pseudonyms_of


def check_skill(case: Case) -> list[str]:
    """Return grids whose skilled people are not those of the roster, or lack a certificate."""
    told = case.report.get("skill")
    if told is None or case.members is None:
        return []
    wanted = _folded(told["word"])
    has = [
        wanted in {_folded(word) for word in re.split(r"[、,，;；/／|｜\n]", str(text))}
        for text in case.members.frame["skill"].fillna("")
    ]
    unit = case.placements.set_index("member_id")["unit_id"].reindex(pseudonyms_of(case.members))
    counts = unit[has].value_counts()
    skilled = case.units["unit_id"].map(counts).fillna(0).to_numpy(dtype=np.float64)
    held = np.bincount(case.grid, skilled, len(case.grids))
    out = check_skill_certificates(case, skilled, float(told["minimum"]))
    if not np.array_equal(held, case.grids["n_skilled"]):
        out.append("skill: n_skilled of a grid is not that of its members")
    return out


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
