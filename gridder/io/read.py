"""Read units, zones and barriers; every fault of a file is named, every repair recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError
from gridder.geometry.validity import Polygons, flat, plausible, to_polygons
from gridder.io import formats
from gridder.io.columns import (
    UNIT_ROLES,
    WHEREABOUTS,
    ZONE_ROLES,
    find_columns,
    or_none,
    personal_columns,
    said,
    tells_apart,
    texts,
)
from gridder.io.crs_check import crs_faults, crs_remarks
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location
from gridder.model import (
    IN_MEMORY,
    Barriers,
    Bools,
    Bridges,
    Finding,
    Geometries,
    Layer,
    Source,
    Text,
    Units,
    Zones,
)
from gridder.progress import Progress, silent


def read_units(
    path: str | Path | Location,
    *,
    layer: Layer,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    progress: Progress = silent,
) -> Units:
    """Read fields or buildings.

    Parameters
    ----------
    path
        `FILE|layername=…|subset=…|crs=…|encoding=…`, in a format of docs/files.md.
    layer
        `field` or `building`.
    columns
        Roles (`unit_id`, `compound`, `building`, `stairwell`, `households`, `date`) to names of columns,
        where the guess by header is wrong.
    keep
        Columns to keep although they look as if they named a person.
    progress
        Told about stage `read`.

    Raises
    ------
    InputError
        With all that is wrong with the file.
    """
    progress("read", 0.0)
    rows = read_layer(path, family=formats.POLYGONS)
    return units_from_rows(rows, layer=layer, columns=columns, keep=keep)


def units_from_frame(
    frame: gpd.GeoDataFrame,
    *,
    layer: Layer,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
) -> Units:
    """Return the units of a GeoDataFrame, checked like a file.

    Raises
    ------
    InputError
        With all that is wrong with it.
    """
    return units_from_rows(rows_of_frame(frame), layer=layer, columns=columns, keep=keep)


def rows_of_frame(frame: pd.DataFrame) -> LayerRows:
    """Return the rows of a table as if they had been read; geometries are the active ones of a GeoDataFrame.

    Raises
    ------
    InputError
        Where columns share a name.
    """
    names = frame.columns.map(str)
    repeated = names[names.duplicated()].unique()
    if len(repeated):
        raise InputError([_repeated_columns(repeated)])
    geometries, crs, own = np.full(len(frame), None, dtype=object), None, frame.set_axis(names, axis=1)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        geometries, crs = frame.geometry.to_numpy().astype(object), frame.crs
        own = own.drop(columns=frame.active_geometry_name)
    return LayerRows(
        geometries=geometries,
        rows=np.arange(1, len(frame) + 1),
        attributes=pd.DataFrame(own).reset_index(drop=True),
        crs=crs,
        source=Source(IN_MEMORY, crs=crs.to_string() if crs else "", n_rows=len(frame)),
        findings=(),
        facts={},
    )


def _repeated_columns(names: Iterable[str]) -> Finding:
    listed = ", ".join(names)
    return Finding(
        "repeated-column",
        Text(f"several columns have the same name: {listed}", f"列名重复：{listed}"),
        IN_MEMORY,
        remedy=Text("give every column a name of its own", "请使每列的名称唯一"),
    )


def units_from_rows(
    rows: LayerRows,
    *,
    layer: Layer,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
) -> Units:
    """Return the units of a layer that was read."""
    faults: list[Finding] = []
    roles: dict[str, str] = {}
    try:
        roles = unit_columns(rows, columns)
    except InputError as error:
        faults += error.faults
    polygons = to_polygons(rows.geometries)
    faults += polygon_faults(rows, polygons)
    if faults:
        raise InputError(faults)
    kept = ~shapely.is_missing(polygons.geoms)
    attributes = rows.attributes[kept].reset_index(drop=True)
    personal = [name for name in personal_columns(attributes) if name not in keep]
    findings = [*rows.findings, *polygon_repairs(rows, polygons), *_personal(personal, rows.source)]
    ids = text_ids(attributes[roles["unit_id"]]) if "unit_id" in roles else None
    blank = np.array([own is None for own in ids or []], dtype=bool)
    if blank.any():
        what = Text(
            "{n} [area has|areas have] no number in column {name} and [is|are] named by the row",
            "{n} 个图形在列“{name}”中没有编号，改以行号命名",
        ).format(n=int(blank.sum()), name=roles["unit_id"])
        findings.append(finding("blank-id", what, rows.source, rows.rows[kept][blank]))
    frame = gpd.GeoDataFrame(
        {"unit_id": _filled_ids(ids, rows.rows[kept]), "row": rows.rows[kept]},
        geometry=polygons.geoms[kept],
        crs=rows.crs,
    )
    return Units(
        frame=frame,
        layer=layer,
        attributes=attributes.drop(columns=personal),
        columns={role: name for role, name in roles.items() if name not in personal},
        source=rows.source,
        repairs=tuple(findings),
        whereabouts=pd.DataFrame(
            {role: or_none(said(attributes[roles[role]])) for role in WHEREABOUTS if role in roles},
            index=attributes.index,
        ),
    )


def unit_columns(rows: LayerRows, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the columns of a layer of units by role.

    A guessed id must tell units apart: a column that is the same in most rows is none, whatever its name.
    """
    headers = rows.attributes.columns
    telling = [name for name in headers if tells_apart(rows.attributes[name])]
    roles = find_columns(headers, UNIT_ROLES, given, rows.source)
    if "unit_id" not in (given or {}):
        roles.pop("unit_id", None)
        roles |= {
            role: name
            for role, name in find_columns(telling, UNIT_ROLES, None, rows.source).items()
            if role == "unit_id"
        }
    return roles


def text_ids(column: pd.Series[Any]) -> list[str | None]:
    """Return ids as text: whole numbers without a point, blanks missing."""
    return or_none(texts(column)).tolist()


def _filled_ids(ids: list[str | None] | None, rows: np.ndarray) -> list[str]:
    """Return an id for every unit: its own, else its row number."""
    if ids is None:
        return [str(row) for row in rows]
    return [own if own is not None else f"row {row}" for own, row in zip(ids, rows, strict=True)]


def polygon_faults(rows: LayerRows, polygons: Polygons) -> list[Finding]:
    """Return what makes the polygons of a layer unusable."""
    faults: list[Finding] = []
    if polygons.absurd.any():
        faults.append(_absurd(rows, polygons.absurd))
    empty = no_rows_fault(rows)
    if empty:
        return [*faults, empty]
    if shapely.is_missing(polygons.geoms).all():
        what = Text("there is no polygon in the layer", "图层中没有面")
        remedy = Text("give a layer of areas", "请提供面图层")
        return [*faults, finding("no-polygons", what, rows.source, remedy=remedy)]
    return [*faults, *crs_faults(rows, polygons.geoms)]


def _absurd(rows: LayerRows, absurd: Bools) -> Finding:
    what = Text(
        "{n} [shape has|shapes have] coordinates that are no place on earth",
        "{n} 个图形的坐标超出合理范围",
    ).format(n=int(absurd.sum()))
    remedy = Text("correct or delete these rows", "请改正或删除这些行")
    return finding("absurd-coordinates", what, rows.source, rows.rows[absurd], remedy)


def polygon_repairs(rows: LayerRows, polygons: Polygons) -> list[Finding]:
    """Return the record of everything that was repaired or dropped; open lines that are told already are not told again."""
    open_lines = {row for found in rows.findings if found.kind == "open-lines" for row in found.rows}
    told: tuple[tuple[str, Bools, Text, Text], ...] = (
        (
            "null-geometry",
            polygons.missing,
            Text("{n} [row|rows] without a shape [was|were] left out", "{n} 行没有图形，未使用"),
            Text("draw or delete", "请补绘或删除"),
        ),
        (
            "collapsed",
            polygons.collapsed,
            Text(
                "{n} [area has no width and was|areas have no width and were] left out",
                "{n} 个面没有宽度（坍缩为线），未使用",
            ),
            Text("draw anew or delete", "请重新绘制或删除"),
        ),
        (
            "other-geometry",
            polygons.other_kind & ~np.isin(rows.rows, list(open_lines)),
            Text(
                "{n} [row is a point or a line and was|rows are points or lines and were] left out",
                "{n} 行是点或线，未使用",
            ),
            Text("give only areas", "请只提供面"),
        ),
        (
            "invalid-repaired",
            polygons.repaired,
            Text(
                "{n} invalid [area|areas] (with crossing or overlapping outlines) [was|were] repaired",
                "{n} 个无效面（自相交等）已修复",
            ),
            Text("look at the map", "请在地图上核对"),
        ),
        (
            "flattened",
            polygons.flattened,
            Text("heights or measures of {n} [shape|shapes] were dropped", "{n} 个图形的高程或量测值已去除"),
            Text("", ""),
        ),
        (
            "mixed-geometry",
            polygons.mixed,
            Text(
                "points or lines beside the areas of {n} [row|rows] were dropped",
                "{n} 行中面以外的点、线已去除",
            ),
            Text("", ""),
        ),
    )
    repairs = [
        finding(kind, what.format(n=int(mask.sum())), rows.source, rows.rows[mask], remedy)
        for kind, mask, what, remedy in told
        if mask.any()
    ]
    return [*repairs, *crs_remarks(rows, polygons.geoms)]


def _personal(names: Iterable[str], source: Source) -> list[Finding]:
    listed = ", ".join(names)
    if not listed:
        return []
    what = Text(
        f"columns that look as if they named a person were left out: {listed}",
        f"疑似含个人信息的列未使用：{listed}",
    )
    remedy = Text("keep one with --keep-column NAME", "如需保留：--keep-column 列名")
    return [finding("identifying-column", what, source, remedy=remedy)]


def read_zones(*paths: str | Path | Location, columns: Mapping[str, str] | None = None) -> Zones:
    """Read zones from one or several layers; all are brought to the CRS of the first.

    Raises
    ------
    InputError
        With all that is wrong with the files.
    """
    layers = _each(paths, lambda path: read_layer(path, family=formats.POLYGONS))
    return zones_from_rows(layers, columns=columns)


def zones_from_rows(layers: Sequence[LayerRows], *, columns: Mapping[str, str] | None = None) -> Zones:
    """Return the zones of layers that were read."""
    _refuse_no_layer(layers, Text("zones", "片区"))
    frames: list[gpd.GeoDataFrame] = []
    repairs: list[Finding] = []
    faults: list[Finding] = []
    for rows in layers:
        polygons = to_polygons(rows.geometries)
        faults += polygon_faults(rows, polygons)
        repairs += [*rows.findings, *polygon_repairs(rows, polygons)]
        try:
            roles = find_columns(rows.attributes.columns, ZONE_ROLES, columns, rows.source)
        except InputError as error:
            faults += error.faults
            continue
        kept = ~shapely.is_missing(polygons.geoms)
        blank: list[str | None] = [None] * int(kept.sum())
        names = text_ids(rows.attributes[roles["name"]][kept]) if "name" in roles else blank
        codes = text_ids(rows.attributes[roles["code"]][kept]) if "code" in roles else blank
        frames.append(
            gpd.GeoDataFrame(
                {
                    "zone": [
                        name or code or f"zone {row}"
                        for name, code, row in zip(names, codes, rows.rows[kept], strict=True)
                    ],
                    "code": [code or "" for code in codes],
                    "row": rows.rows[kept],
                },
                geometry=polygons.geoms[kept],
                crs=rows.crs,
            )
        )
    if faults:
        raise InputError(faults)
    return Zones(_stacked(frames), tuple(rows.source for rows in layers), tuple(repairs))


def read_barriers(*paths: str | Path | Location) -> Barriers:
    """Read barriers from one or several layers: lines, or areas by their outlines.

    Raises
    ------
    InputError
        With all that is wrong with the files.
    """
    return barriers_from_rows(_each(paths, lambda path: read_layer(path, family=formats.LINES)))


def read_bridges(*paths: str | Path | Location) -> Bridges:
    """Read crossings over barriers from one or several layers: points, or lines from bank to bank.

    Raises
    ------
    InputError
        With all that is wrong with the files.
    """
    return bridges_from_rows(_each(paths, lambda path: read_layer(path, family=formats.CROSSINGS)))


def bridges_from_rows(layers: Sequence[LayerRows]) -> Bridges:
    """Return the crossings of layers that were read."""
    _refuse_no_layer(layers, Text("bridges", "桥梁"))
    frame, repairs = _linear(
        layers,
        lambda geometries: (geometries, shapely.get_dimensions(geometries) > 1),
        Text("{n} [row|rows] without a point or a line [was|were] left out", "{n} 行没有点或线，未使用"),
    )
    return Bridges(frame, tuple(rows.source for rows in layers), repairs)


def barriers_from_rows(layers: Sequence[LayerRows]) -> Barriers:
    """Return the barriers of layers that were read."""
    _refuse_no_layer(layers, Text("barriers", "障碍线"))
    frame, repairs = _linear(
        layers,
        _lines,
        Text("{n} [row|rows] without a line or an area [was|were] left out", "{n} 行没有线或面，未使用"),
    )
    return Barriers(frame, tuple(rows.source for rows in layers), repairs)


def _linear(
    layers: Sequence[LayerRows], wanted: Callable[[Geometries], tuple[Geometries, Bools]], left_out: Text
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the geometries of layers and what was left out.

    Parameters
    ----------
    wanted
        Makes geometries what is wanted, and tells which rows are not.
    left_out
        What to tell of these and of rows without a geometry.
    """
    frames: list[gpd.GeoDataFrame] = []
    repairs: list[Finding] = []
    faults: list[Finding] = []
    for rows in layers:
        absurd = ~plausible(rows.geometries)
        if absurd.any():
            faults.append(_absurd(rows, absurd))
            continue
        geoms, other = wanted(flat(rows.geometries))
        without = other | shapely.is_missing(geoms) | shapely.is_empty(geoms)
        geoms[without] = None
        faults += crs_faults(rows, geoms)
        repairs += [*rows.findings, *crs_remarks(rows, geoms)]
        if without.any():
            what = left_out.format(n=int(without.sum()))
            repairs.append(finding("null-geometry", what, rows.source, rows.rows[without]))
        frames.append(gpd.GeoDataFrame({"row": rows.rows[~without]}, geometry=geoms[~without], crs=rows.crs))
    if faults:
        raise InputError(faults)
    return _stacked(frames), tuple(repairs)


def _lines(geometries: Geometries) -> tuple[Geometries, Bools]:
    """Return lines, outlines for areas, and which rows have neither."""
    areas = shapely.get_dimensions(geometries) == 2
    geometries[areas] = shapely.boundary(geometries[areas])
    return geometries, shapely.get_dimensions(geometries) != 1


def _each(
    paths: Sequence[str | Path | Location], read: Callable[[str | Path | Location], LayerRows]
) -> list[LayerRows]:
    """Read every path and raise the faults of all together."""
    layers: list[LayerRows] = []
    faults: list[Finding] = []
    for path in paths:
        try:
            layers.append(read(path))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return layers


def _refuse_no_layer(layers: Sequence[LayerRows], of: Text) -> None:
    if not layers:
        what = Text(f"no file of {of.en} is given", f"没有给出{of.zh}文件")
        remedy = Text("give at least one, or leave them out", "请至少给出一个文件，或不使用")
        raise InputError([Finding("no-file", what, remedy=remedy)])


def _stacked(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    same = [frames[0], *(frame.to_crs(frames[0].crs) for frame in frames[1:])]
    return gpd.GeoDataFrame(pd.concat(same, ignore_index=True), crs=frames[0].crs)
