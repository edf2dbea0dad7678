"""One layer of a file as arrays: rows, attributes, geometries of any kind, CRS, and what was noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gridder.errors import InputError
from gridder.geometry.crs import horizontal
from gridder.io.guard import Answer, ask
from gridder.io.handover import ROW, WKB
from gridder.io.location import Location, parse_location
from gridder.io.notes import findings_of
from gridder.io.stage import parts_of
from gridder.model import NO_TEXT, Finding, Floats, Geometries, Ints, Source, Text

CGCS2000_ZONES = tuple(range(25, 46))
FIRST_PREFIXED, FIRST_PLAIN = 4513, 4534
"""EPSG codes of CGCS2000 3-degree zone 25, with the zone number before the easting and without it."""


@dataclass(frozen=True, eq=False)
class LayerRows:
    """The rows of one layer as they were read.

    Attributes
    ----------
    geometries
        Of any kind, None where missing or unreadable, shape (n,); all None in a table.
    rows
        Row of the file, from 1, shape (n,).
    attributes
        The columns, with a RangeIndex.
    crs
        None where the file names none.
    findings
        What was noticed about the layer so far.
    """

    geometries: Geometries
    rows: Ints
    attributes: pd.DataFrame
    crs: CRS | None
    source: Source
    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]


def read_layer(path: str | Path | Location, *, family: str) -> LayerRows:
    """Read one layer in the guarded child.

    Raises
    ------
    InputError
        With what is wrong with the file or its CRS.
    """
    location = path if isinstance(path, Location) else parse_location(path)
    answer = ask(location, family=family)
    source = Source(
        file=location.file,
        layername=str(answer.facts["layername"]),
        subset=location.subset,
        sha256=sha256_of(location.path),
        driver=str(answer.facts["driver"]),
        encoding=str(answer.facts["encoding"]),
        n_rows=answer.table.num_rows if answer.table is not None else 0,
    )
    with np.errstate(all="ignore"):
        geometries, findings = _geometries(answer, source)
    crs = _crs(location, answer, source)
    source = replace(source, crs=crs.to_string() if crs is not None else "")
    table = answer.table if answer.table is not None else pa.table({ROW: pa.array([], pa.int64())})
    attributes = table.drop_columns([c for c in (WKB, ROW) if c in table.column_names]).to_pandas()
    rows = table.column(ROW).to_numpy().astype(np.int64)
    findings += [*findings_of(answer.facts, source), *_encoding_findings(answer, source)]
    findings += _missing_parts(answer, source)
    return LayerRows(geometries, rows, attributes, crs, source, tuple(findings), answer.facts)


def sha256_of(path: Path) -> str:
    """Return the checksum of a file; of a set or a folder that of its parts in turn."""
    if path.is_dir():
        parts = sorted(part for part in path.iterdir() if part.is_file())
    elif path.suffix.lower() == ".shp":
        parts = [p for p in (path.with_suffix(s) for s in (".shp", ".dbf", ".prj", ".cpg")) if p.exists()]
    else:
        parts = sorted(parts_of(path))
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _geometries(answer: Answer, source: Source) -> tuple[Geometries, list[Finding]]:
    """Parse the geometries; rings that are not closed are closed, what cannot be parsed is None."""
    if answer.table is None or WKB not in answer.table.column_names:
        n = answer.table.num_rows if answer.table is not None else 0
        return np.full(n, None, dtype=object), []
    wkb = answer.table.column(WKB).to_numpy(zero_copy_only=False)
    geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    given = np.array([value is not None for value in wkb], dtype=bool)
    broken = np.flatnonzero(given & shapely.is_missing(geometries))
    if not len(broken):
        return geometries, []
    geometries[broken] = shapely.from_wkb(wkb[broken], on_invalid="fix")
    rows = answer.table.column(ROW).to_numpy()
    closed = broken[~shapely.is_missing(geometries[broken])]
    lost = np.setdiff1d(broken, closed)
    findings = []
    if len(closed):
        what = Text(
            f"{len(closed)} geometries had rings that were not closed or too short; they were mended",
            f"{len(closed)} 个图形的环未闭合或点数不足，已修复",
        )
        findings.append(finding("ring-closed", what, source, rows[closed]))
    if len(lost):
        what = Text(f"{len(lost)} geometries cannot be understood", f"{len(lost)} 个图形无法解析")
        findings.append(finding("unreadable-geometry", what, source, rows[lost]))
    return geometries, findings


def _crs(location: Location, answer: Answer, source: Source) -> CRS | None:
    named = location.crs or str(answer.facts["crs"])
    if not named:
        return None
    try:
        crs = CRS.from_user_input(named)
        Transformer.from_crs(horizontal(crs), "EPSG:4326")
    except ProjError:
        what = Text(f"the coordinate system {named[:60]!r} is not known", f"无法识别坐标系 {named[:60]!r}")
        remedy = Text(f"say it: {location.file}|crs=EPSG:4549", f"请指明：{location.file}|crs=EPSG:4549")
        raise InputError([finding("unknown-crs", what, source, remedy=remedy)]) from None
    return crs


def _encoding_findings(answer: Answer, source: Source) -> list[Finding]:
    findings = []
    name, origin = source.encoding, answer.facts["encoding_origin"]
    override = Text(
        f"if names look wrong, say the encoding: {source.file}|encoding=GBK",
        f"若文字显示不对，请指明编码：{source.file}|encoding=GBK",
    )
    if origin == "guess" or answer.facts["encoding_contradicted"]:
        what = Text(f"the encoding was taken to be {name}", f"文字编码判断为 {name}")
        findings.append(finding("encoding-guessed", what, source, remedy=override))
    if answer.facts["encoding_lossy"]:
        what = Text(f"some texts are not {name}; letters were lost", f"部分文字不是 {name} 编码，有字符丢失")
        findings.append(finding("encoding-lossy", what, source, remedy=override))
    return findings


def _missing_parts(answer: Answer, source: Source) -> list[Finding]:
    findings = []
    if answer.facts["without_dbf"]:
        what = Text("the .dbf is missing, and all attributes with it", "缺少 .dbf，没有任何属性")
        remedy = Text("copy the .dbf beside the .shp", "请把 .dbf 复制到 .shp 旁边")
        findings.append(finding("attributes-missing", what, source, remedy=remedy))
    if answer.facts["restored_shx"]:
        what = Text(
            "the index .shx was missing or did not fit and was made again", ".shx 索引缺失或不符，已重建"
        )
        findings.append(finding("index-restored", what, source))
    return findings


def no_rows_fault(layer: LayerRows) -> Finding | None:
    """Return the fault of a layer without rows."""
    if len(layer.rows):
        return None
    if layer.source.subset:
        what = Text(
            f"no row fits the subset {layer.source.subset}", f"没有符合筛选条件的行：{layer.source.subset}"
        )
        remedy = Text("check names and values with gridder inspect", "请用 gridder inspect 核对列名和取值")
        return finding("empty-subset", what, layer.source, remedy=remedy)
    what = Text("there are no rows in the layer", "图层中没有任何行")
    remedy = Text("export the layer again", "请重新导出图层")
    return finding("no-rows", what, layer.source, remedy=remedy)


def crs_fault(layer: LayerRows) -> Finding | None:
    """Return the fault of a layer without CRS, with the candidates that its numbers allow."""
    if layer.crs is not None:
        return None
    bounds = shapely.total_bounds(layer.geometries)
    candidates = crs_candidates(bounds)
    shown = ", ".join(candidates[:4]) or "EPSG:…"
    what = Text("the file names no coordinate system", "文件没有坐标系信息（缺 .prj）")
    remedy = Text(
        f"say it, for example {layer.source.file}|crs={candidates[0] if candidates else 'EPSG:4549'}; "
        f"its numbers fit {shown}",
        f"请指明，例如 {layer.source.file}|crs={candidates[0] if candidates else 'EPSG:4549'}；坐标数值可能是 {shown}",
    )
    return finding("missing-crs", what, layer.source, remedy=remedy)


def crs_candidates(bounds: Floats) -> list[str]:
    """Return the coordinate systems that a range of coordinates (west, south, east, north) may be in."""
    west, south, east, north = (float(value) for value in bounds)
    if not np.isfinite([west, south, east, north]).all():
        return []
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        return ["EPSG:4490", "EPSG:4326"]
    zone = int(west // 1_000_000)
    if zone in CGCS2000_ZONES and int(east // 1_000_000) == zone:
        return [f"EPSG:{FIRST_PREFIXED + zone - CGCS2000_ZONES[0]}"]
    if 100_000 <= west <= east <= 900_000 and 1_500_000 <= south <= north <= 6_500_000:
        return [f"EPSG:{FIRST_PLAIN + zone - CGCS2000_ZONES[0]}" for zone in (39, 40, 38, 41)]
    return []


def finding(
    kind: str,
    what: Text,
    source: Source,
    rows: Ints | None = None,
    remedy: Text = NO_TEXT,
) -> Finding:
    """Return a finding about some rows of a source."""
    listed = () if rows is None else tuple(sorted(int(row) for row in rows))
    return Finding(kind, what, source.file, source.layername, listed, remedy)
