"""Maps of large plans beside plain folium: how long they take to write, and how they open and move.

Usage: python -m benchmarks.bench_map WRITER VIEW.pickle MAP.html
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folium
import shapely

import maps
from benchmarks.views import KINDS
from gridder.model import PlanView

SIZES = (20_000, 199_000)
SLOWED = (1.0, 4.0)
LIMIT_S = 300.0
"""Opening, moving and closing a map may take so long."""


def write_ours(view: PlanView, path: Path) -> None:
    """Write the map of `maps.plan_map`."""
    maps.plan_map(view).save(path)


def write_folium(view: PlanView, path: Path) -> None:
    """Write units and grids as two `folium.GeoJson` with a tooltip, as folium's own guide does."""
    west, south, east, north = view.grids.total_bounds.tolist()
    page = folium.Map(location=((south + north) / 2, (west + east) / 2), tiles=None)
    columns = {"units": ["unit_id", "grid_id", "size", "area_ha", "kind"], "grids": ["code", "zone", "size"]}
    for name, frame in (("units", view.units), ("grids", view.grids)):
        folium.GeoJson(
            frame[[*columns[name], "geometry"]], name=name, tooltip=folium.GeoJsonTooltip(columns[name])
        ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    page.save(path)


WRITERS: dict[str, Callable[[PlanView, Path], None]] = {"gridder": write_ours, "folium": write_folium}


@dataclass(frozen=True)
class Row:
    """One writer's map of one plan; `opened` has what `look` found, or why there is nothing, by slowing."""

    writer: str
    seconds: float
    n_bytes: int
    opened: dict[float, dict[str, float] | str] = field(default_factory=dict)


def run(sizes: Sequence[int] | None) -> list[str]:
    """Return the tables, one a kind of plan.

    Parameters
    ----------
    sizes
        Numbers of units, instead of 20 000 and 199 000.
    """
    load = os.getloadavg()[0]
    when = f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores, load average before {load:.1f}"
    lines = [f"{when}; folium {folium.__version__}."]
    for title, make in KINDS.values():
        lines += ["", f"**{title}**", "", *_head()]
        for n in sizes or SIZES:
            view = make(n)
            rows = _measure_all(view)
            lines += [_line(view, row, rows[-1]) for row in rows]
    return lines


def _measure_all(view: PlanView) -> list[Row]:
    """Return the rows of all writers, folium's last."""
    with tempfile.TemporaryDirectory() as folder:
        stored = Path(folder) / "view.pickle"
        stored.write_bytes(pickle.dumps(view))
        return [_measure(writer, stored, Path(folder) / f"{writer}.html") for writer in WRITERS]


def _measure(writer: str, view: Path, page: Path) -> Row:
    seconds = _asked(["benchmarks.bench_map", writer, view, page], None)
    assert isinstance(seconds, dict), seconds
    opened = {slowed: _asked(["benchmarks.look", page, slowed], LIMIT_S) for slowed in SLOWED}
    row = Row(writer, seconds["write"], page.stat().st_size, opened)
    print(row, file=sys.stderr, flush=True)
    return row


def _asked(command: Sequence[Any], limit_s: float | None) -> dict[str, float] | str:
    """Run a module in a process of its own and return the numbers that it prints, or why there are none."""
    with subprocess.Popen(
        [sys.executable, "-m", *map(str, command)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            answer, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return f"> {limit_s:.0f} s"
    return dict(json.loads(answer)) if process.returncode == 0 else "failed"


def _head() -> list[str]:
    cells = ["units", "grids", "points", "writer", "write s", "MB", "write : folium"]
    for slowed in SLOWED:
        times = "" if slowed == 1 else f" {slowed:.0f}×"
        cells += [f"ready s{times}", f"pan ms{times}", f"zoom ms{times}"]
    return [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]


def _line(view: PlanView, row: Row, folium_row: Row) -> str:
    points = shapely.get_num_coordinates(view.units.geometry.to_numpy()).sum()
    cells = [
        f"{len(view.units)}",
        f"{len(view.grids)}",
        f"{points}",
        row.writer,
        f"{row.seconds:.2f}",
        f"{row.n_bytes / 1e6:.1f}",
        f"{row.seconds / folium_row.seconds:.3f}",
    ]
    for slowed in SLOWED:
        found = row.opened[slowed]
        if isinstance(found, str):
            cells += [found, "", ""]
        else:
            cells.append(f"{found['ready'] / 1000:.2f}")
            cells += [f"{found[f'{kind}_worst']:.0f}, {found[f'{kind}_95']:.0f}" for kind in ("pan", "zoom")]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    wanted = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301  (written by _measure_all)
    start = time.perf_counter()
    WRITERS[sys.argv[1]](wanted, Path(sys.argv[3]))
    print(json.dumps({"write": time.perf_counter() - start}))
