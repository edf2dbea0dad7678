"""The whole job, from files to the written plan: seconds of every stage and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import gridder
import maps
from benchmarks import data

STAGES = ("read", "measure", "place", "units", "neighbours", "solve", "grids", "report", "write")


def run(sizes: Sequence[int]) -> list[str]:
    """Return the table, one row a number of units."""
    head = "| units | members | grids | in bounds | " + " | ".join(STAGES) + " | total s | peak MB |"
    lines = [head, "|---" * (len(STAGES) + 6) + "|"]
    _measure(min(sizes))  # compiles
    for n in sizes:
        result = _measure(n)
        seconds = result["seconds"]
        stages = " | ".join(f"{seconds.get(stage, 0.0):.2f}" for stage in STAGES)
        lines.append(
            f"| {n} | {n * data.MEMBERS_PER_FIELD} | {result['grids']} | {result['within']:.2%} | {stages} | "
            f"{result['total']:.1f} | {result['peak_mb']:.0f} |"
        )
    return lines


def _measure(n: int) -> dict[str, object]:
    """Run the job in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        fields, members = data.write_inputs(n, Path(folder))
        command = [sys.executable, "-m", "benchmarks.bench_job", str(fields), str(members), folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            answer = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"the job with {n} units failed")
        return json.loads(answer) | {"peak_mb": usage.ru_maxrss / 1024}


def job(fields: str, members: str, folder: str) -> None:
    """Read, partition and write, and print what it took as JSON."""
    start = time.perf_counter()
    units = gridder.read_units(fields, layer="field")
    people = gridder.read_members(members)
    read = time.perf_counter()
    plan = gridder.partition(fields=units, members=people, size=gridder.Size("members", 100, 50, 150))
    planned = time.perf_counter()
    gridder.save_plan(plan, Path(folder) / "out", write_map=lambda view, path: maps.plan_map(view).save(path))
    end = time.perf_counter()
    layer = plan.report["layers"]["field"]
    seconds = dict(plan.report["seconds"]) | {"read": read - start, "write": end - planned}
    print(
        json.dumps(
            {
                "seconds": seconds,
                "total": end - start,
                "grids": layer["n_grids"],
                "within": layer["within_bounds"],
            }
        )
    )


if __name__ == "__main__":
    job(*sys.argv[1:4])
