"""A child's work on a lattice: its cells as one sealed file, which becomes a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gridder.errors import InputError, finding_dict
from gridder.io.lattice import write_lattice
from gridder.jobs.inputs import safe_name, under_own_name
from gridder.jobs.model import CELLS, INPUTS, Order
from gridder.model import Finding, Text
from gridder.progress import Progress
from gridder.service.order import Source, run_lattice
from gridder.storage.seal import CHUNK_BYTES, Sealer

MEGABYTE = 1_000_000


def make_cells(
    order: Order, boundary: Source, own_names: Mapping[str, str], *, sealer: Sealer, tell: Progress
) -> dict[str, Any]:
    """Divide a boundary into cells and seal them, as a GeoPackage, into the folder of the order.

    Returns
    -------
    dict
        `cells` (their number), `cell_m2`, `findings`, and `file`: `name`, `n_bytes`, `sha256` of what is sealed.

    Raises
    ------
    InputError
        As `run_lattice`, or the file would be larger than a dataset may be.
    """
    asked = order.parameters
    made = run_lattice(boundary, shape=asked["shape"], target_area=asked["target_area"], progress=tell)
    tell("write", 0.0)
    folder = Path(order.folder)
    path = write_lattice(made, folder / INPUTS / "cells.gpkg")
    n_bytes = path.stat().st_size
    if n_bytes > order.dataset_mb * MEGABYTE:
        raise InputError([_too_large(n_bytes / MEGABYTE, order.dataset_mb)])
    digest = hashlib.sha256()
    with (folder / CELLS).open("xb") as target:
        sealer.seal_stream(_digested(path, digest), target)
    stem = Path(order.sources["boundary"][0].name).stem
    return {
        "cells": len(made),
        "cell_m2": made.cell_m2,
        "findings": [finding_dict(under_own_name(finding, own_names)) for finding in made.findings],
        "file": {
            "name": safe_name(f"{stem}-{asked['shape']}-{asked['target_area']}.gpkg"),
            "n_bytes": n_bytes,
            "sha256": digest.hexdigest(),
        },
    }


def _digested(path: Path, digest: Any) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            yield chunk


def _too_large(megabytes: float, most: float) -> Finding:
    return Finding(
        "large-lattice",
        Text(
            f"the cells take {megabytes:,.0f} MB, and a file may have {most:g} MB",
            f"生成的单元文件为 {megabytes:,.0f} MB，超过文件上限 {most:g} MB",
        ),
        remedy=Text(
            "ask for larger cells or divide a smaller area, or ask who runs the service to raise GRIDDER_UPLOAD_MB",
            "请增大单元面积或缩小范围，或请管理员调高 GRIDDER_UPLOAD_MB",
        ),
    )
