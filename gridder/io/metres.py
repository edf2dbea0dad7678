"""Coordinates of a table that are no degrees but metres of a coordinate system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from gridder.io.columns import said
from gridder.io.crs_check import crs_faults, missing_crs, off_earth
from gridder.io.layers import LayerRows
from gridder.io.told import as_told
from gridder.model import Finding, Geometries, Text

LEAST_METRES = 1000.0
"""No degrees are as large; easting and northing are larger wherever people live."""
PAIRS = ("", "field_")
"""Prefixes of the roles `lon` and `lat`: homes, and fields."""


def metre_layers(rows: LayerRows, roles: Mapping[str, str]) -> dict[str, LayerRows]:
    """Return every pair of columns with metres as a layer of points, by prefix.

    A pair is in metres where most of its rows with two numbers have larger ones than degrees can be.
    The points are as the user says that they are meant; the findings are the record of that.
    """
    found: dict[str, LayerRows] = {}
    for prefix in PAIRS:
        points = _points(rows, roles.get(f"{prefix}lon"), roles.get(f"{prefix}lat"))
        if points is not None:
            geometries, told = as_told(points, rows.crs, rows.source, declared="", region=rows.region)
            found[prefix] = replace(rows, geometries=geometries, findings=() if found else tuple(told))
    return found


def _points(rows: LayerRows, x_name: str | None, y_name: str | None) -> Geometries | None:
    if x_name is None or y_name is None:
        return None
    x, y = (
        pd.to_numeric(said(rows.attributes[name]), errors="coerce").to_numpy(dtype=float)
        for name in (x_name, y_name)
    )
    given = np.isfinite(x) & np.isfinite(y)
    large = given & (np.abs(x) > LEAST_METRES) & (np.abs(y) > LEAST_METRES)
    if 2 * large.sum() <= given.sum():
        return None
    points: Geometries = np.full(len(x), None, dtype=object)
    points[given] = shapely.points(x[given], y[given])
    return points


def metre_faults(layers: Mapping[str, LayerRows], roles: Mapping[str, str]) -> list[Finding]:
    """Return the fault of metres of which nobody says in which CRS they are, or that cannot be in the one named.

    Metres that no CRS is known for are no fault, but no coordinates either.
    """
    faults = []
    for prefix, layer in layers.items():
        if layer.crs is None:
            fault = missing_crs(layer, layer.geometries, _no_crs(roles, prefix))
            faults += [fault] if fault.candidates else []
        elif off_earth(layer.geometries, layer)[~shapely.is_missing(layer.geometries)].all():
            faults += crs_faults(layer, layer.geometries)
    return faults


def _no_crs(roles: Mapping[str, str], prefix: str) -> Text:
    names = f"{roles[f'{prefix}lon']}, {roles[f'{prefix}lat']}"
    return Text(
        f"the numbers in the columns {names} are no degrees; they look like metres, and the table does not say "
        "of which coordinate system",
        f"列 {names} 中的数值不是经纬度，像是以米为单位的平面坐标，但表中没有说明属于哪个坐标系",
    )
