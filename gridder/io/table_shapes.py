"""Shapes in a table: a column of WKT, or two of coordinates; runs in the guarded child."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gridder.io import formats, wkb
from gridder.io.fault import Fault
from gridder.io.handover import ROW, WKB, write_rows
from gridder.io.headings import folded

WKT_HEADERS = frozenset(
    folded(name)
    for name in ("wkt", "geometry", "geom", "the_geom", "shape", "wkt_geom", "几何", "图形", "边界")
)
X_HEADERS = ("lon", "lng", "long", "longitude", "x", "经度", "东坐标", "横坐标")
Y_HEADERS = ("lat", "latitude", "y", "纬度", "北坐标", "纵坐标")
WKT_STARTS = ("POINT", "MULTI", "LINE", "POLYGON", "GEOMETRYCOLLECTION", "SRID=")
SAMPLE = 50


def with_shapes(answer: dict[str, Any], request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the answer about a table with its shapes as geometry, where shapes are wanted.

    Raises
    ------
    Fault
        When areas or lines are wanted and no column has any.
    """
    family = request["family"]
    if request["list_only"] or family == formats.POINTS:
        return answer
    table = _rows(folder)
    name = _wkt_column(table)
    if name:
        shapes, broken = _of_wkt(table.column(name).to_pylist())
    elif family == formats.CROSSINGS and (axes := _coordinate_columns(table.column_names)):
        shapes, broken = _of_coordinates(table, *axes)
    elif family == formats.ANY:
        return answer
    else:
        raise Fault("no-shapes-in-table")
    own = table.drop_columns([name]) if name else table
    write_rows(own.append_column(WKB, shapes), folder)
    rows = [int(row) for row in table.column(ROW).to_numpy()[broken]]
    note = {"kind": "unreadable-wkt", "rows": rows, "facts": {"n": len(rows)}}
    return answer | {"notes": [*answer.get("notes", ()), *([note] if rows else [])]}


def families_of(names: Sequence[str | None], rows: Sequence[Sequence[str | None]]) -> frozenset[str]:
    """Return the families of what a table may be read as: a roster always, shapes where it has some.

    Parameters
    ----------
    names
        Headers of the columns.
    rows
        The first rows below them.
    """
    at = next((i for i, name in enumerate(names) if name and folded(name) in WKT_HEADERS), -1)
    if at >= 0 and _is_wkt(row[at] for row in rows[:SAMPLE] if at < len(row)):
        return frozenset([formats.POINTS, formats.POLYGONS, formats.LINES, formats.CROSSINGS])
    if _coordinate_columns([name for name in names if name]):
        return frozenset([formats.POINTS, formats.CROSSINGS])
    return frozenset([formats.POINTS])


def _rows(folder: Path) -> Any:
    """Return the rows that were written; read whole, as they are written anew."""
    import pyarrow as pa

    with (folder / "table.arrow").open("rb") as file:
        return pa.ipc.open_file(file).read_all()


def _wkt_column(table: Any) -> str:
    """Return the column that holds WKT: by its header, and by what stands in it."""
    for name in table.column_names:
        if folded(name) not in WKT_HEADERS:
            continue
        if not table.num_rows or _is_wkt(table.column(name).drop_null().slice(0, SAMPLE).to_pylist()):
            return str(name)
    return ""


def _is_wkt(sample: Iterable[str | None]) -> bool:
    return any((text or "").strip().upper().startswith(WKT_STARTS) for text in sample)


def _coordinate_columns(names: Sequence[str]) -> tuple[str, str] | None:
    by_header = {folded(name): name for name in reversed(names)}
    x, y = (
        next((by_header[name] for name in map(folded, headers) if name in by_header), None)
        for headers in (X_HEADERS, Y_HEADERS)
    )
    return (x, y) if x and y else None


def _of_wkt(texts: list[str | None]) -> tuple[Any, Any]:
    """Return WKB of texts, and which of them are no shape."""
    import numpy as np
    import pyarrow as pa
    import shapely

    shapes = wkb.parse_wkt(texts)
    given = np.array([text is not None for text in texts], dtype=bool)
    return pa.array(list(shapely.to_wkb(shapes)), pa.binary()), given & shapely.is_missing(shapes)


def _of_coordinates(table: Any, x: str, y: str) -> tuple[Any, Any]:
    """Return WKB of points, and which rows have coordinates that are no numbers."""
    import numpy as np
    import pyarrow as pa
    import shapely

    xy = np.array([[_number(text) for text in table.column(name).to_pylist()] for name in (x, y)])
    known = np.isfinite(xy).all(axis=0)
    points = np.full(table.num_rows, None, dtype=object)
    points[known] = shapely.points(xy[0, known], xy[1, known])
    return pa.array(list(shapely.to_wkb(points)), pa.binary()), ~known


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
