"""Areas as people write them: 50ha, 300亩, 2km2."""

from __future__ import annotations

import re

from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Finding, Text

AREA_UNITS = {
    "": 1.0,
    "m2": 1.0,
    "m²": 1.0,
    "平方米": 1.0,
    "ha": SQUARE_METRES_PER_HA,
    "公顷": SQUARE_METRES_PER_HA,
    "mu": SQUARE_METRES_PER_MU,
    "亩": SQUARE_METRES_PER_MU,
    "km2": 1e6,
    "km²": 1e6,
    "平方公里": 1e6,
}
"""Square metres of every unit that an area may be given in."""


def square_metres(area: str | None) -> tuple[float | None, list[Finding]]:
    """Return an area such as 50ha in square metres, or what is wrong with it.

    >>> square_metres("50ha")
    (500000.0, [])
    """
    if area is None:
        return None, []
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*((?:[^0-9.].*)?)", area.strip())
    factor = AREA_UNITS.get(match.group(2).strip().lower()) if match else None
    if match is None or factor is None:
        what = Text(f"{area} cannot be read as an area", f"无法理解面积“{area}”")
        remedy = Text(
            "write 50ha, 300mu, 20000m2 or 2km2", "请写作 50ha（公顷）、300mu（亩）、20000m2 或 2km2"
        )
        return None, [Finding("bad-size", what, remedy=remedy)]
    return float(match.group(1)) * factor, []
