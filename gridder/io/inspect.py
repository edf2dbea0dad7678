"""Look at a file: what it holds, the columns that would be used, and every problem with its remedy."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridder.errors import InputError, describe, finding_dict
from gridder.geometry.coverage import resolve
from gridder.geometry.crs import LocalFrame, areas_m2
from gridder.geometry.validity import to_polygons
from gridder.io import formats
from gridder.io.columns import (
    MEMBER_ROLES,
    ZONE_ROLES,
    find_columns,
    personal_columns,
)
from gridder.io.crs_check import crs_faults, crs_remarks
from gridder.io.guard import ask
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location, parse_location
from gridder.io.members import members_from_rows
from gridder.io.read import polygon_faults, polygon_repairs, unit_columns, units_from_rows
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Finding, Lang, Text
from gridder.units.settle import mended

PREVIEW_ROWS = 5
MASK = "***"
IDENTIFYING_ROLES = (
    "member_id",
    "name",
    "phone",
    "id_number",
    "address",
    "lon",
    "lat",
    "field_lon",
    "field_lat",
    "room",
)


@dataclass(frozen=True, eq=False)
class LayerInspection:
    """One layer of a file."""

    name: str
    n_rows: int
    geometry_types: Mapping[str, int]
    crs: str
    crs_name: str
    encoding: str
    area_m2: float | None
    roles: Mapping[str, Mapping[str, str]]
    """By use (`fields or buildings`, `zones`, `members`): role to column."""
    columns: Sequence[str]
    preview: Sequence[Mapping[str, str]]
    problems: Sequence[Finding]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What `gridder inspect` shows of a file."""

    file: str
    layers: Sequence[LayerInspection]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "file": self.file,
            "layers": [
                {
                    "name": layer.name,
                    "rows": layer.n_rows,
                    "geometry_types": dict(layer.geometry_types),
                    "crs": layer.crs,
                    "crs_name": layer.crs_name,
                    "encoding": layer.encoding,
                    "area_ha": None if layer.area_m2 is None else layer.area_m2 / SQUARE_METRES_PER_HA,
                    "area_mu": None if layer.area_m2 is None else layer.area_m2 / SQUARE_METRES_PER_MU,
                    "columns": list(layer.columns),
                    "roles": {use: dict(roles) for use, roles in layer.roles.items()},
                    "preview": [dict(row) for row in layer.preview],
                    "problems": [
                        finding_dict(replace(problem, file="", layername="")) for problem in layer.problems
                    ],
                }
                for layer in self.layers
            ],
        }

    def lines(self, lang: Lang) -> list[str]:
        """Return everything as lines for people."""
        lines = [self.file]
        for layer in self.layers:
            lines += ["", *_layer_lines(layer, lang)]
        return lines


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
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        layers = pool.map(lambda name: _inspect_layer(location, name), wanted)
        return Inspection(location.file, list(layers))


def _inspect_layer(location: Location, name: str) -> LayerInspection:
    rows = read_layer(replace(location, layername=name), family=formats.ANY)
    types = Counter(str(kind) for kind in gpd.GeoSeries(rows.geometries).geom_type.dropna())
    polygonal = any("Polygon" in kind or "Collection" in kind for kind in types)
    problems = _unit_problems(rows) if polygonal else _other_problems(rows, types)
    roles = _roles(rows, types, polygonal=polygonal)
    return LayerInspection(
        name=rows.source.layername,
        n_rows=len(rows.rows),
        geometry_types=dict(sorted(types.items())),
        crs=rows.source.crs,
        crs_name=rows.crs.name if rows.crs is not None else "",
        encoding=rows.source.encoding,
        area_m2=_area_m2(rows) if polygonal else None,
        roles=roles,
        columns=[str(column) for column in rows.attributes.columns],
        preview=_preview(rows.attributes, [] if polygonal else _of_persons(roles)),
        problems=problems,
    )


def _unit_problems(rows: LayerRows) -> list[Finding]:
    """Return what reading these areas as units would repair or refuse, overlaps and repeated ids included."""
    polygons = to_polygons(rows.geometries)
    faults = polygon_faults(rows, polygons)
    problems = [*rows.findings, *faults, *polygon_repairs(rows, polygons)]
    if faults:
        return problems
    units = units_from_rows(rows, layer="field")
    listed = {problem.kind for problem in problems}
    problems += [repair for repair in units.repairs if repair.kind not in listed]
    frame = LocalFrame.of([units.frame.geometry])
    coverage = resolve(mended(frame.to_local(units.frame.geometry)))
    where = units.frame["row"].to_numpy()
    repeated = units.frame["unit_id"].duplicated(keep=False).to_numpy()
    for kind, at, what in (
        (
            "repeated-id",
            np.flatnonzero(repeated),
            Text("{n} units share their id with another", "{n} 个单元编号重复"),
        ),
        (
            "duplicate",
            coverage.duplicates,
            Text("{n} units have the very shape of another", "{n} 个单元与另一个形状完全相同"),
        ),
        (
            "swallowed",
            coverage.swallowed,
            Text("{n} units lie wholly under others", "{n} 个单元完全位于其他单元之下"),
        ),
        (
            "overlap",
            np.unique(coverage.giver),
            Text(
                "{n} units overlap smaller ones by {m2:,.0f} m² in all",
                "{n} 个单元与更小的单元重叠，共 {m2:,.0f} 平方米",
            ),
        ),
    ):
        if len(at):
            text = what.format(n=len(at), m2=float(coverage.m2.sum()))
            remedy = Text(
                "this is resolved when a plan is made; see the rules in the report",
                "划分时会自动处理，规则见报告",
            )
            problems.append(finding(kind, text, rows.source, where[at], remedy))
    return problems


def _other_problems(rows: LayerRows, types: Collection[str]) -> list[Finding]:
    """Return what reading these points, lines or table rows would notice."""
    problems = list(rows.findings)
    empty = no_rows_fault(rows)
    if empty:
        return [*problems, empty]
    if any("Line" in kind for kind in types):
        faults = crs_faults(rows, rows.geometries)
        problems += faults or crs_remarks(rows, rows.geometries)
    else:
        try:
            members = members_from_rows(rows)
        except InputError as error:
            return [*problems, *error.faults]
        known = {problem.kind for problem in problems}
        problems += [repair for repair in members.repairs if repair.kind not in known]
    return problems


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


def _of_persons(roles: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the columns of a roster that tell who somebody is or where they live."""
    members = roles.get("members", {})
    return [members[role] for role in IDENTIFYING_ROLES if role in members]


def _preview(attributes: pd.DataFrame, masked: Sequence[str]) -> list[dict[str, str]]:
    """Return the first rows as text, identifying values masked."""
    personal = {*personal_columns(attributes), *masked}
    return [
        {
            str(name): "" if pd.isna(value) else (MASK if name in personal else str(value))
            for name, value in row.items()
        }
        for row in attributes.head(PREVIEW_ROWS).to_dict("records")
    ]


def _layer_lines(layer: LayerInspection, lang: Lang) -> list[str]:
    def say(en: str, zh: str) -> str:
        return Text(en, zh).say(lang)

    kinds = ", ".join(f"{kind} {n}" for kind, n in layer.geometry_types.items()) or say("table", "表格")
    lines = [
        say(
            f"layer {layer.name}: {layer.n_rows} rows, {kinds}",
            f"图层 {layer.name}：{layer.n_rows} 行，{kinds}",
        )
    ]
    if layer.geometry_types:
        crs = f"{layer.crs} ({layer.crs_name})" if layer.crs else say("none", "无")
        lines.append(say(f"  coordinate system: {crs[:100]}", f"  坐标系：{crs[:100]}"))
    lines.append(say(f"  encoding: {layer.encoding}", f"  文字编码：{layer.encoding}"))
    if layer.area_m2 is not None:
        ha, mu = layer.area_m2 / SQUARE_METRES_PER_HA, layer.area_m2 / SQUARE_METRES_PER_MU
        lines.append(
            say(f"  area: {ha:,.1f} ha = {mu:,.0f} mu (亩)", f"  面积：{ha:,.1f} 公顷 = {mu:,.0f} 亩")
        )
    lines.append(say("  columns: ", "  列：") + ", ".join(layer.columns))
    names = {
        "units": Text("as fields or buildings", "作为地块/楼栋"),
        "zones": Text("as zones", "作为片区"),
        "members": Text("as members", "作为成员名册"),
    }
    for use, roles in layer.roles.items():
        shown = ", ".join(f"{role} = {name}" for role, name in roles.items()) or say("none found", "未找到")
        lines.append(f"  {names[use].say(lang)}: {shown}")
    if layer.preview:
        lines.append(say("  first rows:", "  前几行："))
        lines += ["    " + " | ".join(row.values()) for row in layer.preview]
    if not layer.problems:
        lines.append(say("  no problems", "  没有发现问题"))
    for problem in layer.problems:
        lines.append("  ! " + describe(replace(problem, file="", layername=""), lang))
    return lines
