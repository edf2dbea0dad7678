"""What the pages say about grids, in one language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Lang, PlanView
from maps.pages import NO_ZONE
from maps.pdf.text import clean
from maps.words import PDF_WORDS, WORDS

MU_PER_HA = SQUARE_METRES_PER_HA / SQUARE_METRES_PER_MU


def number(value: float, digits: int = 2) -> str:
    """Return a number with at most so many decimals, thousands apart.

    >>> number(1264.5), number(3.0), number(-0.001)
    ('1,264.5', '3', '0')
    """
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def is_out(grid: Any) -> bool:
    """Return whether a grid is known to be out of bounds."""
    return not pd.isna(grid.within_bounds) and not grid.within_bounds


class Speaker:
    """Words, numbers and facts of a view in one language; every text of the data is clean."""

    def __init__(self, view: PlanView, lang: Lang) -> None:
        self._view = view
        self._lang = lang

    def word(self, key: str, **facts: object) -> str:
        """Return a word of the map's or the atlas's own, its fields filled."""
        text = WORDS[key] if key in WORDS else PDF_WORDS[key]
        return text.say(self._lang).format(**facts)

    def name(self, zone: str | None) -> str:
        """Return the name of a zone, or the words for none."""
        return self.word("no_zone") if zone is None or pd.isna(zone) or zone == NO_ZONE else clean(str(zone))

    def valid_from(self) -> str:
        """Return from which day the plan is valid, empty where none was given."""
        day = self._view.valid_from
        return self.word("valid_from", date=clean(day)) if day else ""

    def measure(self, layer: str) -> str:
        """Return what the size of a layer counts."""
        of = self._view.sizes[layer]["of"]
        return self.word(f"of_{of}") if f"of_{of}" in WORDS else clean(str(of))

    def count(self, value: float | None, *, suppressed: bool, digits: int = 2) -> str:
        """Return a count, or that it is hidden or unknown."""
        if value is None or pd.isna(value):
            return self.word("hidden") if suppressed else "–"
        return number(value, digits)

    def deviation(self, grid: Any) -> str:
        """Return the deviation of a grid in percent."""
        if pd.isna(grid.deviation):
            return self.count(grid.deviation, suppressed=grid.suppressed)
        percent = number(100 * grid.deviation, 1)
        return f"{'+' if grid.deviation > 0 else ''}{percent} %"

    def target(self, layer: str) -> str:
        """Return target and bounds of a layer."""
        size = self._view.sizes[layer]
        bounds = {key: number(size[key]) for key in ("target", "minimum", "maximum")}
        return self.word("target_of", unit=self.measure(layer), **bounds)

    def reason(self, grid: Any) -> str | None:
        """Return why a grid is out of bounds, or None."""
        if not is_out(grid) or pd.isna(grid.reason) or grid.reason not in WORDS:
            return None
        size = self._view.sizes[grid.layer]
        return self.word(
            grid.reason,
            weight=self.count(grid.certificate_weight, suppressed=True),
            unit=self.measure(grid.layer),
            minimum=number(size["minimum"]),
            maximum=number(size["maximum"]),
        )
