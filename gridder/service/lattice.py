"""A boundary divided into uniform cells: land without parcels, or a plan by area alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.lattice.cells import Cells, hexagon_cells, square_cells
from gridder.geometry.lattice.clip import Pieces, clip
from gridder.geometry.lattice.even import even_frame
from gridder.geometry.lattice.h3_cells import cell_areas_m2, h3_cells, mean_area_m2, nearest_resolution
from gridder.geometry.lattice.merge import Merged, merge_small
from gridder.model import (
    SQUARE_METRES_PER_HA,
    Finding,
    Geometries,
    Lattice,
    LatticeShape,
    Text,
    Zones,
)
from gridder.progress import Progress, silent

MOST_CELLS = 1_000_000
LEAST_SHARE = 0.5
"""Pieces below this share of a whole cell are joined to a neighbour."""
LEAST_M2, MOST_M2 = 1.0, 1e12
DOUBLED_M2 = 1.0
"""Zones that overlap by less share a border that was drawn twice."""


def make_lattice(
    boundary: Zones, *, shape: LatticeShape = "square", target_m2: float, progress: Progress = silent
) -> Lattice:
    """Divide a boundary into uniform cells that cover it without gap or overlap.

    Squares have a side of whole metres and corners at its multiples in the measuring CRS; hexagons have the very
    area asked for; H3 cells are those of the resolution that comes nearest to it there.
    Cells are clipped to the boundary, and at the borders of its zones.
    A piece below half of a whole cell is joined to the neighbour of its zone with the longest common border.

    Parameters
    ----------
    boundary
        One or several areas, from `gridder.read_zones`; names and codes pass on to the cells.
    shape
        `square`, `hexagon` or `h3`.
    target_m2
        Area of a cell on the ellipsoid, in square metres.
    progress
        Told stages `measure`, `units` and `grids`; may raise `Stopped`.

    Returns
    -------
    Lattice
        Cells of equal area to a thousandth (H3: as equal as H3 cells are), in the measuring CRS of the boundary
        where areas there are so even, else in an equal-area projection.

    Raises
    ------
    InputError
        Where a number makes no sense, the boundary would hold too many cells, or it lies on both sides of the
        180th meridian and H3 is asked for.

    References
    ----------
    H3: https://h3geo.org. The noding of borders is that of JTS OverlayNG with snap rounding.
    """
    faults = lattice_faults(shape, target_m2)
    if faults:
        raise InputError(faults)
    progress("measure", 0.0)
    world = boundary.frame.geometry
    frame, true_m2 = even_frame(world)
    zones = frame.to_local(world)
    _refuse_dust(boundary, frame, zones, target_m2)
    progress("units", 0.0)
    side, resolution = None, None
    if shape == "square":
        side = max(1, round(math.sqrt(target_m2 / true_m2)))
        cells, cell_m2 = square_cells(zones, side, frame.origin), side**2 * true_m2
    elif shape == "hexagon":
        cells, cell_m2 = hexagon_cells(zones, target_m2 / true_m2, frame.origin), target_m2
    else:
        resolution = nearest_resolution(cell_areas_m2(frame, zones), target_m2)
        cells = h3_cells(zones, resolution, frame)
        cell_m2 = mean_area_m2(cells.polygons, frame)
    pieces = clip(cells.polygons, zones)
    progress("grids", 0.0)
    least_m2 = LEAST_SHARE * cell_m2
    merged = merge_small(pieces, least_m2 / true_m2)
    table = _table(cells, pieces, merged, boundary, frame)
    return Lattice(
        table,
        shape,
        target_m2,
        cell_m2,
        least_m2,
        side,
        resolution,
        (*boundary.repairs, *_findings(boundary, pieces, merged, table, least_m2)),
    )


def lattice_faults(shape: str, target_m2: float | None) -> list[Finding]:
    """Return everything that is wrong with what is asked for."""
    faults = []
    if shape not in get_args(LatticeShape):
        what = Text(f"there is no shape {shape!r}", f"没有形状 {shape!r}")
        remedy = Text("use square, hexagon or h3", "可用：square（方格）、hexagon（六边形）、h3")
        faults.append(Finding("bad-shape", what, remedy=remedy))
    if target_m2 is None:
        what = Text("the area of a cell is needed", "未给出单元面积")
        remedy = Text("give --target-area 50ha", "请给出 --target-area 50ha")
        faults.append(Finding("no-size", what, remedy=remedy))
    elif not (LEAST_M2 <= target_m2 <= MOST_M2):
        what = Text(f"a cell cannot have an area of {target_m2:g} m²", f"单元面积不能是 {target_m2:g} 平方米")
        most_km2 = MOST_M2 / 1e6
        remedy = Text(
            f"give {LEAST_M2:g} m2 to {most_km2:,.0f} km2",
            f"请给出 {LEAST_M2:g} 平方米至 {most_km2:,.0f} 平方公里的面积",
        )
        faults.append(Finding("bad-size", what, remedy=remedy))
    return faults


def _refuse_dust(boundary: Zones, frame: LocalFrame, zones: Geometries, target_m2: float) -> None:
    """Refuse a boundary whose bounds, part by part, hold too many cells."""
    low_x, low_y, high_x, high_y = shapely.bounds(shapely.get_parts(zones)).T
    n = float(((high_x - low_x) * (high_y - low_y)).sum()) / target_m2
    if n <= MOST_CELLS:
        return
    area_ha = float(areas_m2(frame.to_world(zones)).sum()) / SQUARE_METRES_PER_HA
    what = Text(
        f"the boundary has {area_ha:,.0f} ha, and about {n:,.0f} cells would be laid over it; {MOST_CELLS:,} is the most",
        f"边界面积 {area_ha:,.0f} 公顷，约需 {n:,.0f} 个单元，超过上限 {MOST_CELLS:,} 个",
    )
    remedy = Text(
        "ask for larger cells, or divide the boundary into several files",
        "请增大单元面积，或把边界分成几个文件",
    )
    source = boundary.sources[0] if boundary.sources else None
    where = (source.file, source.layername) if source else ("", "")
    raise InputError([Finding("too-many-cells", what, *where, remedy=remedy)])


def _table(
    cells: Cells, pieces: Pieces, merged: Merged, boundary: Zones, frame: LocalFrame
) -> gpd.GeoDataFrame:
    """Return the cells as a table, zone by zone, from north to south and from west to east."""
    cell, zone = pieces.cell[merged.leader], pieces.zone[merged.leader]
    columns: dict[str, np.ndarray]
    if cells.name:
        ids = [cells.name[i] for i in cell]
        columns = {"h3": np.array(ids, dtype=object)}
        centre = shapely.centroid(merged.polygons)
        order = np.lexsort((shapely.get_x(centre), -shapely.get_y(centre), zone))
    else:
        row, col = (index[cell] - index[cell].min() + 1 for index in (cells.row, cells.col))
        columns = {"row": row, "col": col}
        high, wide = (len(str(index.max())) for index in (row, col))
        ids = [f"R{r:0{high}d}C{c:0{wide}d}" for r, c in zip(row, col, strict=True)]
        order = np.lexsort((col, row, zone))
    world = frame.to_world(merged.polygons[order])
    content = pd.DataFrame(
        {
            "cell_id": _unique(ids, -shapely.area(merged.polygons))[order],
            **{name: values[order] for name, values in columns.items()},
            "area_ha": areas_m2(world) / SQUARE_METRES_PER_HA,
            "zone": boundary.frame["zone"].to_numpy()[zone[order]],
            "zone_code": boundary.frame["code"].to_numpy()[zone[order]],
        }
    )
    return gpd.GeoDataFrame(content, geometry=world.to_numpy(), crs=frame.crs)


def _unique(ids: Sequence[str], rank: np.ndarray) -> np.ndarray:
    """Return ids of which the later ones by rank end in -2, -3 …: pieces of one cell."""
    frame = pd.DataFrame({"id": ids, "rank": rank})
    nth = frame.sort_values("rank", kind="stable").groupby("id").cumcount().sort_index().to_numpy()
    return np.array([f"{own}-{k + 1}" if k else own for own, k in zip(ids, nth, strict=True)], dtype=object)


def _findings(
    boundary: Zones, pieces: Pieces, merged: Merged, table: gpd.GeoDataFrame, least_m2: float
) -> list[Finding]:
    source = boundary.sources[0] if boundary.sources else None
    where = (source.file, source.layername) if source else ("", "")
    least = least_m2 / SQUARE_METRES_PER_HA
    found = []
    if pieces.doubled_m2 > DOUBLED_M2:
        what = Text(
            f"zones overlap by {pieces.doubled_m2:,.0f} m²; that ground belongs to the smallest of them",
            f"片区重叠 {pieces.doubled_m2:,.0f} 平方米，归其中面积最小的片区",
        )
        found.append(Finding("zones-overlap", what, *where))
    if merged.n_joined:
        what = Text(
            f"{merged.n_joined} pieces below {least:.4g} ha (half a cell) were joined to the neighbour with the "
            "longest common border",
            f"{merged.n_joined} 个不足 {least:.4g} 公顷（半个单元）的碎块已并入公共边最长的相邻单元",
        )
        found.append(Finding("pieces-joined", what, *where))
    if len(merged.island):
        small = table.loc[table["area_ha"] * SQUARE_METRES_PER_HA < least_m2, "cell_id"]
        shown = ", ".join(small[:10]) + (" …" if len(small) > 10 else "")
        what = Text(
            f"{len(merged.island)} cells stay below {least:.4g} ha, for they have no neighbour in their zone: {shown}",
            f"{len(merged.island)} 个单元不足 {least:.4g} 公顷，因在其片区内没有相邻单元而保留：{shown}",
        )
        found.append(Finding("small-cells", what, *where))
    return found
