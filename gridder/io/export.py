"""A view as one file for other programs: GeoPackage, GeoJSON, KML, zipped shapefile, Excel table."""

from __future__ import annotations

import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gridder.io import words
from gridder.io.draft import draft_of
from gridder.io.features import COLLECTIONS, features_of
from gridder.io.xlsx import MOST_ROWS, Cell, Row, Sheet, sheet_names, text_width, write_workbook
from gridder.model import PlanView, Text

Format = Literal["gpkg", "geojson", "kml", "shp", "xlsx"]

EXPORTS: Mapping[Format, tuple[str, str]] = {
    "gpkg": (".gpkg", "application/geopackage+sqlite3"),
    "geojson": (".geojson", "application/geo+json"),
    "kml": (".kml", "application/vnd.google-earth.kml+xml"),
    "shp": (".shp.zip", "application/zip"),
    "xlsx": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""Ending of the file's name and media type of every format."""

LAYER_NAMES = {"grids": Text("Grids", "网格"), "units": Text("Fields and buildings", "地块与楼栋")}
HEADS = {
    "grid_id": Text("Grid id", "网格标识"),
    "unit_id": Text("Field or building", "地块或楼栋"),
    "code": Text("Code", "编码"),
    "number": Text("Number", "序号"),
    "layer": Text("Layer", "图层"),
    "zone": Text("Zone", "片区"),
    "size": Text("Size", "规模"),
    "target": Text("Target", "目标"),
    "deviation": Text("Deviation", "偏差"),
    "n_units": Text("Fields or buildings", "地块或楼栋数"),
    "n_members": Text("Members", "成员数"),
    "area_ha": Text("Area in ha", "面积（公顷）"),
    "polsby_popper": Text("Compactness (4πA/P²)", "紧凑度（4πA/P²）"),
    "within_bounds": Text("In bounds", "符合规模"),
    "contiguous": Text("Contiguous", "连片"),
    "reason": Text("Why out of bounds", "超出范围的原因"),
    "kind": Text("Kind", "类别"),
    "suppressed": Text("Counts hidden", "人数不予显示"),
}
SHAPEFILE_NAMES = {"polsby_popper": "compact", "within_bounds": "in_bounds"}
"""Names of the properties whose own has more than the 10 characters of a shapefile."""

_LON_LAT = "EPSG:4326"
_MOST_BYTES = 254
"""Of a text in a shapefile."""
_WIDEST = 48
_DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}
_YES_NO = {True: Text("yes", "是"), False: Text("no", "否")}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 does not know."""


def write_export(view: PlanView, path: str | os.PathLike[str], *, format: Format) -> None:  # noqa: A002  (the plain word)
    """Write a view as one file, whole or not at all.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`; nothing else gets into the file.
    path
        File to make or replace; `EXPORTS` names the ending that other programs expect.
    format
        `gpkg` and `shp` hold the layers `grids` and `units`, `xlsx` a sheet of each, `geojson` and
        `kml` the grids.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    with draft_of(Path(path)) as draft:
        _WRITERS[format](view, draft)


def _write_gpkg(view: PlanView, path: Path) -> None:
    for name in COLLECTIONS:
        _write_layer(_frame(view, name), path, name, driver="GPKG", append=path.exists())


def _write_geojson(view: PlanView, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type":"FeatureCollection","features":[\n')
        for number, text in enumerate(features_of(view, "grids").texts()):
            stream.write(",\n" * bool(number) + text)
        stream.write("\n]}\n")


def _write_shp(view: PlanView, path: Path) -> None:
    for name in COLLECTIONS:
        frame = _frame(view, name)
        for column in frame.select_dtypes("str").columns:
            frame[column] = frame[column].map(_shortened, na_action="ignore")
        shapefile = path.with_name(f"{name}.shp")
        _write_layer(
            frame.rename(columns=SHAPEFILE_NAMES), shapefile, name, driver="ESRI Shapefile", encoding="UTF-8"
        )
    parts = sorted(path.parent.iterdir())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part in parts:
            package.write(part, part.name)
        package.writestr("README.txt", _readme().encode("utf-8-sig"))


def _write_kml(view: PlanView, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(_kml(view))


def _write_xlsx(view: PlanView, path: Path) -> None:
    write_workbook(path, _sheets(view))


_WRITERS: Mapping[Format, Callable[[PlanView, Path], None]] = {
    "gpkg": _write_gpkg,
    "geojson": _write_geojson,
    "kml": _write_kml,
    "shp": _write_shp,
    "xlsx": _write_xlsx,
}


def _frame(view: PlanView, collection: str) -> gpd.GeoDataFrame:
    features = features_of(view, collection)
    kinds = COLLECTIONS[collection]
    columns = {
        name: pd.Series(values, dtype=_DTYPES[kinds[name]]) for name, values in features.columns.items()
    }
    return gpd.GeoDataFrame(columns, geometry=features.shapes, crs=_LON_LAT)


def _write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str, **options: Any) -> None:
    whole = [shapely.MultiPolygon(shapely.get_parts([shape])) for shape in frame.geometry]
    pyogrio.write_dataframe(
        frame.set_geometry(gpd.GeoSeries(whole, index=frame.index, crs=frame.crs)),
        path,
        layer=layer,
        geometry_type="MultiPolygon",
        use_arrow=True,
        **options,
    )


def _shortened(text: str) -> str:
    return text.encode()[:_MOST_BYTES].decode(errors="ignore")


def _readme() -> str:
    lines = [
        "字段名 / names of the fields (UTF-8, EPSG:4326)",
        f"文字最长 {_MOST_BYTES} 字节，超出部分截去。Texts are cut to {_MOST_BYTES} bytes.",
        "空值：没有数据或不予显示。Missing values: not known, or hidden (suppressed).",
    ]
    for collection, kinds in COLLECTIONS.items():
        lines += ["", f"{collection}.shp – {_both(LAYER_NAMES[collection])}"]
        for name in kinds:
            short = SHAPEFILE_NAMES.get(name, name)
            lines.append(f"  {short:<10}  {_both(HEADS[name])}" + (f" ({name})" if short != name else ""))
    return "\r\n".join([*lines, ""])


def _both(text: Text) -> str:
    """Return a text in both languages, or once where they agree."""
    return text.zh if text.zh == text.en else f"{text.zh} {text.en}"


def _kml(view: PlanView) -> Iterator[str]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{_both(LAYER_NAMES['grids'])}</name>\n"
        '<Style id="in"><LineStyle><color>ff5a4a1f</color><width>2</width></LineStyle>'
        "<PolyStyle><color>4db4a05a</color></PolyStyle></Style>\n"
        '<Style id="out"><LineStyle><color>ff1e26b3</color><width>3</width></LineStyle>'
        "<PolyStyle><color>4d1e26b3</color></PolyStyle></Style>\n"
    )
    features = features_of(view, "grids")
    rows = [
        dict(zip(features.columns, row, strict=True)) for row in zip(*features.columns.values(), strict=True)
    ]
    for layer in view.sizes:
        placemarks = [
            _placemark(row, shape, view)
            for row, shape in zip(rows, features.shapes, strict=True)
            if row["layer"] == layer
        ]
        if placemarks:
            yield f"<Folder><name>{_both(words.LAYERS[layer])}</name>\n"
            yield from placemarks
            yield "</Folder>\n"
    yield "</Document></kml>\n"


def _placemark(row: Mapping[str, Any], shape: shapely.Geometry, view: PlanView) -> str:
    said = {name: _readable(name, value, row, view) for name, value in row.items()}
    data = "".join(
        f'<Data name="{name}"><displayName>{_both(HEADS[name])}</displayName><value>{_xml(text)}</value></Data>'
        for name, text in said.items()
        if text
    )
    polygons = "".join(_kml_polygon(part) for part in shapely.get_parts([shape]))
    return (
        f"<Placemark><name>{_xml(row['code'])}</name><styleUrl>#{'out' if row['within_bounds'] is False else 'in'}</styleUrl>"
        f"<ExtendedData>{data}</ExtendedData><MultiGeometry>{polygons}</MultiGeometry></Placemark>\n"
    )


def _readable(name: str, value: Any, row: Mapping[str, Any], view: PlanView) -> str:
    """Return a value as the balloon says it; missing ones as nothing."""
    if value is None:
        return ""
    if name == "deviation":
        return f"{100 * value:+.1f} %"
    if name in {"size", "target"}:
        of = view.sizes[row["layer"]]["of"]
        return f"{words.number(value)} {_both(words.word(words.SIZES, of))}"
    said = _in_words(name, value)
    return said if isinstance(said, str) else words.number(said or 0)


def _in_words(name: str, value: Any) -> Cell:
    """Return slugs and truth values in words, numbers and texts as they are."""
    if isinstance(value, bool):
        return _both(_YES_NO[value])
    if name == "layer":
        return _both(words.LAYERS[value])
    if name == "zone":
        return _both(words.zone(value))
    if name == "reason":
        return _both(words.word(words.OUT_OF_BOUNDS, value)) if value else None
    cell: Cell = value
    return cell


def _xml(text: str) -> str:
    """Return a text for XML; programs take a balloon's text for HTML, so that no `<` may be in it."""
    return escape(_CONTROL.sub("", text).replace("<", "＜"))


def _kml_polygon(polygon: shapely.Polygon) -> str:
    outer = f"<outerBoundaryIs>{_kml_ring(polygon.exterior)}</outerBoundaryIs>"
    inner = "".join(f"<innerBoundaryIs>{_kml_ring(ring)}</innerBoundaryIs>" for ring in polygon.interiors)
    return f"<Polygon>{outer}{inner}</Polygon>"


def _kml_ring(ring: shapely.LinearRing) -> str:
    points = " ".join(f"{x},{y}" for x, y in shapely.get_coordinates(ring).tolist())
    return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"


def _sheets(view: PlanView) -> Iterator[Sheet]:
    for collection in COLLECTIONS:
        features = features_of(view, collection)
        columns = [[_in_words(name, value) for value in values] for name, values in features.columns.items()]
        heads = [f"{HEADS[name].zh}\n{HEADS[name].en}" for name in features.columns]
        widths = [_width(head, column) for head, column in zip(heads, columns, strict=True)]
        title = _both(LAYER_NAMES[collection])
        starts = range(0, max(len(features.ids), 1), MOST_ROWS)
        for name, start in zip(sheet_names([LAYER_NAMES[collection].zh] * len(starts)), starts, strict=True):
            rows = (
                Row(cells, lines=_lines(cells, widths))
                for cells in zip(*(column[start : start + MOST_ROWS] for column in columns), strict=True)
            )
            yield Sheet(name, widths, Row(heads, "header", 3), rows, title)


def _width(head: str, column: list[Cell]) -> float:
    texts = [*head.split("\n"), *(str(cell) for cell in column if cell is not None)]
    return float(min(max(text_width(text) for text in texts), _WIDEST) + 2)


def _lines(cells: tuple[Cell, ...], widths: list[float]) -> int:
    return max(
        math.ceil(text_width(cell) / width) if isinstance(cell, str) and cell else 1
        for cell, width in zip(cells, widths, strict=True)
    )
