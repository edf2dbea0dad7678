"""Real fields cut into equal parts: seconds of one core, and how equal, connected, wide and compact the parts are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from benchmarks import data
from gridder.geometry.measure import polsby_popper
from gridder.geometry.split import KEPT, split_by_shares, split_compact, split_equal
from gridder.geometry.split.width import Narrows

FIELDS = 1_000
FEWEST, MOST = 2, 12


def run() -> list[str]:
    """Return the table, one row a way of cutting."""
    fields = data.tiled_fields(FIELDS).geometry.to_numpy()
    return [
        "| how | fields | parts | CPU s | largest area error | connected | kept | mean Polsby–Popper |",
        "|---|---|---|---|---|---|---|---|",
        _row("parallel lines only (`split_by_shares`)", fields, _parallel),
        _row("strips (`split_equal`)", fields, split_equal),
        _row("compact (`split_compact`)", fields, split_compact),
    ]


def _row(name: str, fields: np.ndarray, split: Callable[[Any, int], list[Any]]) -> str:
    counts = FEWEST + np.arange(len(fields)) % (MOST - FEWEST + 1)
    split(fields[0], MOST)
    start = time.process_time()
    groups = [split(field, n) for field, n in zip(fields, counts.tolist(), strict=True)]
    seconds = time.process_time() - start
    parts = np.array([part for group in groups for part in group], dtype=object)
    fair = np.repeat(shapely.area(fields) / counts, counts)
    error = np.abs(shapely.area(parts) / fair - 1.0).max()
    whole = (shapely.get_num_geometries(parts) == 1).mean()
    kept = np.concatenate(
        [
            Narrows.of(field, field.area / len(group)).kept(np.array(group, dtype=object))
            for field, group in zip(fields, groups, strict=True)
        ]
    )
    return (
        f"| {name} | {len(fields)} | {len(parts)} | {seconds:.1f} | {error:.0e} | {whole:.2%} "
        f"| {(kept >= KEPT).mean():.2%} | {polsby_popper(parts).mean():.3f} |"
    )


def _parallel(field: Any, n: int) -> list[Any]:
    return split_by_shares(field, np.full(n, 1.0 / n))
