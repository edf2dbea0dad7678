"""A polygon divided into parts of given area: strips along its own axis, or compact parts."""

from gridder.geometry.split.line import split_by_shares
from gridder.geometry.split.parts import split_compact, split_equal
from gridder.geometry.split.width import KEPT, WIDTH

__all__ = ["KEPT", "WIDTH", "split_by_shares", "split_compact", "split_equal"]
