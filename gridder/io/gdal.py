"""Layers and rows by GDAL; runs in the guarded child."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats, geojson, mapinfo
from gridder.io.fault import Fault, short
from gridder.io.handover import ROW, WKB, not_ours, unique_names
from gridder.io.subset import unknown_column

ARC_CODES = range(8, 13)
"""Codes of CircularString to MultiSurface in WKB."""
BYTE_BY_BYTE = "ISO-8859-1"
"""Read so, every byte of a text comes back as one letter, and can be decoded afterwards."""
FROM_ZERO = frozenset([formats.SHAPEFILE, formats.FLATGEOBUF, formats.DXF, formats.GPX])
"""Drivers whose feature ids are the positions in the file, from 0."""
FROM_ONE = frozenset([formats.GEOPACKAGE, formats.GEODATABASE, formats.MAPINFO, formats.KML])
"""Drivers whose feature ids are numbers of rows as people see them, from 1."""
KML_DEFAULTS = {"tessellate": -1, "extrude": 0, "visibility": -1}
DXF_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s*\r?\n\s*3\s*\r?\n\s*([\w-]+)")
DXF_VERSION = re.compile(rb"\$ACADVER\s*\r?\n\s*1\s*\r?\n\s*AC(\d+)")
DXF_UNICODE = 1021
"""From this version (AutoCAD 2007) on, texts are UTF-8."""
HEAD = 100_000


def layers(source: Path, driver: str) -> Iterator[tuple[str, str, int]]:
    """Yield name, family of geometry and number of rows of every layer of a staged file."""
    import pyogrio

    pyogrio.set_gdal_config_options(
        {"SHAPE_RESTORE_SHX": not source.with_suffix(".shx").exists(), "DXF_ENCODING": BYTE_BY_BYTE}
    )
    try:
        for info in [_of_geojson(source)] if driver == formats.GEOJSON else _infos(source, driver):
            if info["driver"] != driver:
                raise Fault("other-format", driver=info["driver"])
            family = formats.geometry_family(info["geometry_type"])
            yield info["layer_name"], family, max(info["features"], 0)
    except (ValueError, RuntimeError, OSError) as error:
        raise Fault("unreadable", detail=short(error)) from error


def _infos(source: Path, driver: str) -> Iterator[Any]:
    import pyogrio

    for layername, _ in pyogrio.list_layers(source):
        yield pyogrio.read_info(
            source, layer=layername, encoding=_open_encoding(driver), force_feature_count=True
        )


def _of_geojson(source: Path) -> Any:
    """Return what is known of the one layer; its names are not asked for first, as that reads all of the file once more."""
    import pyogrio

    try:
        return pyogrio.read_info(source, force_feature_count=True)
    except pyogrio.errors.DataSourceError:
        source.write_text(geojson.mended(source.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        return pyogrio.read_info(source, force_feature_count=True)
    except pyogrio.errors.DataSourceError as error:
        raise Fault("no-geojson") from error


def read(
    source: Path, driver: str, inside: str, *, n: int, subset: str, user: str | None, restored: bool
) -> tuple[Any, dict[str, Any]]:
    """Return the rows of a layer, and facts about it.

    Parameters
    ----------
    n
        How many rows the layer has by its own account.
    user
        The codec that the user named.
    restored
        Whether the index of a shapefile was missing.

    Raises
    ------
    Fault
        When it cannot be read, or a part of it is missing.
    """
    import pyarrow as pa
    import pyogrio

    if driver == formats.GEOPACKAGE and '"' in subset:
        _refuse_unknown_columns(source, inside, subset)
    try:
        meta, table = pyogrio.raw.read_arrow(
            source,
            layer=inside,
            where=_where(source, driver, inside, subset, user) or None,
            encoding=_open_encoding(driver),
            return_fids=driver in FROM_ZERO | FROM_ONE,
        )
        if _has_arcs(table, meta):
            table = _linear(table, meta, source, inside, subset)
    except (ValueError, OSError, RuntimeError, pa.ArrowException) as error:
        if subset:
            raise Fault("bad-subset", subset=subset, detail=short(error)) from error
        raise Fault("unreadable", detail=short(error)) from error
    facts: dict[str, Any] = {"crs": meta["crs"] or ""}
    if driver == formats.SHAPEFILE:
        _refuse_truncated(source, n, restored=restored)
        facts |= {"without_dbf": not source.with_suffix(".dbf").exists()}
    elif not subset and driver != formats.GEOPACKAGE and table.num_rows < n:
        raise Fault("rows-missing", told=n, found=table.num_rows)
    if driver in formats.BYTE_BY_BYTE:
        table, facts["choice"], cut = _decoded(table, source, driver, user)
    table = _with_rows(table, meta, driver)
    if driver in formats.BYTE_BY_BYTE:
        facts["notes"] = _notes_of_cut(cut, table.column(ROW).to_numpy())
    if driver in formats.FIXED_LAYERS:
        table = _without_blank_columns(table)
    return table, facts


def _refuse_unknown_columns(source: Path, inside: str, subset: str) -> None:
    """Refuse names in double quotes that are no columns: SQLite would take them for texts."""
    import pyogrio

    info = pyogrio.read_info(source, layer=inside)
    names = [str(name) for name in info["fields"]]
    own = [name for name in (info["fid_column"], info["geometry_name"]) if name]
    if unknown := unknown_column(subset, [*names, *own]):
        raise Fault("no-column-of-subset", name=unknown, names=names)


def _open_encoding(driver: str) -> str | None:
    return BYTE_BY_BYTE if driver == formats.SHAPEFILE else None


def _refuse_truncated(source: Path, n: int, *, restored: bool) -> None:
    """Refuse a shapefile of which a part ends early: GDAL would leave the other rows out without a word."""
    index, table = source.with_suffix(".shx"), source.with_suffix(".dbf")
    if not table.exists():
        return
    header = table.read_bytes()[:12]
    if len(header) < 12:
        raise Fault("truncated", told=n, found=0)
    told = int.from_bytes(header[4:8], "little")
    start, width = int.from_bytes(header[8:10], "little"), int.from_bytes(header[10:12], "little")
    if index.exists() and not restored:
        told = max(told, (index.stat().st_size - 100) // 8)
    found = min(n, (table.stat().st_size - start) // max(width, 1))
    if found < told:
        raise Fault("truncated", told=told, found=found)


def _where(source: Path, driver: str, inside: str, subset: str, user: str | None) -> str:
    """Return the subset as the layer understands it: of one that is read by bytes, in its own bytes."""
    import pyogrio

    if driver not in formats.BYTE_BY_BYTE or subset.isascii():
        return subset
    _, table = pyogrio.raw.read_arrow(
        source, layer=inside, encoding=_open_encoding(driver), read_geometry=False
    )
    _, choice, _ = _decoded(table, source, driver, user)
    return subset.encode(choice.codec).decode("latin-1")


def _has_arcs(table: Any, meta: dict[str, Any]) -> bool:
    """Return whether a geometry of the table has arcs, which the parent cannot parse."""
    name = meta.get("geometry_name") or "wkb_geometry"
    if name not in table.column_names:
        return False
    return any(
        int.from_bytes(wkb[1:5], "little" if wkb[0] else "big") % 1000 in ARC_CODES
        for wkb in table.column(_last(table.column_names, name)).to_pylist()
        if wkb
    )


def _linear(table: Any, meta: dict[str, Any], source: Path, inside: str, subset: str) -> Any:
    """Return the table with arcs as lines: the slower way of reading strokes them."""
    import pyarrow as pa
    import pyogrio

    geometries = pyogrio.raw.read(source, layer=inside, where=subset or None, columns=[])[2]
    at = _last(table.column_names, meta.get("geometry_name") or "wkb_geometry")
    return table.set_column(at, table.column_names[at], pa.array(list(geometries), pa.binary()))


def _with_rows(table: Any, meta: dict[str, Any], driver: str) -> Any:
    """Give the geometry and the row number the names that the parent knows; rows count from 1.

    GDAL puts the number first and the geometry last; a file may have columns of the same names.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ours = []
    rows = np.arange(1, table.num_rows + 1)
    if driver in FROM_ZERO | FROM_ONE and table.num_columns:
        ours.append(0)
        rows = table.column(0).to_numpy() + (driver in FROM_ZERO)
    wkb = pa.nulls(table.num_rows, pa.binary())
    geometry = meta.get("geometry_name") or "wkb_geometry"
    if geometry in table.column_names:
        ours.append(_last(table.column_names, geometry))
        given = table.column(ours[-1]).cast(pa.binary())
        wkb = pc.if_else(pc.equal(pc.binary_length(given), 0), pa.scalar(None, pa.binary()), given)
    own = [i for i in range(table.num_columns) if i not in ours]
    names = not_ours(unique_names([table.column_names[i] for i in own]))
    plain = flat(pa.table([table.column(i) for i in own], names=names))
    columns = [*plain.columns, wkb, pa.array(rows, pa.int64())]
    return pa.table(columns, names=[*plain.column_names, WKB, ROW])


def _last(names: Sequence[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)


def flat(table: Any) -> Any:
    """Return the table with lists and structures as JSON text."""
    import json

    import pyarrow as pa

    for i, kind in enumerate(table.schema.types):
        if pa.types.is_nested(kind):
            texts = [None if v is None else json.dumps(v, default=str) for v in table.column(i).to_pylist()]
            table = table.set_column(i, table.column_names[i], pa.array(texts, pa.string()))
    return table


def _without_blank_columns(table: Any) -> Any:
    """Return the table without the driver's own columns in which no row says anything."""
    import pyarrow.compute as pc

    blank = [
        name
        for name in table.column_names
        if name not in {WKB, ROW} and _is_blank(pc.unique(table.column(name)).to_pylist(), name)
    ]
    return table.drop_columns(blank)


def _is_blank(values: list[Any], name: str) -> bool:
    return set(values) <= {None, "", KML_DEFAULTS.get(name)}


@dataclass(frozen=True)
class Cut:
    """What ends in the middle of a character: names of columns, and texts by column and position of their rows."""

    names: list[str]
    rows: dict[str, list[int]]


def _notes_of_cut(cut: Cut, rows: Any) -> list[dict[str, Any]]:
    """Return what the parent tells of it (`gridder.io.notes`)."""
    notes: list[dict[str, Any]] = []
    if cut.names:
        notes.append({"kind": "names-cut", "rows": [], "facts": {"names": ", ".join(cut.names)}})
    if cut.rows:
        at = sorted({int(rows[i]) for places in cut.rows.values() for i in places})
        n = sum(map(len, cut.rows.values()))
        notes.append({"kind": "texts-cut", "rows": at, "facts": {"n": n, "names": ", ".join(cut.rows)}})
    return notes


def _decoded(table: Any, source: Path, driver: str, user: str | None) -> tuple[Any, encoding.Choice, Cut]:
    """Return a table that was read a letter a byte with names and texts decoded, and what of them is cut."""
    import pyarrow as pa

    text = [
        i
        for i, kind in enumerate(table.schema.types)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ]
    names = [name.encode("latin-1", "replace") for name in table.column_names]
    values = {i: table.column(i).unique().drop_null().to_pylist() for i in text}
    texts = [*names, *(value.encode("latin-1") for column in values.values() for value in column)]
    named, language = _said_encoding(source, driver)
    choice = encoding.choose(texts, user=user, cpg=named, language=language)
    errors = "replace" if choice.lossy else "strict"

    def decode(raw: bytes) -> str:
        return encoding.decode(raw, choice.codec, errors)

    columns = [table.column(i) for i in range(table.num_columns)]
    told = unique_names([decode(name) for name in names])
    cut = Cut([own for own, raw in zip(told, names, strict=True) if encoding.is_cut(raw, choice.codec)], {})
    for i in text:
        known = {value: decode(value.encode("latin-1")) for value in values[i]}
        given = columns[i].to_pylist()
        columns[i] = pa.array([known.get(value) for value in given], pa.string())
        ends = {
            v for v in values[i] if not v.isascii() and encoding.is_cut(v.encode("latin-1"), choice.codec)
        }
        if ends:
            cut.rows[told[i]] = [k for k, value in enumerate(given) if value in ends]
    return pa.table(columns, names=told), choice, cut


def _said_encoding(source: Path, driver: str) -> tuple[str | None, str | None]:
    """Return the codec that a file names, and the one that a mark in its header means."""
    if driver == formats.MAPINFO:
        return mapinfo.codec_of(source), None
    if driver == formats.DXF:
        return None, _codec_of_dxf(source)
    cpg, dbf = source.with_suffix(".cpg"), source.with_suffix(".dbf")
    return (
        encoding.codec_of_cpg(cpg) if cpg.exists() else None,
        encoding.codec_of_dbf(dbf) if dbf.exists() else None,
    )


def _codec_of_dxf(source: Path) -> str | None:
    """Return the codec that a drawing is in by its header; UTF-8 where all of it is, as some programs forget."""
    raw = source.read_bytes()
    version, page = DXF_VERSION.search(raw[:HEAD]), DXF_CODE_PAGE.search(raw[:HEAD])
    if version and int(version[1]) >= DXF_UNICODE:
        return "utf-8"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return encoding.known_codec(page[1].decode()) if page else None
    return "utf-8"
