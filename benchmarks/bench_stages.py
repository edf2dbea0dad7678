"""Reading, neighbours, placing and dissolving, each beside plain geopandas or libpysal doing the same."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from libpysal.graph import Graph

from benchmarks import data
from gridder import read_units
from gridder.geometry.dissolve import outline
from gridder.graph.contiguity import field_neighbours
from gridder.members.locate import locate_points

GAP_M = 15.0
REACH_M = 100.0
UNITS_PER_GRID = 10


def run(sizes: Sequence[int]) -> list[str]:
    """Return the table, one row a stage and number of units."""
    lines = [
        "| stage | units | Gridder s | peer | peer s | peer / Gridder |",
        "|---|---|---|---|---|---|",
    ]
    for n in sizes:
        for stage, ours, peer, theirs in _stages(n):
            ratio = f"{theirs / ours:.2f}" if theirs is not None else "–"
            shown = f"{theirs:.2f}" if theirs is not None else "not tried"
            lines.append(f"| {stage} | {n} | {ours:.2f} | {peer} | {shown} | {ratio} |")
    return lines


def _stages(n: int) -> list[tuple[str, float, str, float | None]]:
    with tempfile.TemporaryDirectory() as folder:
        path, _ = data.write_inputs(n, Path(folder))
        reading = (
            _seconds(lambda: read_units(str(path), layer="field")),
            _seconds(lambda: gpd.read_file(path)),
        )
    fields = data.tiled_fields(n)
    geoms = fields.geometry.to_numpy()
    return [
        ("reading", reading[0], "geopandas.read_file", reading[1]),
        _neighbours(fields, geoms),
        _placing(fields, geoms),
        _dissolving(fields, geoms),
    ]


def _neighbours(fields: gpd.GeoDataFrame, geoms: np.ndarray) -> tuple[str, float, str, float | None]:
    def ours() -> Any:
        none = np.zeros(0, dtype=object)
        return field_neighbours(geoms, zone=np.zeros(len(geoms), dtype=np.int64), gap_m=GAP_M, barriers=none)

    ours()
    theirs = _seconds(lambda: Graph.build_fuzzy_contiguity(fields, buffer=GAP_M / 2))
    return ("neighbours within 15 m", _seconds(ours), "libpysal build_fuzzy_contiguity", theirs)


def _placing(fields: gpd.GeoDataFrame, geoms: np.ndarray) -> tuple[str, float, str, float | None]:
    people = data.members_of(fields)
    points = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_xy(people["lon"], people["lat"], crs=4326)).to_crs(
        data.CRS
    )

    def theirs() -> Any:
        return gpd.sjoin_nearest(points, fields, max_distance=REACH_M)

    ours = _seconds(
        lambda: locate_points(points.geometry.to_numpy(), geoms, rank=np.arange(len(geoms)), reach_m=REACH_M)
    )
    return ("placing ten members a field", ours, "geopandas.sjoin_nearest", _seconds(theirs))


def _dissolving(fields: gpd.GeoDataFrame, geoms: np.ndarray) -> tuple[str, float, str, float | None]:
    centre = shapely.centroid(geoms)
    grid = _blocks(shapely.get_x(centre), shapely.get_y(centre), len(geoms) // UNITS_PER_GRID)
    half = GAP_M / 2

    def theirs() -> Any:
        """Close the lanes as plain geopandas would: buffer, dissolve, buffer back."""
        wide = fields.assign(grid=grid, geometry=fields.geometry.buffer(half, join_style="mitre"))
        dissolved = wide[["grid", "geometry"]].dissolve("grid")
        return dissolved.geometry.buffer(-half, join_style="mitre")

    ours = _seconds(lambda: outline(geoms, grid, gap_m=GAP_M))
    return ("dissolving, lanes closed", ours, "geopandas buffer + dissolve", _seconds(theirs))


def _blocks(x: np.ndarray, y: np.ndarray, n_grids: int) -> np.ndarray:
    """Return a grid of every unit: square blocks of about ten units."""
    side = max(1, int(np.sqrt(n_grids)))
    column = np.minimum((np.argsort(np.argsort(x)) * side) // len(x), side - 1)
    row = np.minimum((np.argsort(np.argsort(y)) * side) // len(y), side - 1)
    return np.unique(column * side + row, return_inverse=True)[1].astype(np.int64)


def _seconds(work: Callable[[], Any]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
