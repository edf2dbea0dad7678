"""What can be run: the processes, their inputs and what they give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from api.schemas import ROLES, InspectInputs, LatticeInputs, PartitionInputs
from gridder.io.columns import DECISION_ROLES, MEMBER_ROLES, UNIT_ROLES, ZONE_ROLES

COLUMNS_OF_ROLE: Mapping[str, Collection[str]] = {
    "fields": UNIT_ROLES,
    "buildings": UNIT_ROLES,
    "members": MEMBER_ROLES,
    "zones": ZONE_ROLES,
    "dedicated": ZONE_ROLES,
    "boundary": ZONE_ROLES,
    "address_decisions": DECISION_ROLES,
}
"""What columns of a file may mean, by what the file is to a process; in other roles they mean nothing."""
_LINKS = {"type": "array", "items": {"type": "object"}}


@dataclass(frozen=True)
class Process:
    """One thing that can be run."""

    id: str
    title: str
    description: str
    inputs: type[BaseModel]
    roles: tuple[str, ...]
    """Inputs that are files."""
    outputs: Mapping[str, Any]
    """Schema of each member of the result."""


PROCESSES: Mapping[str, Process] = {
    process.id: process
    for process in (
        Process(
            "partition",
            "Divide fields and buildings into grids · 划分网格",
            "Divides units into connected, compact grids of a target size and places members in them; "
            "the plan is stored and served as map, features and files.",
            PartitionInputs,
            ROLES,
            {"plan": {"type": "string"}, "links": _LINKS, "report": {"type": "object"}},
        ),
        Process(
            "lattice",
            "Divide land without parcels into uniform cells · 生成规则网格单元",
            "Divides one or several areas into squares, hexagons or H3 cells that cover them without gap or "
            "overlap; the cells are stored as a dataset that `partition` takes as `fields`.",
            LatticeInputs,
            ("boundary",),
            {
                "dataset": {"type": "string"},
                "cells": {"type": "integer"},
                "cell_m2": {"type": "number"},
                "findings": {"type": "array", "items": {"type": "object"}},
                "links": _LINKS,
            },
        ),
        Process(
            "inspect",
            "Look at an uploaded file · 查看文件",
            "Layers, counts, coordinate system, encoding, columns that would be used, and every problem.",
            InspectInputs,
            ("dataset",),
            {
                "file": {"type": "string"},
                "layers": {"type": "array", "items": {"type": "object"}},
                "layers_left_out": {"type": "array", "items": {"type": "string"}},
            },
        ),
    )
}
