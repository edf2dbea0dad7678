"""Vector tiles of a large plan: how long one takes to make, zoom by zoom."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.views import field_view, parcel_view
from gridder.io.feature_file import FeatureFile
from gridder.io.features import write_features
from gridder.io.tiles import (
    DEEPEST,
    Tile,
    first_zoom_of_units,
    level_of,
    make_tile,
    tile_at,
    write_level,
)

N_UNITS = 199_000
TILES = 40
"""Tiles of a zoom at most, chosen at random among those of the plan."""
_HEAD = [
    "| plan | units | grids | zoom | layers | level s | tiles | ms, median | ms, 95 % | kB, median | kB, most |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]


def run() -> list[str]:
    """Return the table of both plans."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    lines = [f"{date.today()}; {cores} cores, load average before {load:.1f}.", "", *_HEAD]
    for name, make in (("fields of North Bayreuth, tiled", field_view), ("parcels", parcel_view)):
        view = make(N_UNITS)
        with tempfile.TemporaryDirectory() as folder:
            write_features(view, Path(folder) / "features.sqlite")
            with FeatureFile(Path(folder) / "features.sqlite") as features:
                about = f"| {name} | {len(view.units)} | {len(view.grids)} |"
                lines += [f"{about} {row} |" for row in _rows(features, Path(folder))]
    return lines


def _rows(features: FeatureFile, folder: Path) -> Iterator[str]:
    """Yield the row of the zoom at which the plan fills a few tiles, of the first with units, of the deepest."""
    extent = features.extent("grids")
    assert extent is not None
    whole = max(zoom for zoom in range(DEEPEST + 1) if len(_tiles_of(extent, zoom)) <= 4)
    units_from = first_zoom_of_units(features)
    for zoom in (whole, units_from, DEEPEST):
        path, seconds = _level(features, zoom, folder)
        layers = ["grids", "units"] if zoom >= units_from else ["grids"]
        tiles = _tiles_of(extent, zoom)
        picked = np.random.default_rng(0).permutation(len(tiles))[:TILES]
        milliseconds, kilobytes = np.array(
            [_timed(features, tiles[i], layers, path) for i in picked.tolist()]
        ).T
        yield (
            f"{zoom} | {', '.join(layers)} | {seconds} | {len(picked)} of {len(tiles)} | "
            f"{np.median(milliseconds):.0f} | {np.quantile(milliseconds, 0.95):.0f} | "
            f"{np.median(kilobytes):.0f} | {kilobytes.max():.0f}"
        )


def _level(features: FeatureFile, zoom: int, folder: Path) -> tuple[Path | None, str]:
    """Return the file of a zoom's level of detail and the seconds it took, where there is one."""
    level = level_of(features, zoom)
    if level is None:
        return None, ""
    start = time.perf_counter()
    write_level(features, level, folder / f"{level}.sqlite")
    return folder / f"{level}.sqlite", f"{time.perf_counter() - start:.1f}"


def _tiles_of(extent: tuple[float, float, float, float], zoom: int) -> list[Tile]:
    west, south, east, north = extent
    first, last = tile_at(west, north, zoom), tile_at(east, south, zoom)
    return [
        Tile(zoom, row, column)
        for row in range(first.row, last.row + 1)
        for column in range(first.column, last.column + 1)
    ]


def _timed(
    features: FeatureFile, tile: Tile, layers: Sequence[str], level: Path | None
) -> tuple[float, float]:
    """Return milliseconds and kilobytes of one tile."""
    start = time.perf_counter()
    content = make_tile(features, tile, layers, level)
    return 1000 * (time.perf_counter() - start), len(content) / 1000
