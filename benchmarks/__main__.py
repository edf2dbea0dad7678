"""Run the benchmarks and write their tables into `benchmarks/README.md`.

Usage: python -m benchmarks [--only job stages split service] [--sizes 1000 10000 100000]
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import bench_job, bench_service, bench_split, bench_stages, data

README = Path(__file__).parent / "README.md"
TABLES = ("job", "stages", "split", "service")
LIBRARIES = ("geopandas", "shapely", "pyogrio", "numba", "libpysal")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES)
    wanted = parser.parse_args()
    if not data.REAL_FIELDS.exists():
        sys.exit(f"the real fields are not at {data.REAL_FIELDS}; set GRIDDER_TEST_DATA")
    for name in ("machine", *wanted.only):
        lines = _measured(name, wanted.sizes)
        text = README.read_text(encoding="utf-8")
        block = f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- end {name} -->"
        text = re.sub(rf"<!-- {name} -->.*?<!-- end {name} -->", lambda _, b=block: b, text, flags=re.S)
        README.write_text(text, encoding="utf-8")
        print("\n".join(lines), end="\n\n")


def _measured(name: str, sizes: Sequence[int]) -> list[str]:
    match name:
        case "job":
            return bench_job.run(sizes)
        case "stages":
            return bench_stages.run(sizes)
        case "split":
            return bench_split.run()
        case "service":
            return bench_service.run()
        case _:
            return [_machine()]


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {libraries}."


if __name__ == "__main__":
    main()
