"""The process of one job: it warms up, is told what to do, works, answers and ends.

It has no access to the store; what it reads is sealed, what it writes lies in the folder of its draft.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO, cast

import geopandas as gpd
import pandas as pd
import shapely

from gridder.errors import InputError, finding_dict
from gridder.io.inspect import inspect
from gridder.io.members import members_from_frame
from gridder.io.plan import REPORT, save_plan
from gridder.io.read import units_from_frame
from gridder.jobs.cells import make_cells
from gridder.jobs.inputs import under_own_name, unseal, use_for_temporary_files
from gridder.jobs.model import (
    DISK_FULL,
    INPUTS,
    NAMES,
    OUT_OF_MEMORY,
    PLAN,
    REVIEW,
    Given,
    Order,
    parse_order,
    trace_of,
)
from gridder.model import Finding, Lang, Plan, PlanView, Size
from gridder.progress import Progress
from gridder.service.names import row_parts
from gridder.service.order import Source, run_partition
from gridder.service.partition import partition
from gridder.storage.seal import Sealer, installation_sealer

if sys.platform != "win32":
    import fcntl
    import resource

WriteMap = Callable[[PlanView, Path, Lang], None]
WriteViews = Callable[[Plan, Path, int], None]

LINE_SECONDS = 0.1
"""Progress is told no more often."""
NO_ROOM_BYTES = 2**20
LEAST_MEMORY_BYTES = 2**25
_NO_MEMORY = ("bad_alloc", "out of memory", "can't start new thread")
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_SQUARE_M = 60


def run_child(*, write_map: WriteMap, write_views: WriteViews) -> None:
    """Do one job: say `ready`, read an order from standard input, and answer on standard output.

    The process ends at once, with all that it started, when standard input does: its server is gone.

    Parameters
    ----------
    write_map
        Writes the map of a view to a path in a language.
    write_views
        Writes what viewers and planners see of a plan into its folder; the number is the count below which
        people are hidden.
    """
    answers = _take_output()
    lines: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_watch_server, args=(lines,), name="server-watch", daemon=True).start()
    warnings.simplefilter("ignore")
    _warm_up(write_map=write_map, write_views=write_views)
    _say(answers, {"ready": True})
    order = parse_order(lines.get())
    _die_with_server()
    _limit_memory(order.memory_mb)
    _say(answers, _answer(order, _teller(answers), write_map=write_map, write_views=write_views))


def _take_output() -> TextIO:
    """Return the stream for answers; whatever else is printed goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _say(answers: TextIO, message: Mapping[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False) + "\n")
    answers.flush()


def _teller(answers: TextIO) -> Progress:
    """Return a progress callback that tells every stage at its begin, and otherwise ten times a second."""
    last = ["", 0.0]

    def tell(stage: str, done: float) -> None:
        now = time.monotonic()
        if stage != last[0] or now - cast("float", last[1]) >= LINE_SECONDS:
            last[:] = [stage, now]
            _say(answers, {"stage": stage, "done": round(done, 3)})

    return tell


def _watch_server(lines: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    _end_all()


def _end_all() -> None:
    """End this process and, where it leads a group of its own, everything that it started."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _die_with_server() -> None:
    """Let the system kill the group when standard input ends, also while compiled code lets no thread run.

    The end of a pipe is signalled like data that come (SIGIO), and none come after the order.
    """
    if sys.platform == "win32" or os.getpgrp() != os.getpid():
        return
    stdin = sys.stdin.fileno()
    fcntl.fcntl(stdin, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(stdin, fcntl.F_SETFL, fcntl.fcntl(stdin, fcntl.F_GETFL) | os.O_ASYNC)


def _limit_memory(megabytes: int) -> None:
    """Set the most memory for data; where the system has no such limit, there is none."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * 2**20
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _warm_up(*, write_map: WriteMap, write_views: WriteViews) -> None:
    """Make a plan of a few squares, so that everything is imported and compiled before an order comes."""
    sides = [(x * _SQUARE_M, y * _SQUARE_M) for x in range(4) for y in range(3)]
    squares = [shapely.box(x, y, x + _SQUARE_M, y + _SQUARE_M) for x, y in sides]
    homes = [square.centroid for square in squares]
    fields = units_from_frame(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4549"), layer="field")
    houses = gpd.GeoDataFrame(geometry=shapely.buffer(homes, 10), crs="EPSG:4549")
    buildings = units_from_frame(houses, layer="building")
    members = members_from_frame(gpd.GeoDataFrame(geometry=homes, crs="EPSG:4549"))
    people = Size("members", 3, 2, 4)
    partition(fields=fields, size=Size("area_ha", 1.0, 0.3, 2.0))
    partition(fields=fields, members=members, size=people)
    plan = partition(buildings=buildings, members=members, size=people)
    with tempfile.TemporaryDirectory(prefix="gridder-") as place:
        folder = Path(place) / PLAN
        save_plan(plan, folder, write_map=lambda view, path: write_map(view, path, "en"))
        write_views(plan, folder, 2)


def _answer(order: Order, tell: Progress, *, write_map: WriteMap, write_views: WriteViews) -> dict[str, Any]:
    """Work, and return the result or what is wrong; nothing that was unsealed stays."""
    own_names: dict[str, str] = {}
    inputs = Path(order.folder) / INPUTS
    try:
        # a thread that cannot start for want of memory is waited for without end
        bytearray(LEAST_MEMORY_BYTES)
        return {"result": _work(order, inputs, own_names, tell, write_map=write_map, write_views=write_views)}
    except InputError as error:
        return {"faults": [finding_dict(under_own_name(fault, own_names)) for fault in error.faults]}
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the server must be told
        lack = _lack(error, Path(order.folder))
        if lack is not None:
            return {"faults": [finding_dict(lack)]}
        sys.stderr.write(trace_of(error) + "\n")
        return {"crash": type(error).__name__}
    finally:
        shutil.rmtree(inputs, ignore_errors=True)


def _work(
    order: Order,
    inputs: Path,
    own_names: dict[str, str],
    tell: Progress,
    *,
    write_map: WriteMap,
    write_views: WriteViews,
) -> dict[str, Any]:
    sealer = installation_sealer()
    use_for_temporary_files(inputs)
    tell("read", 0.0)
    sources = unseal(order.sources, inputs, sealer, own_names)
    match order.process:
        case "inspect":
            (path,) = sources["dataset"].paths
            found = inspect(path).as_dict()
            return found | {"file": own_names.get(found["file"], found["file"])}
        case "lattice":
            return make_cells(order, sources["boundary"], own_names, sealer=sealer, tell=tell)
        case "partition":
            return _divide(order, sources, sealer, tell, write_map=write_map, write_views=write_views)
    raise ValueError(order.process)


def _divide(
    order: Order,
    sources: Mapping[str, Source],
    sealer: Sealer,
    tell: Progress,
    *,
    write_map: WriteMap,
    write_views: WriteViews,
) -> dict[str, Any]:
    """Write the folder of a plan with its views, and its names sealed beside it."""
    options = dict(order.parameters)
    lang: Lang = options.pop("lang", "en")
    size = options.pop("size", None) or {}
    plan = run_partition(sources, size=size, progress=tell, **options)
    folder = Path(order.folder)
    save_plan(
        plan,
        folder / PLAN,
        write_map=lambda view, path: write_map(view, path, lang),
        names=False,
        lang=lang,
        progress=tell,
    )
    tell("views", 0.0)
    write_views(plan, folder / PLAN, order.suppress_below)
    for rows, part in ((plan.roster, NAMES), (plan.address_review, REVIEW)):
        if rows is not None:
            _seal_rows(rows, folder / part, sealer)
    tell("views", 0.9)
    _flush(folder / PLAN)
    report = json.loads((folder / PLAN / REPORT).read_text(encoding="utf-8"))
    summary = _summary(report, order.sources) | {"n_zones": len(plan.zones)}
    return {"summary": summary | _doubtful(plan.address_review)}


def _seal_rows(rows: pd.DataFrame, folder: Path, sealer: Sealer) -> None:
    folder.mkdir(mode=0o700)
    for i, part in enumerate(row_parts(rows)):
        (folder / f"{i:06}").write_bytes(sealer.seal(part))


def _flush(folder: Path) -> None:
    """Bring the plan to the disk here, where time counts less than between the last heartbeat and the end."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _summary(report: Mapping[str, Any], sources: Mapping[str, Sequence[Given]]) -> dict[str, Any]:
    """Return what made a plan and how it scored; nothing in it names a person."""
    return {
        "sources": {role: [file.name for file in files] for role, files in sources.items()},
        "layers": {
            layer: {
                "n_units": part["n_units"],
                "n_grids": part["n_grids"],
                "size": part["size"],
                "within_bounds": part["within_bounds"],
                "n_out_of_bounds": len(part["out_of_bounds"]),
                "n_grids_missed": "n_grids_missed" in part,
            }
            for layer, part in report["layers"].items()
        },
        "members": report["members"],
        "n_repairs": len(report["repairs"]),
        "seconds": report["seconds"],
    }


def _doubtful(review: pd.DataFrame | None) -> dict[str, Any]:
    """Return how many addresses are doubtful, and of how many people; nothing where none is."""
    if review is None:
        return {}
    return {"doubtful_addresses": {"n": len(review), "n_members": int(review["members"].sum())}}


def _lack(error: BaseException, folder: Path) -> Finding | None:
    """Return what the machine lacked, where that is what an exception is about.

    Not every library says that the disk is full, so that a draft's disk without room says it too.
    """
    chain: BaseException | None = error
    while chain is not None:
        text = str(chain).lower()
        if isinstance(chain, MemoryError) or any(words in text for words in _NO_MEMORY):
            return OUT_OF_MEMORY
        full = isinstance(chain, OSError) and chain.errno in _NO_ROOM
        if full or "disk is full" in text or "no space left" in text:
            return DISK_FULL
        chain = chain.__cause__ or chain.__context__
    return DISK_FULL if shutil.disk_usage(folder).free < NO_ROOM_BYTES else None
