"""One layer of a file as arrays: rows, attributes, geometries of any kind, CRS, and what was noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from gridder.errors import InputError
from gridder.geometry.places import region_box
from gridder.io.dates import with_dates
from gridder.io.formats import is_table
from gridder.io.guard import Answer, ask
from gridder.io.handover import ROW, WKB
from gridder.io.location import Location, parse_location
from gridder.io.notes import findings_of
from gridder.io.stage import parts_of
from gridder.io.told import as_told, named_crs, wrong_words
from gridder.model import IN_MEMORY, NO_TEXT, Box, Candidate, Finding, Geometries, Ints, Source, Text


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
    region
        Where the user says that the land lies, or None.
    crs_is_told
        Whether the user names the CRS.
    """

    geometries: Geometries
    rows: Ints
    attributes: pd.DataFrame
    crs: CRS | None
    source: Source
    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]
    region: Box | None = None
    crs_is_told: bool = False

    @property
    def is_in_memory(self) -> bool:
        """Return whether the rows come from the caller and not from a file."""
        return self.source.file == IN_MEMORY


def read_layer(path: str | Path | Location, *, family: str) -> LayerRows:
    """Read one layer in the guarded child.

    Raises
    ------
    InputError
        With what is wrong with the file or its CRS.
    """
    location = parse_location(path)
    faults = wrong_words(location)
    if faults:
        raise InputError(faults)
    answer = ask(location, family=family)
    source = Source(
        file=location.file,
        layername=str(answer.facts["layername"]),
        subset=location.subset,
        sha256=sha256_of(location.path),
        driver=str(answer.facts["driver"]),
        encoding=str(answer.facts["encoding"]),
        n_rows=answer.table.num_rows if answer.table is not None else 0,
        axes=location.axes,
        coordinates=location.coordinates,
    )
    with np.errstate(all="ignore"):
        geometries, findings = _geometries(answer, source)
    declared, region = str(answer.facts["crs"]), region_box(location.region)
    crs = named_crs(location.crs or declared, source)
    source = replace(source, crs=crs.to_string() if crs is not None else "")
    geometries, told = as_told(geometries, crs, source, declared=declared, region=region)
    table = answer.table if answer.table is not None else pa.table({ROW: pa.array([], pa.int64())})
    attributes = table.drop_columns([c for c in (WKB, ROW) if c in table.column_names]).to_pandas()
    rows = table.column(ROW).to_numpy().astype(np.int64)
    findings += [*told, *findings_of(answer.facts, source), *_encoding_findings(answer, source)]
    findings += _missing_parts(answer, source)
    if is_table(source.driver):
        attributes, counted = with_dates(attributes)
        findings += [_days(name, rows[is_day], source) for name, is_day in counted.items()]
    return LayerRows(
        geometries,
        rows,
        attributes,
        crs,
        source,
        tuple(findings),
        answer.facts,
        region=region,
        crs_is_told=bool(location.crs),
    )


def _days(name: str, rows: Ints, source: Source) -> Finding:
    what = Text(
        "{n} [number|numbers] of column {name} [was|were] read as days of a spreadsheet (46082 is 2026-03-01)",
        "列“{name}”中有 {n} 个数字按电子表格的日期读取（46082 即 2026-03-01）",
    ).format(n=len(rows), name=name)
    return finding("days-as-dates", what, source, rows)


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
            "{n} [shape|shapes] had rings that were not closed or too short; they were mended",
            "{n} 个图形的环未闭合或点数不足，已修复",
        ).format(n=len(closed))
        findings.append(finding("ring-closed", what, source, rows[closed]))
    if len(lost):
        what = Text(
            "{n} [shape|shapes] cannot be understood and [was|were] left out", "{n} 个图形无法解析，未使用"
        ).format(n=len(lost))
        remedy = Text("draw them again, or export the layer anew", "请重新绘制，或重新导出图层")
        findings.append(finding("unreadable-geometry", what, source, rows[lost], remedy))
    return geometries, findings


def _encoding_findings(answer: Answer, source: Source) -> list[Finding]:
    """Return what is not certain about the encoding, and how to say it."""
    facts, name = answer.facts, source.encoding
    others = facts["encoding_others"]
    first = others[0] if others else "Big5" if name.startswith("GB") else "GBK"
    remedy = Text(
        f"if names look wrong, say the encoding: {source.file}|encoding={first}",
        f"若文字显示不对，请在文件名后写明编码：{source.file}|encoding={first}",
    )
    if facts["encoding_lossy"]:
        what = Text(f"some texts are not {name}; letters were lost", f"部分文字不是 {name} 编码，有字符丢失")
        return [finding("encoding-lossy", what, source, remedy=remedy)]
    if others:
        what = Text(
            f"the texts can be read as {name}, which was done, and as {', '.join(others)}",
            f"文字已按 {name} 读取，但也可能是 {'、'.join(others)}",
        )
        return [finding("encoding-doubtful", what, source, remedy=remedy)]
    if facts["encoding_contradicted"]:
        what = Text(
            f"the texts are not in the encoding that the file names; they were read as {name}",
            f"文字与文件注明的编码不符，已按 {name} 读取",
        )
        return [finding("encoding-guessed", what, source, remedy=remedy)]
    if facts["encoding_origin"] == "guess":
        what = Text(
            f"the file does not say in which encoding its texts are; they were read as {name}",
            f"文件没有注明文字编码，已按 {name} 读取",
        )
        return [finding("encoding-guessed", what, source, remedy=remedy)]
    return []


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
    what = Text("there are no rows in it", "其中没有任何数据行")
    remedy = Text(
        "leave it out, or export it again if it should have rows", "如本应有数据，请重新导出；否则不必使用"
    )
    return finding("no-rows", what, layer.source, remedy=remedy)


def finding(
    kind: str,
    what: Text,
    source: Source,
    rows: Ints | None = None,
    remedy: Text = NO_TEXT,
    *,
    candidates: Sequence[Candidate] = (),
) -> Finding:
    """Return a finding about some rows of a source."""
    listed = () if rows is None else tuple(sorted(int(row) for row in rows))
    return Finding(kind, what, source.file, source.layername, listed, remedy, tuple(candidates))
