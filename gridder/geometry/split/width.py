"""How narrow a part may be, and how much of it is wide enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from gridder.model import Floats, Geometries

WIDTH = 0.1
"""The least width of a part, as a share of the side of the square with its area."""
KEPT = 0.8
"""A part is no sliver when so much of it hangs together with that width."""
QUARTER = 4
"""Sides of the polygon that stands for a quarter of a disc."""
DETAIL = 0.01
"""Outlines are simplified first by so much of the width: what remains is far quicker to shrink."""
SLACK = 1.02
"""Discs grow back by so much more than they shrank, so that pieces that touch overlap."""


@dataclass(frozen=True, eq=False)
class Narrows:
    """What is too narrow in the parts of a polygon, apart from where the polygon is narrow itself.

    Attributes
    ----------
    polygon
        What is cut.
    width
        The least width of a part.
    """

    polygon: shapely.Geometry
    width: float

    @classmethod
    def of(cls, polygon: shapely.Geometry, area: float) -> Narrows:
        """Return the measure for a polygon that is cut into parts of this area."""
        return cls(polygon, WIDTH * float(np.sqrt(area)))

    @cached_property
    def places(self) -> shapely.Geometry:
        """Where the polygon itself is narrower than its parts should be."""
        opened = self._grown(self._shrunk(self.polygon))
        return shapely.buffer(shapely.difference(self.polygon, opened), 0.01 * self.width)

    def kept(self, parts: Geometries) -> Floats:
        """Return the share of every part that hangs together where it is wide enough, shape (n,).

        That is what a disc of the least width reaches without leaving the part (morphological opening);
        what is narrow because the polygon itself is narrow there counts as wide enough.
        """
        inner = self._shrunk(parts)
        wide = self._grown(inner)
        kept = np.minimum(shapely.area(wide) / shapely.area(parts), 1.0)
        kept[shapely.get_num_geometries(inner) > 1] = 0.0
        for i in np.flatnonzero(kept < KEPT).tolist():
            own = shapely.intersection(parts[i], self.places)
            pieces = shapely.get_parts(shapely.union(wide[i], own))
            kept[i] = min(shapely.area(pieces).max(initial=0.0) / parts[i].area, 1.0)
        return np.asarray(kept)

    def _shrunk(self, polygons: Any) -> Any:
        plain = shapely.simplify(polygons, DETAIL * self.width)
        return shapely.buffer(plain, -self.width / 2, quad_segs=QUARTER)

    def _grown(self, polygons: Any) -> Any:
        return shapely.buffer(polygons, SLACK * self.width / 2, quad_segs=QUARTER)
