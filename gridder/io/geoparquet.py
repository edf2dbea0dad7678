"""GeoParquet by pyarrow, as GDAL's wheel has no such driver; runs in the guarded child.

Metadata and encodings of geometries as in GeoParquet 1.1 (OGC, https://geoparquet.org/releases/v1.1.0/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gridder.io import formats
from gridder.io.fault import Fault, short
from gridder.io.gdal import flat
from gridder.io.handover import ROW, WKB, not_ours, unique_names
from gridder.io.row_filter import rows_of_types

DEFAULT_CRS = "OGC:CRS84"
GUESSED_NAMES = ("geometry", "geom", "wkb_geometry", "wkb", "the_geom")
"""Columns of bytes that are geometries where the file says nothing."""
DIMENSIONS = {
    "point": 0,
    "linestring": 1,
    "polygon": 2,
    "multipoint": 1,
    "multilinestring": 2,
    "multipolygon": 3,
}
"""Depth of lists by the name of a native encoding."""


def layers(source: Path) -> Iterator[tuple[str, str, int]]:
    """Yield the one layer of a file."""
    file = _open(source)
    yield source.stem, _family(_about(file)), file.metadata.num_rows


def read(source: Path, subset: str) -> tuple[Any, dict[str, Any]]:
    """Return the rows and facts about the layer.

    Raises
    ------
    Fault
        When it cannot be read.
    """
    import numpy as np
    import pyarrow as pa

    file = _open(source)
    about = _about(file)
    try:
        table = _without_dictionaries(file.read())
        column = table.column(about["name"]) if about["name"] else None
        shapes = pa.nulls(table.num_rows, pa.binary()) if column is None else _wkb(column, about["encoding"])
    except (pa.ArrowException, ValueError, OSError, TypeError, LookupError, AttributeError) as error:
        raise Fault("unreadable", detail=short(error)) from error
    own = table.drop_columns(
        [name for name in (about["name"], *about["covering"]) if name in table.column_names]
    )
    own = flat(own.rename_columns(not_ours(unique_names(own.column_names))))
    rows = pa.array(np.arange(1, table.num_rows + 1), pa.int64())
    whole = own.append_column(WKB, shapes).append_column(ROW, rows)
    return rows_of_types(whole, subset) if subset else whole, {"crs": about["crs"]}


def _without_dictionaries(table: Any) -> Any:
    """Return the table with every value written out, so that what is small here is not large elsewhere."""
    import pyarrow as pa

    for i, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(i, table.column_names[i], column.cast(column.type.value_type))
    return table


def _open(source: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(source)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Fault("unreadable", detail=short(error)) from error


def _about(file: Any) -> dict[str, Any]:
    """Return name, encoding and CRS of the geometry, and the columns that only hold its boxes."""
    schema = file.schema_arrow
    said = (schema.metadata or {}).get(b"geo")
    if said is None:
        return _guessed(schema)
    try:
        geo = json.loads(said)
        name = str(geo["primary_column"])
        column = geo["columns"][name]
        crs = column.get("crs", DEFAULT_CRS)
        covering = column.get("covering", {}).get("bbox", {})
        return {
            "name": name if name in schema.names else "",
            "encoding": str(column.get("encoding", "WKB")).lower(),
            "crs": "" if crs is None else crs if isinstance(crs, str) else json.dumps(crs),
            "covering": {str(path[0]) for path in covering.values()},
            "types": [str(kind) for kind in column.get("geometry_types", ())],
        }
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Fault("unreadable", detail="geo metadata") from error


def _guessed(schema: Any) -> dict[str, Any]:
    """Return what is known of a Parquet file without metadata: a column of bytes by its name."""
    import pyarrow as pa

    guess = {"name": "", "encoding": "wkb", "crs": "", "covering": (), "types": []}
    for column in schema:
        binary = pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        if binary and column.name.lower() in GUESSED_NAMES:
            return guess | {"name": column.name}
    return guess


def _family(about: dict[str, Any]) -> str:
    if not about["name"]:
        return formats.TABLE
    families = {formats.geometry_family(kind) for kind in about["types"] or [about["encoding"]]}
    return families.pop() if len(families) == 1 else formats.ANY


def _wkb(column: Any, encoding: str) -> Any:
    """Return a column of geometries as WKB."""
    import pyarrow as pa

    if isinstance(column.type, pa.ExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if encoding == "wkb":
        return column.cast(pa.binary())
    if encoding not in DIMENSIONS:
        raise Fault("unreadable", detail=f"geometry encoding {encoding[:40]}")
    return _from_lists(column, encoding)


def _from_lists(column: Any, encoding: str) -> Any:
    """Return geometries that are stored as lists of coordinates as WKB."""
    import numpy as np
    import pyarrow as pa
    import shapely

    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    offsets = []
    for _ in range(DIMENSIONS[encoding]):
        offsets.append(array.offsets.to_numpy())
        array = array.values
    axes = [array.field(name).to_numpy(zero_copy_only=False) for name in ("x", "y")]
    kind = shapely.GeometryType[encoding.upper()]
    shapes = shapely.from_ragged_array(
        kind, np.column_stack(axes).astype(float), tuple(reversed(offsets)) or None
    )
    shapes[missing] = None
    return pa.array(list(shapely.to_wkb(shapes)), pa.binary())
