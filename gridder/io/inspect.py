"""Look at a file: what it holds, the columns that would be used, and every problem with its remedy."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np

from gridder.errors import InputError
from gridder.geometry.candidates import crs_name
from gridder.geometry.coverage import resolve
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.validity import to_polygons
from gridder.io import formats
from gridder.io.columns import (
    MEMBER_ROLES,
    ZONE_ROLES,
    find_columns,
)
from gridder.io.crs_check import crs_faults, crs_remarks
from gridder.io.guard import ask, limits_of_reading
from gridder.io.inspection import Inspection, LayerInspection
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location, parse_location
from gridder.io.members import members_from_rows
from gridder.io.metres import metre_layers
from gridder.io.preview import previews_of
from gridder.io.read import polygon_faults, polygon_repairs, unit_columns, units_from_rows
from gridder.model import NO_TEXT, Finding, Text
from gridder.units.settle import mended

_NOT_APART = {
    "repeated-id": (
        Text("{n} [area shares its|areas share their] number with another", "{n} 个图形的编号与其他图形重复"),
        Text(
            "in a plan they are told apart as NUMBER#1, NUMBER#2; check the numbers",
            "方案中以“编号#1、编号#2”区分，请核对编号",
        ),
    ),
    "duplicate": (
        Text("{n} [area has|areas have] the very shape of another", "{n} 个图形与另一个图形完全相同"),
        Text(
            "in a plan only the one with the smallest number stays; delete the others if they are old",
            "方案中只保留编号最小的一个；如为旧数据请删除",
        ),
    ),
    "swallowed": (
        Text("{n} [area lies|areas lie] wholly under others", "{n} 个图形完全被其他图形覆盖"),
        Text(
            "in a plan they have no land of their own; delete them if they are from an older survey",
            "方案中它们没有自己的土地；如为旧一轮调查的数据请删除",
        ),
    ),
    "overlap": (
        Text(
            "{n} [area overlaps|areas overlap] smaller ones, by {m2:,.0f} m² in all",
            "{n} 个图形与较小的图形重叠，共 {m2:,.0f} 平方米",
        ),
        Text(
            "in a plan the smaller one gets what both cover, or the newer one where a column of dates is named: "
            "--map-column fields.date=COLUMN",
            "方案中重叠部分归较小的图形；如有日期列，可归较新的图形：--map-column fields.date=列名",
        ),
    ),
}
"""What is noticed about areas that do not lie side by side, and what a plan makes of it."""

COORDINATES = frozenset(["lon", "point", "field_lon", "field_point"])
"""Roles of a roster that tell where somebody lives or farms."""

Noticed = tuple[Sequence[Finding], Sequence[Finding]]
"""Faults, and remarks."""


def inspect(path: str | Path | Location, *, coordinates: str = "", region: str = "") -> Inspection:
    """Look at a file, or at one layer of it where the path names one.

    Parameters
    ----------
    path
        In the syntax of `gridder.io.location`.
    coordinates, region
        What holds where the path says nothing of it.

    Raises
    ------
    InputError
        When the file cannot be opened at all.
    """
    location = parse_location(path)
    location = replace(
        location,
        coordinates=location.coordinates or coordinates,
        region=location.region or region,
    )
    listed = ask(location, list_only=True)
    names = [layer["name"] for layer in listed.facts["layers"]]
    wanted = [location.layername] if location.layername else names
    most = limits_of_reading().layers
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        layers = pool.map(lambda name: _inspect_layer(location, name), wanted[:most])
        return Inspection(location, list(layers), wanted[most:])


def _inspect_layer(location: Location, name: str) -> LayerInspection:
    rows = read_layer(replace(location, layername=name), family=formats.ANY)
    types = Counter(str(kind) for kind in gpd.GeoSeries(rows.geometries).geom_type.dropna())
    polygonal = any("Polygon" in kind or "Collection" in kind for kind in types)
    faults, remarks = _of_units(rows) if polygonal else _of_others(rows, types)
    roles = _roles(rows, types, polygonal=polygonal)
    preview, readings = previews_of(rows, of_people="members" in roles)
    return LayerInspection(
        name=rows.source.layername,
        n_rows=len(rows.rows),
        geometry_types=dict(sorted(types.items())),
        crs=rows.source.crs,
        crs_name=crs_name(rows.crs) if rows.crs is not None else NO_TEXT,
        in_degrees=_in_degrees(rows, roles.get("members", {})),
        encoding=rows.source.encoding,
        encoding_origin=rows.facts["encoding_origin"],
        area_m2=_area_m2(rows) if polygonal else None,
        roles=roles,
        columns=[str(column) for column in rows.attributes.columns],
        preview=preview,
        faults=faults,
        remarks=remarks,
        readings=readings,
    )


def _of_units(rows: LayerRows) -> Noticed:
    """Return what reading these areas as units would refuse or repair, overlaps and repeated ids included."""
    polygons = to_polygons(rows.geometries)
    faults = polygon_faults(rows, polygons)
    if faults:
        return faults, [*rows.findings, *polygon_repairs(rows, polygons)]
    units = units_from_rows(rows, layer="field")
    remarks = list(units.repairs)
    frame = LocalFrame.of([units.frame.geometry])
    coverage = resolve(mended(frame.to_local(units.frame.geometry)))
    where = units.frame["row"].to_numpy()
    repeated = units.frame["unit_id"].duplicated(keep=False).to_numpy()
    for kind, at in (
        ("repeated-id", np.flatnonzero(repeated)),
        ("duplicate", coverage.duplicates),
        ("swallowed", coverage.swallowed),
        ("overlap", np.unique(coverage.giver)),
    ):
        if len(at):
            what, remedy = _NOT_APART[kind]
            text = what.format(n=len(at), m2=float(coverage.m2.sum()))
            remarks.append(finding(kind, text, rows.source, where[at], remedy))
    return [], remarks


def _of_others(rows: LayerRows, types: Collection[str]) -> Noticed:
    """Return what reading these points, lines or table rows would refuse or notice."""
    empty = no_rows_fault(rows)
    if empty:
        return [empty], rows.findings
    if any("Line" in kind for kind in types):
        return crs_faults(rows, rows.geometries), [*rows.findings, *crs_remarks(rows, rows.geometries)]
    try:
        return [], members_from_rows(rows).repairs
    except InputError as error:
        return error.faults, rows.findings


def _in_degrees(rows: LayerRows, roles: Mapping[str, str]) -> bool:
    if rows.crs is not None:
        return bool(rows.crs.is_geographic)
    return not COORDINATES.isdisjoint(roles) and not metre_layers(rows, roles)


def _area_m2(rows: LayerRows) -> float | None:
    if rows.crs is None:
        return None
    polygons = to_polygons(rows.geometries)
    if polygon_faults(rows, polygons):
        return None
    return float(np.nansum(areas_m2(gpd.GeoSeries(polygons.geoms, crs=rows.crs))))


def _roles(rows: LayerRows, types: Iterable[str], *, polygonal: bool) -> dict[str, dict[str, str]]:
    headers = rows.attributes.columns
    if polygonal:
        return {
            "units": unit_columns(rows),
            "zones": find_columns(headers, ZONE_ROLES, None, rows.source),
        }
    if any("Line" in kind for kind in types):
        return {}
    return {"members": find_columns(headers, MEMBER_ROLES, None, rows.source)}
