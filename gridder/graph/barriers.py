"""Barriers as pieces that are found by place."""

from __future__ import annotations

from gridder.geometry.lines import segments
from gridder.graph.kernels import EVERYWHERE, Buckets, cut_up, in_buckets
from gridder.model import Floats, Geometries

STEP_M = 10.0


def findable(lines: Geometries, origin: Floats, reach_m: float) -> Buckets:
    """Return the pieces of lines, measured from an origin, findable where they come within reach of a point."""
    begin, end, line = segments(lines)
    return in_buckets(cut_up(begin - origin, end - origin, line, STEP_M, EVERYWHERE), reach_m + STEP_M / 2)
