"""Numbers of grids in reading order, and codes against the pattern or the standard."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import shapely

from gridder.model import Coding
from gridder.testing.case import Case

LENGTHS = {"cjt349": 20, "db11": 15, "db6101": 15}
"""Digits of a code."""
OWN_DIGITS = {"cjt349": 2, "db11": 3, "db6101": 3}
"""Digits of the grid's own number, at the end."""


def check_numbers(case: Case, coding: Coding) -> list[str]:
    """Return zones whose grids are not numbered in reading order, and codes against the pattern.

    Grids that carry on those of an old plan keep their numbers and codes; then only that none is there twice is
    checked.
    """
    if "stability" in case.report:
        twice = case.grids.duplicated(["zone", "zone_code", "number"])
        return [f"numbers: {code} is not the only one of its number" for code in case.grids["code"][twice]]
    out = []
    for (zone, _), at in case.grids.groupby(["zone", "zone_code"]).groups.items():
        here = case.grids.loc[at]
        outlines = case.outlines[np.asarray(at)]
        centre = shapely.get_coordinates(shapely.centroid(outlines))
        height = np.sqrt(shapely.area(outlines).mean())
        row = np.floor((shapely.bounds(outlines)[:, 3].max() - centre[:, 1]) / height)
        order = np.lexsort((centre[:, 0], row))
        alone = coding.standard == "cjt349" and len(here) == 1
        expected = [0] if alone else list(range(1, len(here) + 1))
        if here["number"].to_numpy()[order].tolist() != expected:
            out.append(f"numbers: those of zone {zone} are not in reading order")
    return out + _check_codes(case, coding)


def _check_codes(case: Case, coding: Coding) -> list[str]:
    zone, number, code = case.grids["zone_code"].fillna(""), case.grids["number"], case.grids["code"]
    if coding.standard is not None:
        return _check_standard(zone, number, code, coding)
    if coding.pattern is not None:
        return [
            f"numbers: code {c} has no number" for c, n in zip(code, number, strict=True) if str(n) not in c
        ]
    pattern = zone + number.map("{:03d}".format)
    if not pattern.duplicated().any() and (pattern != code).any():
        return ["numbers: a code is not zone code and number"]
    return []


def _check_standard(
    zone: pd.Series[str], number: pd.Series[int], code: pd.Series[str], coding: Coding
) -> list[str]:
    """Return codes that have not the length and the parts of a standard."""
    digits = OWN_DIGITS[str(coding.standard)]
    kind = coding.kind if coding.standard == "cjt349" else ""
    out = []
    for place, n, told in zip(zone, number, code, strict=True):
        community = (coding.county + coding.street + place)[-12:]
        expected = f"{kind}{community}{int(n):0{digits}d}"
        if told != expected or not re.fullmatch(rf"\d{{{LENGTHS[str(coding.standard)]}}}", told):
            out.append(f"numbers: code {told} is not {expected}")
    return out
