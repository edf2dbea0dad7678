"""The child process that opens files of strangers: `python -I -m gridder.io.child FOLDER`.

It reads one request as JSON from standard input, writes the rows to `FOLDER/table.arrow` (geometries as
WKB), and answers with JSON on standard output: `{"faults": […]}` or what it found.
Nothing that it answers can run code in the parent.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats, stage, unpack
from gridder.io.confine import confine
from gridder.io.fault import Fault, short
from gridder.io.handover import ROW, WKB, not_ours, unique_names, write_rows
from gridder.io.table import read_table

ARC_CODES = range(8, 13)
"""Codes of CircularString to MultiSurface in WKB."""
BYTE_BY_BYTE = "ISO-8859-1"
"""Read so, every byte of a .dbf comes back as one letter, and can be decoded afterwards."""


def main() -> None:
    """Answer one request."""
    gc.disable()  # looking for garbage among millions of cells takes as long as reading them
    folder = Path(sys.argv[1])
    request = json.load(sys.stdin)
    confine()
    try:
        answer = _answer(request, folder)
    except Fault as fault:
        answer = {"faults": [{"kind": fault.kind, "facts": fault.facts}]}
    json.dump(answer, sys.stdout)


def _answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = Path(request["path"])
    if path.suffix.lower() in formats.TABLE_SUFFIXES:
        return read_table(path, request, folder)
    return _read_vector(path, request, folder)


def _read_vector(path: Path, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    layers = list(_layers(path, folder))
    if not layers:
        raise Fault("no-layer")
    described = [{key: layer[key] for key in ("name", "family", "n")} for layer in layers]
    if request["list_only"]:
        return {"layers": described}
    layer = _choose(layers, request["layername"], request["family"])
    answer = _read_layer(layer, request, folder)
    return answer | {"layers": described, "layername": layer["name"]}


def _layers(path: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield every layer of a file, or of all files in an archive."""
    import pyogrio

    if path.suffix.lower() in formats.ARCHIVE_SUFFIXES:
        sources = unpack.unpack(path, folder / "unpacked")
    else:
        sources = [(path, path.stem)]
    for k, (given, name) in enumerate(sources):
        if not given.stat().st_size:
            raise Fault("empty-file")
        source = stage.stage(given, folder / f"staged{k}")
        driver = formats.DRIVER_OF_SUFFIX[source.suffix.lower()]
        restored = driver == "ESRI Shapefile" and not stage.has_index(source)
        if restored:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        try:
            listed = pyogrio.list_layers(source)
            for layername, geometry_type in listed:
                info = pyogrio.read_info(
                    source, layer=layername, encoding=_open_encoding(driver), force_feature_count=True
                )
                if info["driver"] != driver:
                    raise Fault("other-format", driver=info["driver"])
                yield {
                    "source": source,
                    "driver": driver,
                    "inside": layername,
                    "name": layername if driver == "GPKG" else name,
                    "family": formats.geometry_family(geometry_type),
                    "n": info["features"],
                    "restored": restored,
                }
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            if driver == "GeoJSON":
                raise _no_geojson(source) from error
            raise Fault("unreadable", detail=short(error)) from error


def _no_geojson(source: Path) -> Fault:
    """Return why GDAL does not take a staged file for GeoJSON."""
    text = source.read_text(encoding="utf-8-sig")
    if not text.strip():
        return Fault("empty-file")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return Fault("no-json", line=error.lineno)
    except RecursionError:
        pass
    return Fault("no-geojson")


def _open_encoding(driver: str) -> str | None:
    return BYTE_BY_BYTE if driver == "ESRI Shapefile" else None


def _choose(layers: Sequence[dict[str, Any]], layername: str, family: str) -> dict[str, Any]:
    """Return the layer that was named, or the only one whose geometry fits."""
    names = [layer["name"] for layer in layers]
    if layername:
        named = [layer for layer in layers if layer["name"] == layername]
        if not named:
            raise Fault("no-such-layer", wanted=layername, names=names)
        return named[0]
    fitting = [layer for layer in layers if layer["family"] in (family, formats.ANY) or family == formats.ANY]
    if len(fitting) == 1:
        return fitting[0]
    if len(layers) == 1:
        return layers[0]
    raise Fault("several-layers", names=[layer["name"] for layer in fitting] or names)


def _read_layer(layer: dict[str, Any], request: dict[str, Any], folder: Path) -> dict[str, Any]:
    import pyarrow as pa
    import pyogrio

    try:
        meta, table = pyogrio.raw.read_arrow(
            layer["source"],
            layer=layer["inside"],
            where=_where(layer, request) or None,
            encoding=_open_encoding(layer["driver"]),
            return_fids=layer["driver"] != "GeoJSON",
        )
        if _has_arcs(table, meta):
            table = _linear(table, meta, layer, request)
    except (ValueError, OSError, RuntimeError, pa.ArrowException) as error:
        if request["subset"]:
            raise Fault("bad-subset", subset=request["subset"], detail=short(error)) from error
        raise Fault("unreadable", detail=short(error)) from error
    choice = None
    if layer["driver"] == "ESRI Shapefile":
        _refuse_truncated(layer)
        table, choice = _decoded(table, layer["source"], request["encoding"])
    table = _with_rows(table, meta, layer["driver"])
    write_rows(table, folder)
    return {
        "driver": layer["driver"],
        "crs": meta["crs"] or "",
        "encoding": choice.name if choice else "UTF-8",
        "encoding_origin": choice.origin if choice else "",
        "encoding_contradicted": list(choice.contradicted) if choice else [],
        "encoding_lossy": choice.lossy if choice else False,
        "restored_shx": layer["restored"],
        "without_dbf": layer["driver"] == "ESRI Shapefile"
        and not layer["source"].with_suffix(".dbf").exists(),
    }


def _refuse_truncated(layer: dict[str, Any]) -> None:
    """Refuse a shapefile of which a part ends early: GDAL would leave the other rows out without a word."""
    index, table = layer["source"].with_suffix(".shx"), layer["source"].with_suffix(".dbf")
    if not table.exists():
        return
    header = table.read_bytes()[:12]
    if len(header) < 12:
        raise Fault("truncated", told=layer["n"], found=0)
    told = int.from_bytes(header[4:8], "little")
    start, width = int.from_bytes(header[8:10], "little"), int.from_bytes(header[10:12], "little")
    if index.exists() and not layer["restored"]:
        told = max(told, (index.stat().st_size - 100) // 8)
    found = min(layer["n"], (table.stat().st_size - start) // max(width, 1))
    if found < told:
        raise Fault("truncated", told=told, found=found)


def _where(layer: dict[str, Any], request: dict[str, Any]) -> str:
    """Return the subset as the layer understands it: of a shapefile in its own bytes."""
    import pyogrio

    subset: str = request["subset"]
    if layer["driver"] != "ESRI Shapefile" or subset.isascii():
        return subset
    _, table = pyogrio.raw.read_arrow(layer["source"], encoding=BYTE_BY_BYTE, read_geometry=False)
    _, choice = _decoded(table, layer["source"], request["encoding"])
    return subset.encode(choice.codec).decode("latin-1")


def _has_arcs(table: Any, meta: dict[str, Any]) -> bool:
    """Return whether a geometry of the table has arcs, which the parent cannot parse."""
    name = meta.get("geometry_name") or "wkb_geometry"
    if name not in table.column_names:
        return False
    return any(
        int.from_bytes(wkb[1:5], "little" if wkb[0] else "big") % 1000 in ARC_CODES
        for wkb in table.column(name).to_pylist()
        if wkb
    )


def _linear(table: Any, meta: dict[str, Any], layer: dict[str, Any], request: dict[str, Any]) -> Any:
    """Return the table with arcs as lines: the slower way of reading strokes them."""
    import pyarrow as pa
    import pyogrio

    geometries = pyogrio.raw.read(
        layer["source"], layer=layer["inside"], where=request["subset"] or None, columns=[]
    )[2]
    at = table.column_names.index(meta.get("geometry_name") or "wkb_geometry")
    return table.set_column(at, table.column_names[at], pa.array(list(geometries), pa.binary()))


def _with_rows(table: Any, meta: dict[str, Any], driver: str) -> Any:
    """Give the geometry and the row number the names that the parent knows; rows count from 1."""
    import numpy as np
    import pyarrow as pa

    fid = meta.get("fid_column") or "OGC_FID"
    fids = table.column(fid).to_numpy() if fid in table.column_names else np.arange(table.num_rows)
    geometry = meta.get("geometry_name") or "wkb_geometry"
    rows = {
        "GPKG": fids,
        "ESRI Shapefile": fids + 1,
    }.get(driver, np.arange(1, table.num_rows + 1))
    if geometry in table.column_names:
        wkb = table.column(geometry).cast(pa.binary())
    else:
        wkb = pa.nulls(table.num_rows, pa.binary())
    own = _flat(table.drop_columns([name for name in (fid, geometry) if name in table.column_names]))
    own = own.rename_columns(not_ours(own.column_names))
    return own.append_column(WKB, wkb).append_column(ROW, pa.array(rows, pa.int64()))


def _flat(table: Any) -> Any:
    """Return the table with lists and structures as JSON text."""
    import pyarrow as pa

    for i, kind in enumerate(table.schema.types):
        if pa.types.is_nested(kind):
            texts = [None if v is None else json.dumps(v, default=str) for v in table.column(i).to_pylist()]
            table = table.set_column(i, table.column_names[i], pa.array(texts, pa.string()))
    return table


def _decoded(table: Any, source: Path, user: str) -> tuple[Any, encoding.Choice]:
    """Return the table of a shapefile with names and texts decoded."""
    import pyarrow as pa

    text = [
        i
        for i, kind in enumerate(table.schema.types)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ]
    names = [name.encode("latin-1", "replace") for name in table.column_names]
    values = {i: table.column(i).unique().drop_null().to_pylist() for i in text}
    texts = [*names, *(value.encode("latin-1") for column in values.values() for value in column)]
    dbf = source.with_suffix(".dbf")
    cpg = source.with_suffix(".cpg")
    choice = encoding.choose(
        texts,
        user=encoding.known_codec(user) if user else None,
        cpg=encoding.codec_of_cpg(cpg) if cpg.exists() else None,
        language=encoding.codec_of_dbf(dbf) if dbf.exists() else None,
    )
    errors = "replace" if choice.lossy else "strict"

    def decode(raw: bytes) -> str:
        return encoding.decode(raw, choice.codec, errors)

    columns = [table.column(i) for i in range(table.num_columns)]
    for i in text:
        known = {value: decode(value.encode("latin-1")) for value in values[i]}
        columns[i] = pa.array([known.get(value) for value in columns[i].to_pylist()], pa.string())
    return pa.table(columns, names=unique_names([decode(name) for name in names])), choice


if __name__ == "__main__":
    main()
