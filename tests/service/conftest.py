"""Small generated farms, with zones, a canal, crops, and members some of whom have a skill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.read import barriers_from_rows, rows_of_frame, zones_from_rows

CRS = 32650
WEST, SOUTH = 500_000.0, 4_400_000.0
STEP_M = 80.0


@dataclass(frozen=True, eq=False)
class Farm:
    """The frames of a farm; `inputs` are what `gridder.partition` takes."""

    fields: gpd.GeoDataFrame
    people: pd.DataFrame
    zones: gpd.GeoDataFrame | None
    barriers: gpd.GeoDataFrame | None

    @property
    def inputs(self) -> dict[str, Any]:
        """The frames as inputs of a plan."""
        inputs: dict[str, Any] = {
            "fields": gridder.units_from_frame(self.fields, layer="field"),
            "members": gridder.members_from_frame(self.people),
        }
        if self.zones is not None:
            inputs["zones"] = zones_from_rows([rows_of_frame(self.zones)])
        if self.barriers is not None:
            inputs["barriers"] = barriers_from_rows([rows_of_frame(self.barriers)])
        return inputs

    def replaced(self, **frames: Any) -> Farm:
        """Return the farm with other frames."""
        return replace(self, **frames)


def build_farm(
    seed: int = 0, columns: int = 8, rows: int = 8, *, zones: bool = False, barrier: bool = False
) -> Farm:
    """Return fields of 80 m with lanes, two members a field, one in four of them with the skill."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    corner = np.stack([x, y], axis=-1) * STEP_M + np.round(rng.uniform(-10, 10, (*x.shape, 2)))
    ring = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2)
    ring = ring.reshape(-1, 4, 2)
    inset = np.round((ring.mean(axis=1, keepdims=True) - ring) * 0.06 * 64) / 64
    geometry = shapely.polygons(ring + inset + [WEST, SOUTH])
    n = len(geometry)
    fields = gpd.GeoDataFrame(
        {
            "parcel_id": [f"P{i:03d}" for i in range(n)],
            "crop": rng.choice(["rice", "maize", "wheat"], n),
            "slope": (np.arange(n) // columns).astype(float),
            "soil": rng.integers(0, 6, n),
        },
        geometry=geometry,
        crs=CRS,
    )
    home = np.arange(2 * n) % n
    skills = np.where(rng.random(2 * n) < 0.25, "电工、driver", "cook")
    people = pd.DataFrame(
        {
            "member_id": [f"m{i:04d}" for i in range(2 * n)],
            "parcel_id": fields["parcel_id"].to_numpy()[home],
            "skill": skills,
        }
    )
    east, north = WEST + STEP_M * columns, SOUTH + STEP_M * rows
    areas = lines = None
    if zones:
        middle = WEST + STEP_M * (columns // 2)
        boxes = [
            shapely.box(WEST - 64, SOUTH - 64, middle, north + 64),
            shapely.box(middle, SOUTH - 64, east + 64, north + 64),
        ]
        areas = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=boxes, crs=CRS)
    if barrier:
        across = SOUTH + STEP_M * (rows // 2)
        line = shapely.linestrings([[WEST - 64, across], [WEST + STEP_M * columns / 2, across]])
        lines = gpd.GeoDataFrame(geometry=[line], crs=CRS)
    return Farm(fields, people, areas, lines)


@pytest.fixture(scope="session")
def farm() -> Callable[..., Farm]:
    """Return the maker of farms."""
    return build_farm
