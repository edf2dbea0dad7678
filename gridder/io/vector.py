"""Read a layer of a vector file, or of an archive of such files and of tables; runs in the guarded child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats, gdal, geoparquet, wkb
from gridder.io.fault import Fault
from gridder.io.handover import ROW, WKB, write_rows
from gridder.io.limits import Limits
from gridder.io.listing import Layer, Notes, choose, is_archive, layers_of, note
from gridder.io.table import Table, read_rows


def read_vector(path: Path, request: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    """List the layers of a file, and read one of them.

    Raises
    ------
    Fault
        With what is wrong with the file.
    """
    notes: Notes = []
    layers = layers_of(path, request, folder, limits, notes)
    described = [
        {"name": layer.name, "family": layer.family, "n": layer.n} for layer in layers if not layer.fault
    ]
    if request["list_only"]:
        return {"layers": described}
    layer = choose(layers, request["layername"], request["family"])
    try:
        answer = (
            _read_table(layer.table, layers, request, folder)
            if layer.table
            else _read(layer, request, folder, limits)
        )
    except Fault as fault:
        raise (fault.of(layer.source, layer.name) if is_archive(path) else fault) from fault
    notes += answer["notes"]
    return answer | {"layers": described, "layername": layer.name, "notes": notes}


def _read_table(
    chosen: Table, layers: Sequence[Layer], request: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Read a table in an archive; where it was not named, the other sheets of its workbook are told."""
    sheets = [layer.table for layer in layers if layer.table and layer.table.book is chosen.book]
    others = [] if request["layername"] or not chosen.book else [s for s in sheets if s is not chosen]
    return read_rows(chosen, others, request, folder)


def _read(layer: Layer, request: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    if not layer.n and layer.staged.network_links:
        raise Fault("only-network-links", n=layer.staged.network_links)
    if layer.n > limits.features and not request["subset"]:
        raise Fault("too-many-features", n=layer.n, limit=limits.features)
    user = encoding.known_codec(request["encoding"]) if request["encoding"] else None
    table, facts = _rows(layer, request["subset"], user)
    notes: Notes = facts.pop("notes", [])
    if table.num_rows > limits.features:
        raise Fault("too-many-features", n=table.num_rows, limit=limits.features)
    table = _parsed(table, layer, request["family"], limits, notes)
    write_rows(table, folder)
    return {
        **encoding.facts_of(layer.staged.choice or facts.pop("choice", None)),
        "restored_shx": layer.staged.without_index,
        "without_dbf": False,
        **facts,
        "driver": layer.driver,
        "notes": notes,
    }


def _rows(layer: Layer, subset: str, user: str | None) -> tuple[Any, dict[str, Any]]:
    if layer.driver == formats.PARQUET:
        return geoparquet.read(layer.source, subset)
    return gdal.read(
        layer.source,
        layer.driver,
        layer.inside,
        n=layer.n,
        subset=subset,
        user=user,
        restored=layer.staged.without_index,
    )


def _parsed(table: Any, layer: Layer, family: str, limits: Limits, notes: Notes) -> Any:
    """Return the table with geometries that the parent can parse, and closed lines as areas if wanted."""
    import pyarrow as pa
    import shapely

    geometries = wkb.parse(table.column(WKB))
    vertices = int(shapely.get_num_coordinates(geometries).sum())
    if vertices > limits.vertices:
        raise Fault("too-many-vertices", n=vertices, limit=limits.vertices)
    if layer.driver not in formats.ROUGH or family not in {formats.POLYGONS, formats.ANY}:
        return table
    areas, closed, unclosed = wkb.areas_of_closed_lines(geometries)
    if not closed.any():
        return table
    rows = table.column(ROW).to_numpy()
    notes.append(note("closed-lines", rows[closed], n=int(closed.sum())))
    if unclosed.any():
        notes.append(note("open-lines", rows[unclosed], n=int(unclosed.sum())))
    at = table.column_names.index(WKB)
    return table.set_column(at, WKB, pa.array(list(shapely.to_wkb(areas)), pa.binary()))
