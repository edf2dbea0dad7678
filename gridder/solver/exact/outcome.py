"""What an exact search says."""

from __future__ import annotations

from dataclasses import dataclass

from gridder.model import Ints

FOUND, INFEASIBLE, UNDECIDED = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Search:
    """Outcome of an exhaustive search: `status`, and the grid of every unit where one was found."""

    status: int
    label: Ints
