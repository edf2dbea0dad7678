"""The tables of a plan, from the layers that were divided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.geometry.measure import grid_moments_m2, polsby_popper
from gridder.groups.composition import compose_skills, compose_units
from gridder.metrics.report import (
    certificates_of_size,
    certificates_of_skill,
    contiguous_grids,
    cut_share,
    layer_report,
    lock_report,
    skill_report,
)
from gridder.model import (
    LINK_KINDS,
    MEMBER_TEXT_COLUMNS,
    SQUARE_METRES_PER_HA,
    Certificate,
    Geometries,
    Layer,
    Members,
)
from gridder.service.alike import share_within, values_of
from gridder.service.dedicated import site_report
from gridder.service.ground import Ground
from gridder.service.layer import Divided
from gridder.service.numbers import name_grids
from gridder.service.old import ended_grids, stability, valid_from
from gridder.service.wishes import second_bounds

CATEGORIES = ("layer", "grid_id", "attribute", "value", "count")


@dataclass(frozen=True, eq=False)
class LayerTables:
    """The rows that one layer adds to the tables of a plan, and its part of the report."""

    layer: Layer
    grids: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    adjacency: pd.DataFrame
    placements: pd.DataFrame
    composition: pd.DataFrame
    report: dict[str, Any]
    unplaced: dict[str, int]
    last_numbers: dict[str, int]


def tabulate(divided: Divided, ground: Ground, pseudonyms: Sequence[str]) -> LayerTables:
    """Return the tables of one layer, grids in the order of their codes."""
    layer, n_grids = divided.layer, len(divided.outlines)
    zone_of_grid = np.full(n_grids, -1, dtype=np.int64)
    zone_of_grid[divided.grid] = divided.zone
    wishes = divided.wanted.wishes
    names = name_grids(
        divided.outlines,
        zone_of_grid,
        ground,
        layer,
        coding=wishes.coding,
        old=divided.old,
        kept=divided.kept,
    )
    order = np.lexsort((names.number, np.where(zone_of_grid < 0, len(ground.zones), zone_of_grid)))
    position = np.empty(n_grids, dtype=np.int64)
    position[order] = np.arange(n_grids)

    grid = position[divided.grid]
    grid_ids = np.array([names.grid_id[g] for g in order], dtype=object)
    ids = np.asarray(divided.cut.ids, dtype=object)
    certificates = tuple(
        Certificate(
            c.reason,
            tuple(grid_ids[position[list(c.grid_ids)]]),
            tuple(ids[list(c.unit_ids)]),
            c.weight,
            c.minimum,
            c.maximum,
        )
        for c in divided.certificates
    )
    locked = divided.wanted.locked
    broken = (
        {grid_ids[g]: ids[units].tolist() for g, units in locked.broken(grid).items()}
        if locked is not None
        else {}
    )
    grids = _grids(
        divided,
        ground,
        grid,
        broken,
        outlines=divided.outlines[order],
        grid_ids=grid_ids,
        certificates=certificates,
    )
    grids.insert(1, "code", [names.code[g] for g in order])
    grids.insert(2, "number", names.number[order])
    since = valid_from(wishes.valid_from, divided.old, names.kept[order])
    grids.insert(grids.columns.get_loc("valid_to"), "valid_from", since)
    graph = divided.graph
    adjacency = pd.DataFrame(
        {
            "layer": layer,
            "unit_a": ids[graph.a],
            "unit_b": ids[graph.b],
            "kind": np.asarray(LINK_KINDS, dtype=object)[graph.kind],
            "gap_m": graph.gap_m,
            "shared_m": graph.shared_m,
        }
    )
    bridges = np.flatnonzero(graph.kind == LINK_KINDS.index("bridge"))
    report = layer_report(
        grids=grids.drop(columns="geometry"),
        bounds=divided.bounds,
        dedicated=grids["site"].notna().to_numpy() if divided.sites.asked else np.zeros(n_grids, dtype=bool),
        n_grids_asked=divided.peopled.size.n_grids,
        n_units=len(ids),
        gap_m=divided.gap_m,
        moment_m2=grid_moments_m2(shapely.centroid(divided.land), shapely.area(divided.land), grid).mean_m2,
        cut=cut_share(graph, grid),
        certificates=certificates,
        bridged=[
            {
                "grid_id": grid_ids[grid[graph.a[k]]],
                "unit_a": ids[graph.a[k]],
                "unit_b": ids[graph.b[k]],
                "gap_m": round(float(graph.gap_m[k]), 2),
            }
            for k in bridges
            if grid[graph.a[k]] == grid[graph.b[k]]
        ],
    )
    report |= divided.notes | _wishes_report(divided, grids, certificates, grid)
    if divided.sites.asked:
        report["dedicated"] = site_report(grids)
    if locked is not None:
        report["locks"] = lock_report(broken, certificates, n_units=locked.n_units)
    placements, unplaced = _placements(divided, grid, grid_ids, ids, pseudonyms)
    if divided.old is not None:
        report["ended"] = ended_grids(divided.old, names.kept, valid_to=wishes.valid_from)
        report["stability"] = stability(
            divided.old,
            grid_ids=grid_ids.tolist(),
            unit_grid_ids=grid_ids[grid],
            unit_ids=ids,
            weight=divided.weight,
            placements=placements,
        )
    return LayerTables(
        layer=layer,
        grids=grids,
        units=_units(divided, ground, grid_ids[grid], ids),
        plots=_plots(divided, ground, ids),
        adjacency=adjacency,
        placements=placements,
        composition=_composition(divided, grid, grid_ids),
        report=report,
        unplaced=unplaced,
        last_numbers=names.last,
    )


def _wishes_report(
    divided: Divided, grids: pd.DataFrame, certificates: Sequence[Certificate], grid: np.ndarray
) -> dict[str, Any]:
    """Return how far the wishes beside the size came true."""
    wishes, report = divided.wanted.wishes, dict[str, Any]()
    if divided.wanted.skilled is not None and wishes.skill is not None:
        others = grids[grids["site"].isna()] if divided.sites.asked else grids
        report["skill"] = skill_report(others, certificates, word=wishes.skill, minimum=wishes.skill_minimum)
    if wishes.second_size is not None and divided.wanted.second is not None:
        least, most = second_bounds(wishes.second_size)
        size = grids["second_size"]
        report["second_size"] = {
            "of": wishes.second_size.of,
            "minimum": least,
            "maximum": most if math.isfinite(most) else None,
            "within_bounds": float(((size >= least) & (size <= most)).mean()),
        }
    attributes = divided.peopled.units.attributes.iloc[divided.peopled.settled.source_row[divided.cut.parent]]
    alike = {
        name: {
            "weight": weight,
            "within": share_within(values_of(attributes[name]), shapely.area(divided.land), grid),
        }
        for name, weight in wishes.alike.items()
        if name in attributes
    }
    return report | ({"alike": alike} if alike else {})


def _grids(
    divided: Divided,
    ground: Ground,
    grid: np.ndarray,
    broken: Mapping[str, Sequence[str]],
    *,
    outlines: Geometries,
    grid_ids: np.ndarray,
    certificates: tuple[Certificate, ...],
) -> gpd.GeoDataFrame:
    n, wishes = len(grid_ids), divided.wanted.wishes
    zone = np.full(n, -1, dtype=np.int64)
    zone[grid] = divided.zone
    size = np.bincount(grid, weights=divided.weight, minlength=n).astype(float)
    unit = divided.cut.unit
    site = _sites(divided, grid, n)
    within = divided.bounds.within(size) | site.notna().to_numpy()
    further = _further_sizes(divided, grid, n)
    reasons = {g: c.reason for c in certificates for g in c.grid_ids if g in broken}
    reasons |= _reasons(divided, grid_ids, within, further, certificates)
    return gpd.GeoDataFrame(
        {
            "grid_id": grid_ids,
            "layer": divided.layer,
            "zone": [ground.zone_names[z] for z in zone],
            "zone_code": [ground.zone_codes[z] for z in zone],
            "size": size,
            "target": float(divided.bounds.target),
            "deviation": (size - divided.bounds.target) / divided.bounds.target,
            "n_units": np.bincount(grid, minlength=n),
            "n_members": np.bincount(grid[unit[unit >= 0]], minlength=n),
            **further,
            "area_ha": np.bincount(grid, weights=divided.land_area_m2, minlength=n) / SQUARE_METRES_PER_HA,
            "polsby_popper": polsby_popper(outlines),
            "within_bounds": within,
            "contiguous": contiguous_grids(divided.graph, grid, n),
            "reason": pd.Series([reasons.get(g) for g in grid_ids], dtype="str"),
            "valid_to": pd.Series([None] * n, dtype="str"),
            "area_m2": np.bincount(grid, weights=divided.land_area_m2, minlength=n),
            "perimeter_m": shapely.length(outlines),
            **(
                {"kind": np.where(site.notna(), "dedicated", "basic"), "site": site}
                if divided.sites.asked
                else {}
            ),
            **({"responsible": wishes.responsible} if wishes.responsible else {}),
        },
        geometry=ground.frame.to_world(outlines),
    )


def _sites(divided: Divided, grid: np.ndarray, n: int) -> pd.Series[str]:
    """Return the name of the site of every dedicated grid, missing for others."""
    names = np.full(n, None, dtype=object)
    of_unit = divided.sites.of_unit
    inside = of_unit >= 0
    names[grid[inside]] = np.array([*divided.sites.names, None], dtype=object)[of_unit[inside]]
    return pd.Series(names, dtype="str")


def _further_sizes(divided: Divided, grid: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """Return the columns that grids have where more than a size was asked for."""
    wanted, columns = divided.wanted, dict[str, np.ndarray]()
    if wanted.skilled is not None:
        columns["n_skilled"] = np.bincount(grid, wanted.skilled, n).astype(np.int64)
    if wanted.second is not None:
        columns["second_size"] = np.bincount(grid, wanted.second, n).astype(np.float64)
    return columns


def _reasons(
    divided: Divided,
    grid_ids: np.ndarray,
    within: np.ndarray,
    further: Mapping[str, np.ndarray],
    certificates: Sequence[Certificate],
) -> dict[str, str]:
    """Return why grids are out of bounds, or have too few skilled people."""
    short = np.zeros(len(grid_ids), dtype=bool)
    if "n_skilled" in further:
        short = further["n_skilled"] < divided.wanted.wishes.skill_minimum
    found = certificates_of_skill(certificates, set(grid_ids[short]))
    found |= certificates_of_size(certificates, set(grid_ids[~within]))
    return {grid_id: certificate.reason for grid_id, certificate in found.items()}


def _units(divided: Divided, ground: Ground, grid_id: np.ndarray, ids: np.ndarray) -> gpd.GeoDataFrame:
    peopled, cut = divided.peopled, divided.cut
    at = peopled.settled.source_row[cut.parent]
    own = peopled.units.attributes.iloc[at].reset_index(drop=True)
    table = {
        "unit_id": ids,
        "source_id": np.asarray(peopled.settled.own_ids, dtype=object)[cut.parent],
        "grid_id": grid_id,
        "layer": divided.layer,
        "zone": [ground.zone_names[z] for z in divided.zone],
        "size": divided.weight,
        "area_ha": divided.land_area_m2 / SQUARE_METRES_PER_HA,
        "schematic": cut.schematic,
    }
    taken = {*table, "geometry", "fid"}
    own.columns = [free_name(str(name), taken) for name in own.columns]
    geometry = ground.frame.to_world(cut.geoms)
    return gpd.GeoDataFrame(pd.concat([pd.DataFrame(table), own], axis=1), geometry=geometry)


def free_name(name: str, taken: set[str]) -> str:
    """Return a column name that clashes with none of `taken` (in any case), and take it."""
    lowered = {other.lower() for other in taken}
    free, k = name, 1
    while free.lower() in lowered:
        free, k = f"{name}_{k}", k + 1
    taken.add(free)
    return free


def _plots(divided: Divided, ground: Ground, ids: np.ndarray) -> gpd.GeoDataFrame:
    if divided.layer == "field":
        ids, land = ids[:0], divided.land[:0]
    else:
        land = divided.land
    return gpd.GeoDataFrame({"unit_id": pd.Series(ids, dtype="str")}, geometry=ground.frame.to_world(land))


def _placements(
    divided: Divided,
    grid: np.ndarray,
    grid_ids: np.ndarray,
    ids: np.ndarray,
    pseudonyms: Sequence[str],
) -> tuple[pd.DataFrame, dict[str, int]]:
    unit, placed = divided.cut.unit, divided.peopled.placed
    has = unit >= 0
    everybody = np.arange(len(unit))
    columns = {
        "member_id": np.asarray(pseudonyms, dtype=object),
        "layer": np.full(len(unit), divided.layer, dtype=object),
        "unit_id": _or_none(has, ids, unit),
        "grid_id": _or_none(has, grid_ids, grid[unit] if len(unit) else unit),
        "method": _or_none(has, divided.cut.method, everybody),
        "distance_m": placed.distance_m,
        "reason": _or_none(~has, placed.reason, everybody),
        "score": placed.score,
    }
    table = pd.DataFrame(
        {
            name: pd.Series(values, dtype=None if name in ("distance_m", "score") else "str")
            for name, values in columns.items()
        }
    )
    counts = table["reason"].value_counts().sort_index()
    return table, {str(reason): int(count) for reason, count in counts.items()}


def _or_none(has: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    result = np.full(len(has), None, dtype=object)
    result[has] = values[at[has]]
    return result


def _composition(divided: Divided, grid: np.ndarray, grid_ids: np.ndarray) -> pd.DataFrame:
    peopled, unit = divided.peopled, divided.cut.unit
    attributes = peopled.units.attributes.iloc[peopled.settled.source_row[divided.cut.parent]]
    grid_of_member = np.where(unit >= 0, grid[unit] if len(unit) else unit, -1)
    counts = pd.concat(
        [compose_skills(peopled.people["skill"], grid_of_member), compose_units(attributes, grid)],
        ignore_index=True,
    )
    counts.insert(0, "layer", divided.layer)
    counts.insert(1, "grid_id", pd.Series(grid_ids[counts["grid"].to_numpy(dtype=np.int64)], dtype="str"))
    return counts[list(CATEGORIES)]


def roster_table(members: Members, pseudonyms: Sequence[str]) -> pd.DataFrame:
    """Return the people with names and own ids, for rosters of those who may see them."""
    frame = members.frame
    roster = frame[["member_id", *MEMBER_TEXT_COLUMNS]].rename(columns={"member_id": "own_id"})
    roster.insert(0, "member_id", list(pseudonyms))
    return roster
