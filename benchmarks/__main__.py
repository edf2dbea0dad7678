"""Run the benchmarks and write their tables into `benchmarks/README.md`.

Usage: python -m benchmarks [--only job stages split addresses service partition stability huge optima map tiles] [--sizes 1000 10000]
       [--methods gridder METIS] [--quick] [--seconds 1 10 60] [--rng 0 1 2] [--instances NH_tract]
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    bench_addresses,
    bench_job,
    bench_map,
    bench_optima,
    bench_partition,
    bench_service,
    bench_split,
    bench_stability,
    bench_stages,
    bench_tiles,
    data,
)

README = Path(__file__).parent / "README.md"
TABLES = ("job", "stages", "split", "addresses", "service", "partition", "stability")
SIZES = (1_000, 10_000, 100_000)
LIBRARIES = ("geopandas", "shapely", "pyogrio", "numba", "libpysal")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", help="numbers of units of job, stages, partition and map"
    )
    parser.add_argument(
        "--only", choices=(*TABLES, "huge", "optima", "map", "tiles"), nargs="+", default=TABLES
    )
    parser.add_argument("--methods", nargs="+", help="beginnings of the names that partition runs")
    parser.add_argument("--quick", action="store_true", help="partition at most 100 000 units")
    parser.add_argument("--seconds", type=float, nargs="+", help="time limits of optima")
    parser.add_argument("--rng", type=int, nargs="+", help="seeds of optima")
    parser.add_argument("--instances", nargs="+", help="instances of optima, without feasibility")
    wanted = parser.parse_args()
    if not data.REAL_FIELDS.exists():
        sys.exit(f"the real fields are not at {data.REAL_FIELDS}; set GRIDDER_TEST_DATA")
    for name in ("machine", *wanted.only):
        lines = _measured(name, wanted)
        text = README.read_text(encoding="utf-8")
        README.write_text(_with_table(text, name, lines), encoding="utf-8")
        print("\n".join(lines), end="\n\n")


def _with_table(text: str, name: str, lines: Sequence[str]) -> str:
    """Return a page with the lines between its two marks of that name."""
    block = "\n".join([f"<!-- {name} -->", *lines, f"<!-- end {name} -->"])
    return re.sub(rf"<!-- {name} -->.*?<!-- end {name} -->", lambda _: block, text, flags=re.DOTALL)


def _measured(name: str, wanted: argparse.Namespace) -> list[str]:
    sizes = wanted.sizes or SIZES
    runs: dict[str, Callable[[], list[str]]] = {
        "machine": lambda: [_machine()],
        "job": lambda: bench_job.run(sizes),
        "stages": lambda: bench_stages.run(sizes),
        "split": bench_split.run,
        "addresses": bench_addresses.run,
        "service": bench_service.run,
        "partition": lambda: bench_partition.run(wanted.sizes, wanted.methods, quick=wanted.quick),
        "stability": bench_stability.run,
        "huge": bench_partition.run_huge,
        "tiles": bench_tiles.run,
        "map": lambda: bench_map.run(wanted.sizes),
        "optima": lambda: bench_optima.run(wanted.seconds, wanted.rng, wanted.instances),
    }
    return runs[name]()


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {libraries}."


if __name__ == "__main__":
    main()
