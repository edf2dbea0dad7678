"""One layer of a plan beside the inputs that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridder.model import (
    Barriers,
    Bridges,
    Floats,
    Geometries,
    Ints,
    Layer,
    Members,
    Plan,
    Size,
    Units,
    Zones,
)


@dataclass(frozen=True, eq=False)
class Case:
    """One layer of a plan, and what the checks need of the inputs.

    Geometries are moved to the south-western corner of the units, in the plan's CRS.
    """

    layer: Layer
    plan: Plan
    source: Units
    members: Members | None
    zones: Zones | None
    barriers: Barriers | None
    bridges: Bridges | None
    size: Size
    bridge_m: float
    reach_m: float
    plot_reach_m: float
    origin: Floats
    units: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    geoms: Geometries
    land: Geometries
    outlines: Geometries
    lines: Geometries
    source_geoms: Geometries
    a: Ints
    b: Ints
    links: pd.DataFrame
    grid: Ints
    placements: pd.DataFrame
    report: dict[str, Any]
    site: Geometries
    """Name of the dedicated site of every unit, None for none."""

    @cached_property
    def dedicated(self) -> np.ndarray:
        """Which grids hold a unit of a site, shape (g,)."""
        in_site = np.array([name is not None for name in self.site], dtype=bool)
        held = np.zeros(len(self.grids), dtype=bool)
        held[self.grid[in_site]] = True
        return held

    @property
    def minimum(self) -> float:
        """Lower bound of the size, as the report says it."""
        return float(self.report["size"]["minimum"])

    @property
    def maximum(self) -> float:
        """Upper bound of the size, as the report says it."""
        return float(self.report["size"]["maximum"])

    @cached_property
    def weight(self) -> Floats:
        """Size of every unit."""
        return np.asarray(self.units["size"], dtype=np.float64)

    @cached_property
    def normal_geoms(self) -> Geometries:
        """The units with rings that begin at their lowest vertex, so that shortest lines do not vary."""
        return np.asarray(shapely.normalize(self.geoms), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The units."""
        return shapely.STRtree(self.normal_geoms)

    @cached_property
    def barrier_tree(self) -> shapely.STRtree:
        """The barriers, each part by itself."""
        return shapely.STRtree(shapely.get_parts(self.lines))

    @cached_property
    def whole(self) -> np.ndarray:
        """Id of the unit that each unit is a part of, by size or barriers; its own where it is whole."""
        own = self.units["unit_id"]
        whole = own.mask(own.isin(self.report["cut_units"]), own.str.replace(r"/\d+$", "", regex=True))
        severed = own.isin(self.report["severed_units"])
        named = whole.mask(severed, whole.str.replace(r"/\d+$", "", regex=True))
        return np.asarray(named, dtype=object)

    @cached_property
    def over_barriers(self) -> np.ndarray:
        """Which links a given crossing explains: bridges whose two units it comes near."""
        explained = np.zeros(len(self.a), dtype=bool)
        if self.bridges is None:
            return explained
        spots = shapely.get_parts(self.near(self.bridges.frame.geometry))
        at = np.flatnonzero(self.links["kind"] == "bridge")
        for k in at.tolist():
            pair = self.geoms[[self.a[k], self.b[k]]]
            explained[k] = shapely.dwithin(pair[:, None], spots[None, :], self.bridge_m).all(axis=0).any()
        return explained

    @property
    def slack(self) -> float:
        """Rounding that sums may have."""
        return 1e-6 * max(1.0, self.maximum)

    def near(self, geometry: gpd.GeoSeries) -> Geometries:
        """Return geometries of an input as this case has its own."""
        return moved(geometry.to_crs(self.plan.units.crs), self.origin)

    def pieces(self, *, links: np.ndarray | None = None, without: np.ndarray | None = None) -> Ints:
        """Return the connected piece of every unit, by some of the links, without some units."""
        kept = np.ones(len(self.a), dtype=bool) if links is None else links
        if without is not None:
            kept = kept & ~without[self.a] & ~without[self.b]
        n = len(self.units)
        graph = coo_array((np.ones(int(kept.sum())), (self.a[kept], self.b[kept])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def neighbours(self) -> list[set[int]]:
        """Return the neighbours of every unit."""
        around: list[set[int]] = [set() for _ in range(len(self.units))]
        for i, j in zip(self.a.tolist(), self.b.tolist(), strict=True):
            around[i].add(j)
            around[j].add(i)
        return around


def moved(geometry: gpd.GeoSeries, origin: Floats) -> Geometries:
    """Return geometries in two dimensions, counted from an origin."""
    near = shapely.transform(geometry.to_numpy(), lambda xy: xy - origin)
    return np.asarray(shapely.force_2d(near), dtype=object)


def cases(
    plan: Plan,
    *,
    fields: Units | None,
    buildings: Units | None,
    members: Members | None,
    zones: Zones | None,
    barriers: Barriers | None,
    bridges: Bridges | None,
    size: Size,
    building_size: Size | None,
    bridge_m: float,
    reach_m: float,
    plot_reach_m: float,
) -> list[Case]:
    """Return one case a layer."""
    crs = plan.units.crs
    origin = np.floor(plan.units.total_bounds[:2])

    lines = np.zeros(0, dtype=object)
    if barriers is not None:
        lines = moved(barriers.frame.geometry.to_crs(crs), origin)
    made = []
    for source in (fields, buildings):
        if source is None:
            continue
        units = plan.units[plan.units["layer"] == source.layer].reset_index(drop=True)
        grids = plan.grids[plan.grids["layer"] == source.layer].reset_index(drop=True)
        links = plan.adjacency[plan.adjacency["layer"] == source.layer]
        position = {unit_id: i for i, unit_id in enumerate(units["unit_id"])}
        known = links["unit_a"].isin(position) & links["unit_b"].isin(position)
        links = links[known].reset_index(drop=True)
        grid_at = {grid_id: i for i, grid_id in enumerate(grids["grid_id"])}
        geoms = moved(units.geometry, origin)
        land = geoms
        if source.layer == "building":
            plots = plan.plots.set_index("unit_id").geometry.reindex(units["unit_id"])
            land = moved(plots, origin)
        made.append(
            Case(
                layer=source.layer,
                plan=plan,
                source=source,
                members=members,
                zones=zones,
                barriers=barriers,
                bridges=bridges,
                size=(building_size or size) if source.layer == "building" else size,
                bridge_m=bridge_m,
                reach_m=reach_m,
                plot_reach_m=plot_reach_m,
                origin=origin,
                units=units,
                grids=grids,
                geoms=geoms,
                land=land,
                outlines=moved(grids.geometry, origin),
                lines=lines,
                source_geoms=moved(source.frame.geometry.to_crs(crs), origin),
                a=links["unit_a"].map(position).to_numpy(dtype=np.int64),
                b=links["unit_b"].map(position).to_numpy(dtype=np.int64),
                links=links,
                grid=units["grid_id"].map(grid_at).fillna(-1).to_numpy(dtype=np.int64),
                placements=plan.placements[plan.placements["layer"] == source.layer].reset_index(drop=True),
                report=dict(plan.report["layers"][source.layer]),
                site=np.full(len(units), None, dtype=object),
            )
        )
    return made
