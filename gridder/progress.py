"""Progress is a callback: it is told the stage and the share done, and may raise `Stopped`."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the stage's name (a slug, see `STAGES`) and the share of it that is done, 0 to 1."""

STAGES = ("read", "measure", "place", "units", "neighbours", "solve", "grids", "report", "write")


def silent(stage: str, done: float) -> None:
    """Ignore progress."""
