"""Read a roster: Excel, CSV, or points of a boundary format; no row is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridder.errors import InputError
from gridder.geometry.validity import flat, plausible
from gridder.io import formats
from gridder.io.columns import MEMBER_ROLES, PARTS_OF_ADDRESS, SAME_ROLE, find_columns, or_none, said
from gridder.io.crs_check import crs_faults, crs_remarks, off_earth
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location
from gridder.io.metres import metre_faults, metre_layers
from gridder.io.positions import table_points
from gridder.io.read import rows_of_frame, text_ids
from gridder.io.spoilt import without_spoilt_ids
from gridder.model import MEMBER_TEXT_COLUMNS, Bools, Finding, Geometries, Ints, Members, Text
from gridder.progress import Progress, silent
from gridder.units.order import unique_ids

DEGREES = CRS.from_epsg(4326)


def read_members(
    path: str | Path | Location, *, columns: Mapping[str, str] | None = None, progress: Progress = silent
) -> Members:
    """Read the people of a roster.

    Parameters
    ----------
    path
        Excel, WPS or OpenDocument (the sheet with most known headers, or `FILE|layername=SHEET`), CSV, or a layer of points in a
        boundary format.
    columns
        Roles (`member_id`, `name`, `lon`, `lat`, `field_lon`, `field_lat`, `household`, `compound`,
        `building`, `stairwell`, `unit_id`, `address`, `skill` …) to names of columns, where the guess
        by header is wrong.
    progress
        Told about stage `read`.

    Returns
    -------
    Members
        One row a person; coordinates of a table are longitude and latitude in degrees, or metres of the CRS
        that the path names.

    Raises
    ------
    InputError
        With all that is wrong with the file.
    """
    progress("read", 0.0)
    return members_from_rows(read_layer(path, family=formats.POINTS), columns)


def members_from_frame(frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None) -> Members:
    """Return the members of a DataFrame or of a GeoDataFrame of points, checked like a file.

    Raises
    ------
    InputError
        With all that is wrong with it.
    """
    return members_from_rows(rows_of_frame(frame), columns)


def members_from_rows(rows: LayerRows, columns: Mapping[str, str] | None = None) -> Members:
    """Return the members of a layer or sheet that was read."""
    in_table = bool(shapely.is_missing(rows.geometries).all())
    faults = [] if in_table else _crs_faults(rows)
    roles: dict[str, str] = {}
    renamed = {SAME_ROLE["members"].get(role, role): name for role, name in (columns or {}).items()}
    try:
        roles = find_columns(rows.attributes.columns, MEMBER_ROLES, renamed, rows.source)
    except InputError as error:
        faults += error.faults
    layers = metre_layers(rows, roles) if in_table else {"": replace(rows, findings=())}
    if in_table:
        faults += metre_faults(layers, roles)
    if rows.source.subset and (empty := no_rows_fault(rows)):
        faults.append(empty)
    if faults:
        raise InputError(faults)
    if rows.crs is None:
        layers = {}
    crs = rows.crs if layers else DEGREES

    rows, spoilt = without_spoilt_ids(rows, roles)
    findings = [*rows.findings, *spoilt]
    frame = pd.DataFrame({"row": rows.rows})
    ids, repeated = _ids(rows, roles)
    frame.insert(0, "member_id", ids)
    if repeated.any():
        what = Text(
            "{n} members share their number with another; they are told apart as NUMBER#1, NUMBER#2 …",
            "{n} 名成员的编号与他人重复，已用“编号#1、编号#2”区分",
        ).format(n=int(repeated.sum()))
        remedy = Text("check whether they are the same person", "请核对是否为同一人")
        findings.append(finding("repeated-member-id", what, rows.source, rows.rows[repeated], remedy))
    home, home_findings = _points(rows, roles, "", layers)
    field_point, field_findings = _points(rows, roles, "field_", layers)
    findings += [*home_findings, *field_findings]
    if not layers:
        findings += _crs_not_used(rows)
    frame["home"] = pd.Series(home, dtype=object)
    frame["field_point"] = pd.Series(field_point, dtype=object)
    for role in MEMBER_TEXT_COLUMNS:
        frame[role] = or_none(said(rows.attributes[roles[role]])) if role in roles else None
    frame["households"] = (
        pd.to_numeric(rows.attributes[roles["households"]], errors="coerce").to_numpy(dtype=float)
        if "households" in roles
        else np.nan
    )
    if "street" not in roles:
        roles = {role: name for role, name in roles.items() if role not in PARTS_OF_ADDRESS}
    elif "address" not in roles:
        frame["address"] = _joined_address(rows.attributes, roles)
    used = {name for role, name in roles.items() if role != "households"}
    own = rows.attributes.drop(columns=[name for name in rows.attributes.columns if name in used])
    return Members(
        frame=frame,
        crs=crs,
        attributes=own.apply(_numeric_if_all_are),
        columns=roles,
        source=rows.source,
        repairs=tuple(findings),
    )


def _joined_address(attributes: pd.DataFrame, roles: Mapping[str, str]) -> pd.Series[Any]:
    """Return street, number, postcode and city of several columns as one address."""
    blank = pd.Series("", index=attributes.index, dtype="str")
    street, number, postcode, city = (
        said(attributes[roles[role]]).fillna("") if role in roles else blank for role in PARTS_OF_ADDRESS
    )
    town = (postcode + " " + city).str.strip()
    joined = (street + " " + number).str.strip() + ", " + town
    return or_none(joined.str.removesuffix(", ").where(street != ""))


def _crs_faults(rows: LayerRows) -> list[Finding]:
    """Return the fault of a CRS that is missing or right for no point; people with single wrong ones have no home."""
    given = ~shapely.is_missing(rows.geometries)
    if rows.crs is not None and not off_earth(rows.geometries, rows)[given].all():
        return []
    return crs_faults(rows, rows.geometries)


def _ids(rows: LayerRows, roles: Mapping[str, str]) -> tuple[list[str], Bools]:
    """Return unique own ids, the row number where there is none, and which repeat."""
    if "member_id" not in roles:
        return [str(row) for row in rows.rows], np.zeros(len(rows.rows), dtype=np.bool_)
    own = text_ids(rows.attributes[roles["member_id"]])
    ids = [value or f"row {row}" for value, row in zip(own, rows.rows, strict=True)]
    shared = pd.Series(ids, dtype=object).duplicated(keep=False).to_numpy(dtype=np.bool_)
    if not shared.any():
        return ids, shared
    order = np.concatenate([np.flatnonzero(~shared), _in_order_of_content(rows, np.flatnonzero(shared))])
    unique, repeated = unique_ids([ids[i] for i in order])
    at = np.argsort(order)
    return [unique[i] for i in at], repeated[at]


def _in_order_of_content(rows: LayerRows, at: Ints) -> Ints:
    """Return positions in an order that does not depend on that of the rows, so that numbered ids stay with a person."""
    text = rows.attributes.iloc[at].map(str).agg("\x1f".join, axis=1)
    points = shapely.to_wkt(rows.geometries[at], rounding_precision=3)
    return at[np.lexsort((at, points.astype(str), np.asarray(text, dtype=str)))]


def _points(
    rows: LayerRows, roles: Mapping[str, str], prefix: str, layers: Mapping[str, LayerRows]
) -> tuple[Geometries, list[Finding]]:
    """Return the points of homes, or of fields, in the CRS of the layers where there are any, else in degrees."""
    if prefix in layers:
        points, lost = _on_earth(layers[prefix])
        return points, [*layers[prefix].findings, *lost, *crs_remarks(layers[prefix], points)]
    points, findings = table_points(rows, roles, prefix)
    if not layers:
        return points, findings
    points, lost = _in_crs(points, rows)
    return points, [*findings, *lost]


def _crs_not_used(rows: LayerRows) -> list[Finding]:
    """Return what to tell of a CRS of metres that the user named for a table without metres."""
    if not formats.is_table(rows.source.driver) or rows.crs is None or not rows.crs.is_projected:
        return []
    what = Text(
        "the table has no coordinates in metres; the coordinate system named for it was not used",
        "表中没有以米为单位的坐标，未使用所指明的坐标系",
    )
    return [finding("crs-not-used", what, rows.source)]


def _on_earth(rows: LayerRows) -> tuple[Geometries, list[Finding]]:
    """Return points, a point inside areas and lines; what is no place on earth is None and listed."""
    points = flat(rows.geometries)
    points[shapely.is_empty(points)] = None
    given = ~shapely.is_missing(points)
    off = ~plausible(points)
    points[off] = None
    wide = shapely.get_type_id(points) > 0
    points[wide] = shapely.point_on_surface(points[wide])
    off |= given & off_earth(points, rows)
    points[off] = None
    return points, _off_earth(rows, off)


def _off_earth(rows: LayerRows, off: Bools) -> list[Finding]:
    if not off.any():
        return []
    what = Text(
        "the [point|points] of {n} [row lies|rows lie] nowhere on the earth in the file's coordinate system",
        "按文件的坐标系，{n} 行的点不在地球上",
    ).format(n=int(off.sum()))
    remedy = Text(
        f"correct them, or say the true coordinate system: {rows.source.file}|crs=EPSG:…; these members are "
        "placed by unit id or stay unplaced",
        f"请改正，或指明正确的坐标系：{rows.source.file}|crs=EPSG:…；这些成员按编号落位，否则列为未落位",
    )
    return [finding("bad-coordinates", what, rows.source, rows.rows[off], remedy)]


def _in_crs(points: Geometries, rows: LayerRows) -> tuple[Geometries, list[Finding]]:
    """Return points in degrees in the CRS of the layer; where that has no place for one, it is None and listed."""
    moved: Geometries = np.array(gpd.GeoSeries(points, crs=DEGREES).to_crs(rows.crs), dtype=object)
    off = ~plausible(moved)
    moved[off] = None
    return moved, _off_earth(rows, off)


def _numeric_if_all_are(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as numbers where every filled cell is one."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    filled = column.notna()
    return numbers if filled.any() and numbers[filled].notna().all() else column
