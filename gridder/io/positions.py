"""Coordinates in the columns of a table: a pair of columns, or both in one cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridder.io.columns import or_none, said
from gridder.io.headings import folded
from gridder.io.layers import LayerRows, finding
from gridder.io.told import DATUMS, converted_text, to_wgs84
from gridder.members.coordinates import parse_degrees, parse_points
from gridder.model import Bools, Finding, Floats, Geometries, Text

LATITUDE_FIRST = ("纬经度", "latlon", "latlng")
LONGITUDE_FIRST = ("经纬度", "经纬度坐标", "地块经纬度", "田块经纬度", "lonlat", "lnglat")


def table_points(rows: LayerRows, roles: Mapping[str, str], prefix: str) -> tuple[Geometries, list[Finding]]:
    """Return the points of a table in degrees; what is no place on earth is None and listed.

    `prefix` is `field_` for the columns of fields and empty for those of homes.
    """
    if f"{prefix}lon" in roles and f"{prefix}lat" in roles:
        x_name, y_name = roles[f"{prefix}lon"], roles[f"{prefix}lat"]
        return _converted(*_of_pair(rows, x_name, y_name), rows, f"{x_name}, {y_name}")
    if f"{prefix}point" in roles:
        name = roles[f"{prefix}point"]
        return _converted(*_of_cell(rows, name), rows, name)
    return np.full(len(rows.rows), None, dtype=object), []


def _converted(
    points: Geometries, findings: list[Finding], rows: LayerRows, name: str
) -> tuple[Geometries, list[Finding]]:
    """Return points in WGS 84 where the user says that they are in a datum of Chinese web maps."""
    datum = rows.source.coordinates
    if datum not in DATUMS or shapely.is_missing(points).all():
        return points, findings
    moved = np.asarray(shapely.transform(points, lambda xy: to_wgs84(xy, datum)), dtype=np.object_)
    what = converted_text(datum)
    told = Text(f"{what.en} ({name})", f"{what.zh}（{name}）")
    return moved, [*findings, finding("coordinates-converted", told, rows.source)]


def _of_pair(rows: LayerRows, x_name: str, y_name: str) -> tuple[Geometries, list[Finding]]:
    x, x_wrong = _degrees(rows.attributes[x_name])
    y, y_wrong = _degrees(rows.attributes[y_name])
    given = np.isfinite(x) & np.isfinite(y)
    swapped = given & (np.abs(y) > 90) & (np.abs(x) <= 90) & (np.abs(y) <= 180)
    points, off = _on_earth(x, y)
    name = f"{x_name}, {y_name}"
    findings = []
    if swapped.any():
        what = Text(
            "longitude and latitude ({name}) seem to be swapped in {n} [row|rows]",
            "{n} 行的经度和纬度（{name}）疑似互换",
        ).format(n=int(swapped.sum()), name=name)
        remedy = (
            Text("swap the headers of the two columns", "请交换这两列的标题")
            if 2 * swapped.sum() > given.sum()
            else Text("correct these rows", "请改正这些行")
        )
        findings.append(finding("swapped-coordinates", what, rows.source, rows.rows[swapped], remedy))
    return points, findings + _bad(rows, name, (off | x_wrong | y_wrong) & ~swapped)


def _of_cell(rows: LayerRows, name: str) -> tuple[Geometries, list[Finding]]:
    header = folded(name)
    first = True if header in LATITUDE_FIRST else False if header in LONGITUDE_FIRST else None
    degrees, wrong = parse_points(or_none(said(rows.attributes[name])).tolist(), latitude_first=first)
    points, off = _on_earth(degrees[:, 0], degrees[:, 1])
    return points, _bad(rows, name, off | wrong)


def _on_earth(x: Floats, y: Floats) -> tuple[Geometries, Bools]:
    given = np.isfinite(x) & np.isfinite(y)
    good = given & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    points: Geometries = np.full(len(x), None, dtype=object)
    points[good] = shapely.points(x[good], y[good])
    return points, given & ~good


def _bad(rows: LayerRows, name: str, wrong: Bools) -> list[Finding]:
    if not wrong.any():
        return []
    what = Text(
        "the coordinates ({name}) of {n} [row|rows] are no degrees, or nothing tells longitude from latitude",
        "{n} 行的坐标（{name}）不是有效的度数，或无法分辨经度与纬度",
    ).format(n=int(wrong.sum()), name=name)
    remedy = Text(
        "give longitude and latitude in degrees, in two columns or as 39.1N 117.2E; these members are placed by "
        "unit id or address, or stay unplaced",
        "请分两列填写以度为单位的经度、纬度，或写作“北纬39.1 东经117.2”；这些成员按编号或地址落位，否则列为未落位",
    )
    return [finding("bad-coordinates", what, rows.source, rows.rows[wrong], remedy)]


def _degrees(column: pd.Series[Any]) -> tuple[Floats, Bools]:
    """Return a column in degrees, and which cells hold something else."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float).copy()
    rest = np.flatnonzero(~np.isfinite(numbers))
    texts = said(column.iloc[rest])
    wrong = np.zeros(len(numbers), dtype=np.bool_)
    told = rest[texts.notna().to_numpy()]
    for i, text in zip(told.tolist(), texts.dropna().tolist(), strict=True):
        value = parse_degrees(text)
        numbers[i], wrong[i] = (np.nan, True) if value is None else (value, False)
    return numbers, wrong
