"""Geometries of strangers, parsed in the child first: what crashes GEOS must crash nobody else."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

STACK_BYTES = 512 * 1024
"""The smallest that a thread of the parent has on any system (macOS); nesting that needs more ends the child."""
CLOSED_WITHIN = 0.05
"""A walked boundary counts as closed where its ends are no further apart than this share of its length."""


def parse(column: Any) -> Any:
    """Return the geometries of a column of WKB, None where it is missing or cannot be understood.

    Parameters
    ----------
    column
        Binary, of pyarrow.
    """
    import shapely

    wkb = column.to_numpy(zero_copy_only=False)

    def run() -> Any:
        with np.errstate(all="ignore"):
            parsed = shapely.from_wkb(wkb, on_invalid="ignore")
            broken = np.flatnonzero(shapely.is_missing(parsed) & (wkb != None))  # noqa: E711 - elementwise
            parsed[broken] = shapely.from_wkb(wkb[broken], on_invalid="fix")
        return parsed

    return _with_small_stack(run)


def parse_wkt(texts: list[str | None]) -> Any:
    """Return the geometries of WKT, None where it is missing or cannot be understood."""
    import shapely

    plain = [text.split(";", 1)[-1] if text and text[:5].upper() == "SRID=" else text for text in texts]
    return _with_small_stack(lambda: shapely.from_wkt(plain, on_invalid="fix"))


def areas_of_closed_lines(geometries: Any) -> tuple[Any, Any, Any]:
    """Return the geometries with closed lines as polygons.

    Returns
    -------
    geometries
        As given, but polygons for closed lines.
    closed
        Which lines were closed, shape (n,).
    open
        Which lines were not, and stay, shape (n,).
    """
    import shapely

    merged = geometries.copy()
    parted = shapely.get_type_id(merged) == 5
    merged[parted] = shapely.line_merge(merged[parted])
    lines = shapely.get_type_id(merged) == 1
    ends = shapely.distance(shapely.get_point(merged, 0), shapely.get_point(merged, -1))
    near = ends <= CLOSED_WITHIN * shapely.length(merged)
    closed = lines & near & (shapely.get_num_coordinates(merged) > 3 - (ends > 0))
    areas = geometries.copy()
    for i in np.flatnonzero(closed):
        areas[i] = shapely.Polygon(merged[i])
    return areas, closed, (lines | parted) & ~closed


def _with_small_stack(run: Any) -> Any:
    """Return what a function returns, run in a thread with a small stack."""
    result: list[Any] = []
    failed: list[BaseException] = []

    def target() -> None:
        try:
            result.append(run())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    before = threading.stack_size(STACK_BYTES)
    try:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if failed:
        raise failed[0]
    return result[0]
