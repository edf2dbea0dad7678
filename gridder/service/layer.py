"""One layer on its way from units and people to grids, in the order of `docs/design/architecture.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gridder.errors import InputError
from gridder.geometry.crs import areas_m2
from gridder.geometry.dissolve import outline
from gridder.geometry.lines import crossed
from gridder.graph.components import bridge, to_csr
from gridder.graph.contiguity import choose_gap_m, field_neighbours
from gridder.graph.crossings import reopen
from gridder.members.count import numbers_of, sum_by_unit
from gridder.metrics.report import Bounds
from gridder.model import (
    Certificate,
    Finding,
    Floats,
    Geometries,
    Ints,
    Layer,
    Size,
    Text,
    UnitGraph,
)
from gridder.progress import Progress
from gridder.service.cut import Cut, cut_units
from gridder.service.dedicated import (
    Sites,
    carried_sites,
    part_of,
    refuse_two_zones,
    sites_of,
    sliced,
    with_sites,
    within_areas,
)
from gridder.service.ground import Ground
from gridder.service.locks import by_ids
from gridder.service.numbers import keep_locked, refuse_outside
from gridder.service.old import OldLayer, match_old
from gridder.service.people import Peopled
from gridder.service.sizes import settle_bounds
from gridder.service.wanted import Layout, Wanted, wanted_of
from gridder.service.wishes import Wishes
from gridder.solver import Problem, Solution, solve
from gridder.units.plots import build_plots
from gridder.units.zones import assign


@dataclass(frozen=True)
class Reaches:
    """Distances in metres; a gap of None is chosen from the data."""

    gap_m: float | None = None
    bridge_m: float = 500.0
    reach_m: float = 100.0
    plot_reach_m: float = 30.0


@dataclass(frozen=True)
class Effort:
    """How the solver works: random input, work, and a cap in seconds."""

    rng: int = 0
    effort: float = 1.0
    time_limit_s: float | None = None


@dataclass(frozen=True, eq=False)
class Divided:
    """One layer of a plan, positions still being numbers.

    `kept` is the position of the old grid that every grid carries on, -1 for none.
    """

    layer: Layer
    peopled: Peopled
    cut: Cut
    land: Geometries
    land_area_m2: Floats
    weight: Floats
    zone: Ints
    graph: UnitGraph
    gap_m: float
    bounds: Bounds
    grid: Ints
    outlines: Geometries
    certificates: tuple[Certificate, ...]
    wanted: Wanted
    old: OldLayer | None
    kept: Ints
    sites: Sites
    effort: float
    findings: tuple[Finding, ...]
    notes: dict[str, Any]


def divide_layer(
    peopled: Peopled,
    ground: Ground,
    reaches: Reaches,
    wishes: Wishes,
    effort: Effort,
    *,
    progress: Progress,
) -> Divided:
    """Cut, connect and partition one layer.

    Raises
    ------
    InputError
        Where the old plan is of another place, or locks cannot hold.
    """
    progress("units", 0.0)
    layer = peopled.units.layer
    settled_area = areas_m2(ground.frame.to_world(peopled.settled.geoms))
    source_weight = _source_weight(peopled, settled_area)
    settled_sites = sites_of(peopled, ground, wishes)
    bounds = settle_bounds(peopled.size, sliced(source_weight, settled_sites.rest))
    cut = cut_units(peopled, source_weight, bounds, whole=settled_sites.of_unit >= 0, progress=progress)
    sites = settled_sites.after_cut(cut.parent)

    if layer == "field":
        zone, zone_share = assign(cut.geoms, ground.zones)
        progress("neighbours", 0.0)
        gap_m = choose_gap_m(cut.geoms) if reaches.gap_m is None else reaches.gap_m
        land = cut.geoms
        graph = field_neighbours(land, zone=zone, gap_m=gap_m, barriers=ground.barriers, progress=progress)
        land_area = settled_area[cut.parent] * cut.share
    else:
        source_zone, source_share = assign(peopled.settled.geoms, ground.zones)
        zone, zone_share = source_zone[cut.parent], source_share[cut.parent]
        progress("neighbours", 0.0)
        gap_m = 2 * reaches.plot_reach_m
        land, graph = build_plots(
            cut.geoms,
            zone=zone,
            zone_geoms=ground.zones,
            barriers=ground.barriers,
            reach_m=reaches.plot_reach_m,
            progress=progress,
        )
        land_area = areas_m2(ground.frame.to_world(land))

    rows = peopled.units.frame["row"].to_numpy()[peopled.settled.source_row[cut.parent]]
    refuse_outside(peopled.units, rows, zone, wishes.coding)
    refuse_two_zones(sites, zone, rows, peopled.units, ground)
    area = sites.areas(zone, len(ground.zones))
    weight = _unit_weight(peopled, cut, source_weight, land_area)
    graph, used = reopen(
        graph,
        cut.geoms,
        zone=zone,
        barriers=ground.barriers,
        crossings=ground.crossings,
        reach_m=reaches.bridge_m,
    )
    graph = bridge(
        within_areas(graph, area),
        cut.geoms,
        weight,
        zone=area,
        minimum=settle_bounds(peopled.size, weight[sites.rest]).minimum,
        bridge_m=reaches.bridge_m,
        barriers=ground.barriers,
    )
    old = _old(peopled, cut, ground, wishes)
    layout = Layout(cut.ids, cut.parent, cut.share, cut.unit, land_area, shapely.area(land), zone)
    wanted = wanted_of(wishes, peopled, layout, ground, old=old)
    progress("solve", 0.0)
    rest = sites.rest
    others = wanted.only(rest)
    try:
        solution = _solve(
            peopled.size,
            land[rest],
            part_of(graph, rest),
            weight[rest],
            others,
            effort=effort,
            progress=progress,
        )
    except InputError as error:
        ids = [cut.ids[i] for i in rest]
        raise by_ids(error, ids, wishes.locks.source if wishes.locks else None) from error
    carried = carried_sites(sites, zone, old, ground)
    solution, kept = with_sites(solution, _kept(solution, others, old), sites, carried)
    grid = solution.assignment.astype(np.int64)
    progress("grids", 0.0)
    outlines = outline(land, grid, gap_m=gap_m if layer == "field" else 0.0)
    findings, notes = _notes(peopled, cut, ground, zone_share)
    notes["unused_bridges"] = int((~used).sum())
    return Divided(
        layer=layer,
        peopled=peopled,
        cut=cut,
        land=land,
        land_area_m2=land_area,
        weight=weight,
        zone=zone,
        graph=graph,
        gap_m=gap_m,
        bounds=Bounds(peopled.size.of, solution.target, solution.minimum, solution.maximum),
        grid=grid,
        outlines=outlines,
        certificates=solution.certificates,
        wanted=wanted,
        old=old,
        kept=kept,
        sites=sites,
        effort=solution.effort,
        findings=(*peopled.findings, *findings),
        notes=notes,
    )


def _old(peopled: Peopled, cut: Cut, ground: Ground, wishes: Wishes) -> OldLayer | None:
    if wishes.old is None:
        return None
    units = peopled.units
    return match_old(
        wishes.old,
        units.layer,
        cut.ids,
        ground.frame.to_world(cut.geoms),
        has_ids="unit_id" in units.columns,
    )


def _kept(solution: Solution, wanted: Wanted, old: OldLayer | None) -> Ints:
    n_grids = int(solution.assignment.max(initial=-1)) + 1
    if old is None or len(solution.kept) == 0:
        return np.full(n_grids, -1, dtype=np.int64)
    n_old = len(old.grids)
    lock = wanted.locked.grid if wanted.locked is not None else np.full(len(solution.assignment), -1)
    return keep_locked(solution.kept, solution.assignment.astype(np.int64), lock, n_old)


def _source_weight(peopled: Peopled, area_m2: Floats) -> Floats | None:
    """Return the weight of every settled unit; None where it is the area of plots not yet drawn."""
    counting, units, settled = peopled.counting, peopled.units, peopled.settled
    if counting.of_people:
        return sum_by_unit(peopled.placed.unit, peopled.member_weight, len(settled.geoms))
    if counting.kind == "unit-column":
        rows = units.frame["row"].to_numpy()
        values = numbers_of(units.attributes[counting.column], counting.column, rows, units.source)
        return values[settled.source_row] * settled.share
    return area_m2 * counting.per_m2 if units.layer == "field" else None


def _unit_weight(peopled: Peopled, cut: Cut, source_weight: Floats | None, land_area_m2: Floats) -> Floats:
    if peopled.counting.of_people:
        return sum_by_unit(cut.unit, peopled.member_weight, len(cut.geoms))
    if source_weight is None:
        return land_area_m2 * peopled.counting.per_m2
    return source_weight[cut.parent] * cut.share


def _solve(
    size: Size,
    land: Geometries,
    graph: UnitGraph,
    weight: Floats,
    wanted: Wanted,
    *,
    effort: Effort,
    progress: Progress,
) -> Solution:
    indptr, indices, shared_m = to_csr(graph, graph.shared_m)
    centre = shapely.centroid(land)
    given = settle_bounds(size, None) if size.n_grids is None else size
    problem = Problem(
        indptr=indptr,
        indices=indices,
        weight=weight,
        minimum=given.minimum,
        target=given.target,
        maximum=given.maximum,
        xy=np.column_stack((shapely.get_x(centre), shapely.get_y(centre))),
        boundary=shared_m,
        moment=shapely.area(land),
        n_grids=size.n_grids,
        **wanted.as_problem(),
    )
    return solve(
        problem,
        rng=effort.rng,
        effort=effort.effort,
        time_limit_s=effort.time_limit_s,
        progress=progress,
    )


def _notes(
    peopled: Peopled, cut: Cut, ground: Ground, zone_share: Floats
) -> tuple[list[Finding], dict[str, Any]]:
    """Return what a reader of the report should know of single units."""
    source, rows = peopled.units.source, peopled.units.frame["row"].to_numpy()[peopled.settled.source_row]
    ids = np.asarray(cut.ids, dtype=object)
    straddles = zone_share < 0.95 if len(ground.zones) else np.zeros(len(ids), dtype=bool)
    crosses = crossed(cut.geoms, ground.barriers)
    is_cut = np.bincount(cut.parent)[cut.parent] > 1
    notes = {
        "zone_straddlers": [
            {"unit_id": unit_id, "share": round(float(share), 4)}
            for unit_id, share in zip(ids[straddles], zone_share[straddles], strict=True)
        ],
        "crossed_by_barrier": ids[crosses].tolist(),
        "cut_units": ids[is_cut].tolist(),
        "severed_units": ids[np.isin(cut.parent, peopled.settled.severed)].tolist(),
    }
    texts = (
        (
            straddles,
            "zone-straddler",
            Text(
                "{n} units lie in several zones or partly outside; each belongs to the one with its largest share",
                "{n} 个地块/楼栋跨片区或部分在外，各归所占面积最大的片区",
            ),
        ),
        (
            crosses,
            "crossed-by-barrier",
            Text(
                "{n} units are crossed by a barrier and stay whole",
                "{n} 个地块/楼栋被障碍线穿过，保持完整",
            ),
        ),
        (
            is_cut,
            "cut",
            Text(
                "units above the maximum were cut into {n} parts",
                "超过上限的地块/楼栋已切分为 {n} 份",
            ),
        ),
    )
    findings = [
        Finding(
            kind,
            what.format(n=int(mask.sum())),
            source.file,
            source.layername,
            tuple(sorted({int(r) for r in rows[cut.parent[mask]]})),
        )
        for mask, kind, what in texts
        if mask.any()
    ]
    return findings, notes
