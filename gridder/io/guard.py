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
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from gridder.errors import InputError
from gridder.io import formats
from gridder.io.columns import MEMBER_HEADERS
from gridder.io.encoding import known_codec
from gridder.io.location import Location
from gridder.io.refusals import refusal
from gridder.io.subset import not_a_filter
from gridder.model import Finding

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
    request = {
        "path": str(location.path.resolve()),
        "layername": location.layername,
        "subset": location.subset,
        "encoding": location.encoding,
        "family": family,
        "list_only": list_only,
        "known_headers": sorted(MEMBER_HEADERS),
    }
    with tempfile.TemporaryDirectory(prefix="gridder-") as folder:
        facts = _run_child(request, Path(folder))
        faults = [refusal(fault["kind"], location, fault["facts"]) for fault in facts.get("faults", ())]
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
    if location.path.is_dir() or location.suffix not in formats.SUFFIXES:
        return refusal("unknown-format", location, {"suffixes": ", ".join(formats.SUFFIXES)})
    if location.encoding and known_codec(location.encoding) is None:
        return refusal("unknown-encoding", location, {"encoding": location.encoding})
    stranger = not_a_filter(location.subset)
    if stranger:
        return refusal("not-a-filter", location, {"subset": location.subset, "stranger": stranger})
    return None


def _run_child(request: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", "-X", "utf8", "-m", "gridder.io.child", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=formats.MAX_SECONDS,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"faults": [{"kind": "too-slow", "facts": {"seconds": formats.MAX_SECONDS}}]}
    if done.returncode:
        return {"faults": [{"kind": "child-died", "facts": {"code": done.returncode}}]}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


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
