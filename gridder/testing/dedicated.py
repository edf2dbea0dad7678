"""Dedicated grids: the units of a site, and no others, are one grid of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from gridder.model import Zones
from gridder.testing.case import Case


def with_sites(case: Case, dedicated: Zones | None, column: str | None) -> Case:
    """Return the case with the name of the site of every unit, looked up in the inputs."""
    site = np.full(len(case.units), None, dtype=object)
    if column is not None and column in case.source.attributes:
        inside = shapely.point_on_surface(case.geoms)
        row, unit = shapely.STRtree(inside).query(case.source_geoms, predicate="intersects")
        names = ["" if pd.isna(name) else str(name).strip() for name in case.source.attributes[column]]
        for r, u in zip(row.tolist(), unit.tolist(), strict=True):
            site[u] = names[r] or site[u]
    if dedicated is not None:
        area = shapely.area(case.geoms)
        for name, ground in zip(dedicated.frame["zone"], case.near(dedicated.frame.geometry), strict=True):
            share = shapely.area(shapely.intersection(case.geoms, ground)) / area
            site[share > 0.5] = str(name)
    return replace(case, site=site)


def check_sites(case: Case) -> list[str]:
    """Return sites that are not one grid of their own, and dedicated grids that are no site."""
    out = []
    expected: dict[str, str] = {}
    ids = case.grids["grid_id"].to_numpy(dtype=object)
    for name in sorted({name for name in case.site if name is not None}):
        grids = np.unique(case.grid[case.site == name])
        if len(grids) > 1:
            out.append(f"dedicated: site {name} is in {len(grids)} grids")
        if (case.site[np.isin(case.grid, grids)] != name).any():
            out.append(f"dedicated: the grid of site {name} holds other units")
        expected |= {ids[g]: name for g in grids.tolist()}
    told = {entry["grid_id"]: entry["site"] for entry in case.report.get("dedicated", [])}
    if told != expected:
        out.append("dedicated: the report names other grids than the sites have")
    if "site" in case.grids and case.grids.set_index("grid_id")["site"].dropna().to_dict() != expected:
        out.append("dedicated: the column `site` is wrong")
    return out


def without_sites(case: Case) -> Case:
    """Return the case without the units and grids of sites: what the bounds hold for."""
    if not case.dedicated.any():
        return case
    kept, grids = np.flatnonzero(~case.dedicated[case.grid]), np.flatnonzero(~case.dedicated)
    unit = np.full(len(case.units), -1, dtype=np.int64)
    unit[kept] = np.arange(len(kept))
    grid = np.full(len(case.grids), -1, dtype=np.int64)
    grid[grids] = np.arange(len(grids))
    links = np.flatnonzero((unit[case.a] >= 0) & (unit[case.b] >= 0))
    return replace(
        case,
        units=case.units.iloc[kept].reset_index(drop=True),
        grids=case.grids.iloc[grids].reset_index(drop=True),
        geoms=case.geoms[kept],
        land=case.land[kept],
        outlines=case.outlines[grids],
        a=unit[case.a[links]],
        b=unit[case.b[links]],
        links=case.links.iloc[links].reset_index(drop=True),
        grid=grid[case.grid[kept]],
        site=case.site[kept],
    )
