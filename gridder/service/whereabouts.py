"""Whether the inputs of one plan lie in the same place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gridder.geometry.whereabouts import central_box, centres, lonlat_of
from gridder.io.crs_check import region_remark
from gridder.model import Box, Geometries, Source, Text

ANCHORS = ("fields", "buildings")
"""What is divided; the other inputs must lie there. Members with other homes are no sign of a wrong CRS."""
FOLLOWERS = ("buildings", "zones", "barriers", "bridges")
_OF = {"fields": Text("the fields", "地块图层"), "buildings": Text("the buildings", "楼栋图层")}


def region_of(inputs: Mapping[str, Any]) -> str:
    """Return where the inputs that were read lie, as a user would write it; empty where none was."""
    boxes = [box for role in (*ANCHORS, *FOLLOWERS) if (box := _box(inputs.get(role))) is not None]
    return ",".join(f"{value:.6f}" for value in boxes[0]) if boxes else ""


def with_far_away(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs; one that lies far from what is divided carries the suspicion among its repairs."""
    checked = dict(inputs)
    anchor = next((role for role in ANCHORS if role in inputs), None)
    region = _box(inputs[anchor]) if anchor is not None else None
    if anchor is None or region is None:
        return checked
    for role in FOLLOWERS:
        box = _box(inputs.get(role))
        if role == anchor or box is None:
            continue
        read = inputs[role]
        points = centres(_geometries(read))
        remarks = region_remark(_source(read), read.frame.crs, points, box=box, region=region, of=_OF[anchor])
        checked[role] = replace(read, repairs=(*read.repairs, *remarks))
    return checked


def _box(read: Any) -> Box | None:
    if read is None:
        return None
    return central_box(lonlat_of(centres(_geometries(read)), read.frame.crs))


def _geometries(read: Any) -> Geometries:
    return np.asarray(read.frame.geometry.to_numpy(), dtype=np.object_)


def _source(read: Any) -> Source:
    source: Source = read.source if hasattr(read, "source") else read.sources[0]
    return source
