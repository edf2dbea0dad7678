"""Units cut into parts of a target area, by themselves rather than for a plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.split import split_compact, split_equal
from gridder.model import Finding, Floats, Ints, Text, Units
from gridder.progress import Progress, silent
from gridder.units.order import unique_ids

MOST_PARTS = 10_000
"""So many parts of one unit are a slip of the pen."""


def split_units(
    units: Units,
    *,
    target_m2: float | None = None,
    parts: int | None = None,
    compact: bool = False,
    progress: Progress = silent,
) -> Units:
    """Cut every unit into connected parts of equal area.

    Parameters
    ----------
    units
        As read.
    target_m2
        Area that a part should have, on the ellipsoid: each unit is cut into the number of parts that
        brings them nearest to it.
    parts
        Into so many parts, whatever their area; either this or `target_m2`.
    compact
        Compact parts rather than strips square to the long side.
    progress
        Told stage `units`; may raise `Stopped`.

    Returns
    -------
    Units
        In the measuring CRS (`gridder.geometry.crs`). Parts are called `ID/1`, `ID/2` … along their unit;
        what is not cut keeps its id. Rows and attributes are those of the unit, `source_id` in the frame is
        its id.

    Raises
    ------
    InputError
        Where neither or both of `target_m2` and `parts` are given, or a number makes no sense.
    """
    faults = split_faults(target_m2=target_m2, parts=parts)
    if faults:
        raise InputError(faults)
    world = units.frame.geometry
    counts = np.full(len(units), parts) if target_m2 is None else nearest_counts(areas_m2(world), target_m2)
    _refuse_crumbs(units, counts)
    frame = LocalFrame.of([world])
    split = cast(
        "Callable[[shapely.Geometry, int], list[shapely.Geometry]]", split_compact if compact else split_equal
    )
    pieces: list[shapely.Geometry] = []
    for done, (polygon, n) in enumerate(zip(frame.to_local(world), counts.tolist(), strict=True)):
        progress("units", done / len(units))
        pieces += split(polygon, n)
    parent = np.repeat(np.arange(len(units)), counts)
    number = np.arange(len(parent)) - np.searchsorted(parent, parent) + 1
    ids = unique_ids(units.frame["unit_id"].tolist())[0]
    named = [f"{ids[p]}/{k}" if counts[p] > 1 else ids[p] for p, k in zip(parent, number, strict=True)]
    content = pd.DataFrame(
        {
            "unit_id": unique_ids(named)[0],
            "source_id": [ids[p] for p in parent],
            "row": units.frame["row"].to_numpy()[parent],
        }
    )
    return Units(
        gpd.GeoDataFrame(content, geometry=frame.to_world(np.array(pieces, dtype=object)), crs=frame.crs),
        units.layer,
        units.attributes.iloc[parent].reset_index(drop=True),
        units.columns,
        units.source,
        units.repairs,
    )


def nearest_counts(areas: Floats, target: float) -> Ints:
    """Return the number of equal parts that brings each area nearest to the target; the fewer of two."""
    fewer = np.maximum(1.0, np.floor(areas / target))
    more = np.abs(areas / (fewer + 1) - target) < np.abs(areas / fewer - target)
    return np.where(more, fewer + 1, fewer).astype(np.int64)


def split_faults(*, target_m2: float | None, parts: int | None) -> list[Finding]:
    """Return everything that is wrong with what is asked for."""
    if (target_m2 is None) == (parts is None):
        what = Text(
            "either the area of a part or the number of parts is needed", "目标面积与份数须给出且只给出一项"
        )
        remedy = Text("give --target-area 50ha, or --parts 4", "请给出 --target-area 50ha 或 --parts 4")
        return [Finding("no-size", what, remedy=remedy)]
    if target_m2 is not None and not (math.isfinite(target_m2) and target_m2 > 0):
        what = Text(f"the area {target_m2:g} is not a positive number", f"面积 {target_m2:g} 不是正数")
        return [Finding("bad-size", what, remedy=Text("give a number above 0", "请给出大于 0 的数"))]
    if parts is not None and not 1 <= parts <= MOST_PARTS:
        what = Text(f"a unit cannot be split into {parts} parts", f"不能把一个单元分成 {parts} 份")
        remedy = Text(f"ask for 1 to {MOST_PARTS} parts", f"请给出 1 到 {MOST_PARTS}")
        return [Finding("bad-size", what, remedy=remedy)]
    return []


def _refuse_crumbs(units: Units, counts: Ints) -> None:
    too_many = counts > MOST_PARTS
    if not too_many.any():
        return
    what = Text(
        f"{int(too_many.sum())} units would be cut into more than {MOST_PARTS} parts",
        f"{int(too_many.sum())} 个单元将被切成 {MOST_PARTS} 份以上",
    )
    remedy = Text("ask for larger parts", "请增大目标面积")
    rows = tuple(units.frame["row"][too_many].tolist())
    raise InputError(
        [Finding("too-many-parts", what, units.source.file, units.source.layername, rows, remedy)]
    )
