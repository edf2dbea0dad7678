"""Files of users are opened in a child process only; this is the parent's side of it.

The child (`gridder.io.child`) has no driver of GDAL but the listed ones, no secrets, limits of memory and
time, and no network where the system permits; GDAL would otherwise follow a document in disguise to other
files and addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyogrio

from gridder.errors import InputError
from gridder.io import formats
from gridder.io.columns import MEMBER_HEADERS
from gridder.io.encoding import known_codec
from gridder.io.limits import Limits, limits_of, wrong_settings
from gridder.io.location import Location
from gridder.io.refusals import MISTAKEN_SUFFIXES, refusal
from gridder.io.subset import not_a_filter
from gridder.model import Finding, Text

CHILD = ("-m", "gridder.io.child")
WATCH_SECONDS = 0.1
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL")


@dataclass(frozen=True, eq=False)
class Answer:
    """What the child found: facts about the layer, and its rows (geometry as WKB in column `WKB`)."""

    facts: Mapping[str, Any]
    table: pa.Table | None


def ask(location: Location, *, family: str = formats.ANY, list_only: bool = False) -> Answer:
    """Read one layer in the guarded child.

    Parameters
    ----------
    location
        File, layer and rows.
    family
        Geometry wanted where no layer is named.
    list_only
        Return the names of the layers only.

    Raises
    ------
    InputError
        With what is wrong with the file.
    """
    fault = _fault_before_opening(location)
    if fault:
        raise InputError([fault])
    limits = limits_of_reading()
    request = {
        "path": str(location.path.absolute()),
        "layername": location.layername,
        "subset": location.subset,
        "encoding": location.encoding,
        "family": family,
        "list_only": list_only,
        "known_headers": sorted(MEMBER_HEADERS),
        "limits": asdict(limits),
    }
    with tempfile.TemporaryDirectory(prefix="gridder-") as folder:
        facts = _run_child(request, Path(folder), limits)
        faults = [
            refusal(fault["kind"], location, fault["facts"], inside=fault.get("inside", ""))
            for fault in facts.get("faults", ())
        ]
        if faults:
            raise InputError(faults)
        path = Path(folder) / "table.arrow"
        table = None
        if path.exists():
            with pa.OSFile(str(path)) as source:
                table = pa.ipc.open_file(source).read_all()
        return Answer(facts, table)


def _fault_before_opening(location: Location) -> Finding | None:
    if not location.path.exists():
        return refusal("missing-file", location, {"path": str(location.path)})
    if location.suffix in MISTAKEN_SUFFIXES:
        return refusal(MISTAKEN_SUFFIXES[location.suffix], location, {})
    is_geodatabase = formats.DRIVER_OF_SUFFIX.get(location.suffix) == formats.GEODATABASE
    if location.path.is_dir() != is_geodatabase or location.suffix not in formats.SUFFIXES:
        return refusal("unknown-format", location, {"suffixes": ", ".join(formats.SUFFIXES)})
    if location.encoding and known_codec(location.encoding) is None:
        return refusal("unknown-encoding", location, {"encoding": location.encoding})
    stranger = not_a_filter(location.subset)
    if stranger:
        return refusal("not-a-filter", location, {"subset": location.subset, "stranger": stranger})
    return None


def limits_of_reading() -> Limits:
    """Return the limits that the environment asks for.

    Raises
    ------
    InputError
        When one of them is no whole number.
    """
    wrong = wrong_settings(os.environ)
    if wrong:
        shown = ", ".join(f"{name}={value}" for name, value in wrong.items())
        what = Text(f"limits of reading are no whole numbers: {shown}", f"读取上限不是整数：{shown}")
        remedy = Text("correct these variables of the environment or remove them", "请改正或删除这些环境变量")
        raise InputError([Finding("bad-setting", what, remedy=remedy)])
    return limits_of(os.environ)


def _run_child(request: Mapping[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    """Return the answer of the child, or the fault of which it died or had to be stopped."""
    command = [sys.executable, "-I", "-X", "utf8", *CHILD, str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as child:
        try:
            said = _watched(child, json.dumps(request).encode(), limits)
        finally:
            child.kill()
    if isinstance(said, dict):
        return {"faults": [said]}
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError:
        return {"faults": [{"kind": "child-died", "facts": {"code": child.returncode}}]}
    return answer


def _watched(child: subprocess.Popen[bytes], given: bytes, limits: Limits) -> bytes | dict[str, Any]:
    """Return what a child says, or the fault of time or memory for which it must be stopped.

    Its own limits (`gridder.io.confine`) are not on every system.
    """
    end = time.monotonic() + limits.seconds
    to_send: bytes | None = given
    while True:
        try:
            return child.communicate(to_send, timeout=WATCH_SECONDS)[0]
        except subprocess.TimeoutExpired:
            to_send = None
        if time.monotonic() > end:
            return {"kind": "too-slow", "facts": {"seconds": limits.seconds}}
        if _memory_mb(child.pid) > limits.memory_mb:
            return {"kind": "too-much-memory", "facts": {"limit_mb": limits.memory_mb}}


def _memory_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / formats.MEGABYTE
    except psutil.Error:
        return 0.0


def _environment() -> dict[str, str]:
    """Return the environment of the child: nothing of the parent's but what a process needs."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    skipped = _skipped_drivers()
    return kept | {
        "OGR_SKIP": skipped,
        "GDAL_SKIP": skipped,
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "0",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


@cache
def _skipped_drivers() -> str:
    """Return every driver of GDAL but the allowed ones, as `OGR_SKIP` wants them."""
    return ",".join(sorted(set(pyogrio.list_drivers()) - formats.DRIVERS))
