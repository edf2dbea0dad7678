"""Units, links, zones, barriers and outlines checked from geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gridder.model import Floats, Geometries, Plan, Zones
from gridder.testing.case import Case

STEP_M = 2.0
POINTS = 200
"""Points on the boundary of a large unit."""
FACING_ERROR_M, FACING_ERROR = 30.0, 0.5
"""How far a shared length may be from another way to measure it."""
MOSTLY = 0.7
"""Barriers separate most of a facing length beyond doubt; below 1 - this they do not."""
LONG_M = 25.0
"""Units that share a longer border must be linked."""
TOLERANCE_M = 0.05
SLIVER_M2, SLIVER_WIDTH_M = 1.0, 1.0
"""Ground below these, in area or in mean width, may change hands when a map is healed."""
AT_M, BESIDE_M = 1.0, 3.0
MARGIN_M = 1.5
"""A way that keeps so far from every barrier is open beyond doubt."""
GRID_OVERLAP_M2 = 1.0
DEPTH_M = 0.01
"""Overlaps below these, in area or in depth, are rounding."""
DROPPED = ("duplicate", "swallowed")


def check_coverage(case: Case) -> list[str]:
    """Return ground and units of the input that the plan lost or invented."""
    out = []
    before = shapely.union_all(case.source_geoms)
    after = shapely.union_all(case.geoms)
    apart = shapely.symmetric_difference(before, after).area
    if apart > 1e-4 * before.area:
        out.append(f"coverage: {apart:.1f} m² of the units are not those of the input")
    double = shapely.area(case.geoms).sum() - after.area
    if double > 1e-4 * after.area:
        out.append(f"coverage: units overlap by {double:.1f} m²")
    n_read = len(case.source.frame)
    told = sum(
        len(repair["rows"])
        for repair in case.plan.report["repairs"]
        if repair["kind"] in DROPPED
        and repair["file"] == case.source.source.file
        and repair["layername"] == case.source.source.layername
    )
    kept = len(np.unique(case.whole))
    if kept + told != n_read:
        out.append(f"coverage: of {n_read} units read {kept} are in the plan and {told} told as dropped")
    strange = set(case.units["source_id"]) - set(case.source.frame["unit_id"])
    if strange:
        return [*out, f"coverage: source ids that are not in the input, such as {min(strange)}"]
    return out + _origins(case)


def _origins(case: Case) -> list[str]:
    """Return units with ground that is not their source's, and larger ones that kept what they share."""
    source = pd.Series(case.source_geoms).groupby(case.source.frame["unit_id"].to_numpy())
    sources = source.agg(lambda some: shapely.union_all(some.to_numpy()) if len(some) > 1 else some.iloc[0])
    own = sources.loc[case.units["source_id"]].to_numpy()
    beyond = _beside_slivers_m2(shapely.difference(case.geoms, own))
    ids = case.units["unit_id"].to_numpy(dtype=object)
    out = [
        f"coverage: {beyond[i]:.1f} m² of unit {ids[i]} are not of {case.units['source_id'].iloc[i]}"
        for i in np.flatnonzero(beyond > SLIVER_M2)
    ]
    if "date" in case.source.columns:
        return out
    sole = sources[source.size() == 1]
    geoms = sole.to_numpy()
    i, j = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    larger = shapely.area(geoms[i]) > shapely.area(geoms[j]) * (1 + 1e-6)
    i, j = i[larger], j[larger]
    common = shapely.intersection(geoms[i], geoms[j])
    wide = shapely.area(common) > SLIVER_M2
    position = pd.Series(np.arange(len(ids))).groupby(case.units["source_id"].to_numpy()).agg(list)
    for k in np.flatnonzero(wide):
        giver = sole.index[i[k]]
        still = shapely.intersection(case.geoms[position.get(giver, [])], common[k])
        kept = _beside_slivers_m2(still).sum()
        if kept > SLIVER_M2:
            out.append(
                f"coverage: {kept:.1f} m² that {giver} shares with {sole.index[j[k]]}, a smaller one, stayed"
            )
    return out


def _beside_slivers_m2(grounds: Geometries) -> Floats:
    """Return the area of grounds without the narrow parts that healing a map may pass on."""
    parts, owner = shapely.get_parts(grounds, return_index=True)
    area = shapely.area(parts)
    wide = 2 * area > SLIVER_WIDTH_M * shapely.length(parts)
    return np.bincount(owner[wide], area[wide], len(grounds)).astype(float)


def check_zones(case: Case) -> list[str]:
    """Return units and grids in the wrong zone, and grids and links in two zones."""
    out = []
    zone = case.units["zone"].to_numpy(dtype=object)
    zones = case.units.groupby("grid_id")["zone"].agg(set)
    out += [
        f"zone: grid {grid_id} lies in {len(some)} zones" for grid_id, some in zones.items() if len(some) > 1
    ]
    across = zone[case.a] != zone[case.b]
    out += [
        f"zone: units {row.unit_a} and {row.unit_b} of two zones are linked"
        for row in case.links[across].itertuples()
    ]
    of_grid = case.grids.set_index("grid_id")["zone"]
    if (case.units["grid_id"].map(of_grid) != case.units["zone"]).any():
        out.append("zone: a grid has not the zone of its units")
    if case.zones is None:
        return out
    areas = case.zones.frame.to_crs(case.plan.units.crs)
    geoms = case.units.geometry.to_numpy()
    whole = ~case.units["schematic"].to_numpy(dtype=bool)
    share = np.array([shapely.area(shapely.intersection(geoms, area)) for area in areas.geometry])
    share /= shapely.area(geoms)
    best = share.max(axis=0)
    names = areas["zone"].to_numpy(dtype=object)
    for i in np.flatnonzero(whole):
        fair = set(names[share[:, i] >= best[i] - 1e-6]) if best[i] > 1e-6 else {"none"}
        if best[i] <= 1e-6:
            fair.add("none")
        if zone[i] not in fair:
            out.append(f"zone: unit {case.units['unit_id'].iloc[i]} lies in {min(fair)}, not {zone[i]}")
    return out


def check_zone_table(plan: Plan, zones: Zones | None) -> list[str]:
    """Return whether the zones of the plan are not those of the input, or their codes not unique."""
    told = plan.zones
    if zones is None:
        return [] if told.empty else ["zone: the plan has zones without an input"]
    out = []
    if sorted(told["zone"]) != sorted(zones.frame["zone"].astype(str)):
        out.append("zone: the zones are not those of the input")
    codes = told["zone_code"]
    own = zones.frame["code"]
    if codes.duplicated().any() or (codes == "").any() or not set(own) - {""} <= set(codes):
        out.append("zone: codes are not unique, or not those of the input")
    pairs = {("none", ""), *zip(told["zone"], told["zone_code"], strict=True)}
    strange = set(zip(plan.grids["zone"], plan.grids["zone_code"], strict=True)) - pairs
    return out + [f"zone: a grid has code {code!r} in zone {zone}" for zone, code in sorted(strange)]


def check_links(case: Case) -> list[str]:
    """Return links that geometry does not bear out, and touching units without a link."""
    out = []
    keys = set(zip(case.a.tolist(), case.b.tolist(), strict=True))
    keys |= {(j, i) for i, j in keys}
    if (case.a == case.b).any() or len(keys) != 2 * len(case.a):
        out.append("adjacency: a link stands twice or joins a unit to itself")
    bridge = (case.links["kind"] == "bridge").to_numpy()
    distance = shapely.distance(case.geoms[case.a], case.geoms[case.b])
    gap = case.links["gap_m"].to_numpy(dtype=float)
    limit = (
        np.where(bridge, case.bridge_m * (1 + case.over_barriers), float(case.report["gap_m"])) + TOLERANCE_M
    )
    wrong = (distance > limit) | (np.abs(distance - gap) > TOLERANCE_M)
    out += [
        f"adjacency: {_pair(case, k)} are {distance[k]:.2f} m apart, said {gap[k]:.2f}"
        for k in np.flatnonzero(wrong).tolist()
    ]
    short = case.links["shared_m"].to_numpy(dtype=float)
    if ((short < 0) | (bridge & (short != 0)) | (~bridge & (short == 0))).any():
        out.append("adjacency: a bridge has a shared length, or another link has none")
    out += _fields_facing(case, bridge) if case.layer == "field" else _buildings_facing(case, bridge)
    out += _crossing_bridges(case, bridge)
    out += _bridges(case, bridge)
    return out + _missing_links(case, keys)


def _pair(case: Case, k: int) -> str:
    return f"units {case.links['unit_a'].iloc[k]} and {case.links['unit_b'].iloc[k]}"


def _fields_facing(case: Case, bridge: np.ndarray) -> list[str]:
    """Return links of fields that what they see of each other does not bear out, and links forgotten.

    Lengths and shares of barriers are measured from other points than those of the plan, so only clear
    differences are faults.
    """
    seen = _facing(case)
    ends = [tuple(sorted(pair)) for pair in zip(case.a.tolist(), case.b.tolist(), strict=True)]
    ids, zone = (case.units[name].to_numpy(dtype=object) for name in ("unit_id", "zone"))
    out = []
    for k in np.flatnonzero(~bridge).tolist():
        length_m, barred_m, _ = seen.get(ends[k], (0.0, 0.0, 0.0))
        said_m, open_m = float(case.links["shared_m"].iloc[k]), length_m - barred_m
        if length_m > FACING_ERROR_M and barred_m > MOSTLY * length_m:
            out.append(f"barrier: one separates {barred_m:.0f} of {length_m:.0f} m between {_pair(case, k)}")
        elif abs(said_m - open_m) > FACING_ERROR_M + FACING_ERROR * max(said_m, open_m):
            out.append(f"adjacency: {_pair(case, k)} face each other on {open_m:.0f} m, said {said_m:.0f}")
    linked = set(ends)
    least_m = LONG_M + 2 * float(case.report["gap_m"]) + 2 * _steps_m(shapely.length(case.geoms))
    return out + [
        f"adjacency: units {ids[a]} and {ids[b]} face each other on {length_m:.0f} m and are not linked"
        for (a, b), (length_m, _, beside_m) in seen.items()
        if (a, b) not in linked
        and zone[a] == zone[b]
        and length_m > max(least_m[a], least_m[b])
        and beside_m < (1 - MOSTLY) * length_m
    ]


def _facing(case: Case) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Return for two units the length of boundary from which one is nearest to the other.

    With it what of it is barred, by a barrier within 1 m of the view, and what has a barrier beside it,
    within 3 m. All are means of the two units.
    """
    n = len(case.units)
    rings = shapely.boundary(case.geoms)
    length = shapely.length(rings)
    count = np.maximum(np.ceil(length / _steps_m(length)), 1).astype(np.int64)
    unit = np.repeat(np.arange(n), count)
    share = (np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[unit]
    points = _along(rings, unit, share * length[unit])
    point, faced = case.tree.query(points, predicate="dwithin", distance=float(case.report["gap_m"]))
    other = faced != unit[point]
    point, faced = point[other], faced[other]
    distance = shapely.distance(points[point], case.normal_geoms[faced])
    first = np.lexsort((distance, point))
    first = first[np.unique(point[first], return_index=True)[1]]
    point, faced = point[first], faced[first]
    barred, beside = np.zeros((2, len(point)), dtype=bool)
    if len(case.lines):
        views = _ways(points[point], case.normal_geoms[faced])
        for mask, near_m in ((barred, AT_M), (beside, BESIDE_M)):
            mask[case.barrier_tree.query(views, predicate="dwithin", distance=near_m)[0]] = True
    step = (length / count)[unit[point]] / 2
    low, high = np.minimum(unit[point], faced), np.maximum(unit[point], faced)
    pairs, row = np.unique(low * n + high, return_inverse=True)
    lengths = np.column_stack([np.bincount(row, w, len(pairs)) for w in (step, step * barred, step * beside)])
    return {
        (pair // n, pair % n): (whole, cut, near)
        for pair, (whole, cut, near) in zip(pairs.tolist(), lengths.tolist(), strict=True)
    }


def _steps_m(boundary_m: Floats) -> Floats:
    """Return how far the points are apart at which boundaries are looked at; no less can be told of lengths."""
    return np.maximum(STEP_M, boundary_m / POINTS)


def _along(rings: np.ndarray, unit: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return points on boundaries of one or several rings, at lengths counted over all rings."""
    parts, owner = shapely.get_parts(rings, return_index=True)
    length = shapely.length(parts)
    begin = np.cumsum(length) - length
    origin = begin[np.searchsorted(owner, unit)]
    part = np.minimum(np.searchsorted(begin, origin + at, side="right") - 1, len(parts) - 1)
    return np.asarray(shapely.line_interpolate_point(parts[part], origin + at - begin[part]), dtype=object)


def _buildings_facing(case: Case, bridge: np.ndarray) -> list[str]:
    """Return links of buildings whose plots have no such border, or one that barriers separate."""
    borders = shapely.intersection(
        shapely.buffer(case.land[case.a], TOLERANCE_M), shapely.buffer(case.land[case.b], TOLERANCE_M)
    )
    common_m = shapely.length(borders) / 2
    said_m = case.links["shared_m"].to_numpy(dtype=float)
    near = np.zeros(len(borders), dtype=bool)
    if len(case.lines):
        near[case.barrier_tree.query(borders, "dwithin", distance=float(case.report["gap_m"]))[0]] = True
    wrong = (
        ~bridge
        & ~near
        & (np.abs(said_m - common_m) > FACING_ERROR_M + FACING_ERROR * np.maximum(said_m, common_m))
    )
    out = [
        f"adjacency: plots of {_pair(case, k)} have {common_m[k]:.0f} m in common, said {said_m[k]:.0f}"
        for k in np.flatnonzero(wrong).tolist()
    ]
    for k in np.flatnonzero(near & ~bridge).tolist():
        views = _views_across(borders[k], case.geoms[case.a[k]], case.geoms[case.b[k]])
        hit = np.unique(case.barrier_tree.query(views, predicate="intersects")[0])
        if len(hit) > MOSTLY * len(views):
            out.append(f"barrier: {len(hit)} of {len(views)} views between {_pair(case, k)} cross one")
    return out


def _views_across(border: shapely.Geometry, one: shapely.Geometry, other: shapely.Geometry) -> Geometries:
    """Return lines from one building to the other by way of points on the border of their plots."""
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(border.boundary, STEP_M)))
    return np.asarray(
        shapely.union(shapely.shortest_line(points, one), shapely.shortest_line(points, other)), dtype=object
    )


def _crossing_bridges(case: Case, bridge: np.ndarray) -> list[str]:
    """Return bridges across a barrier."""
    at = np.flatnonzero(bridge & ~case.over_barriers)
    if not len(at) or not len(case.lines):
        return []
    ways = shapely.shortest_line(case.geoms[case.a[at]], case.geoms[case.b[at]])
    crossing = np.unique(case.barrier_tree.query(ways, predicate="crosses")[0])
    return [f"barrier: the bridge of {_pair(case, k)} crosses one" for k in at[crossing]]


def _bridges(case: Case, bridge: np.ndarray) -> list[str]:
    """Return bridges that joined nothing too light, and pieces too light that a bridge could have joined."""
    out = _needless_bridges(case, bridge)
    piece = case.pieces()
    weight = np.bincount(piece, case.weight)
    for p in np.flatnonzero(weight < case.minimum - case.slack):
        units = np.flatnonzero(piece == p)
        way = _open_way(case, units, piece != p, case.bridge_m - TOLERANCE_M)
        if way is not None:
            ids = case.units["unit_id"].to_numpy(dtype=object)
            out.append(f"bridges: the piece of {ids[units[0]]} is too light and could reach {ids[way]}")
    return out


def _needless_bridges(case: Case, bridge: np.ndarray) -> list[str]:
    """Add the bridges again, each to the lightest piece that has one, and return those that join no light one.

    Where a light piece has a single bridge, to a piece that was never light, no open way may be shorter.
    """
    out = []
    bridge = bridge & ~case.over_barriers
    piece = case.pieces(links=~bridge)
    weight = np.bincount(piece, case.weight)
    ends = np.sort(np.column_stack([piece[case.a], piece[case.b]]), axis=1)
    left = np.flatnonzero(bridge).tolist()
    n_bridges = np.bincount(ends[left].ravel(), minlength=len(weight))
    gap = case.links["gap_m"].to_numpy(dtype=float)
    for k in left:
        for light, heavy in (ends[k], ends[k, ::-1]):
            reach = gap[k] - TOLERANCE_M
            if n_bridges[light] > 1 or weight[heavy] < case.minimum or reach <= 0:
                continue
            if _open_way(case, np.flatnonzero(piece == light), piece != light, reach) is not None:
                out.append(f"bridges: that of {_pair(case, k)} is not the shortest")
    root = np.arange(len(weight))
    while left:
        lighter = weight[root[ends[left]]].min(axis=1)
        at = np.lexsort((case.b[left], case.a[left], gap[left], lighter))[0]
        p, q = root[ends[left[at]]]
        if p == q or lighter[at] >= case.minimum:
            return [*out, *(f"bridges: that of {_pair(case, k)} joins no piece too light" for k in left)]
        weight[p] += weight[q]
        root[root == q] = p
        del left[at]
    return out


def _open_way(case: Case, units: np.ndarray, others: np.ndarray, reach_m: float) -> int | None:
    """Return a unit of the same zone, among others, that these units reach on a line clear of barriers."""
    zone = case.units["zone"].to_numpy(dtype=object)
    own, other = case.tree.query(case.normal_geoms[units], predicate="dwithin", distance=reach_m)
    wanted = others[other] & (zone[other] == zone[units[0]])
    own, other = own[wanted], other[wanted]
    is_open = np.ones(len(own), dtype=bool)
    if len(case.lines):
        ends = np.sort(np.column_stack([units[own], other]), axis=1)
        way = _ways(case.normal_geoms[ends[:, 0]], case.normal_geoms[ends[:, 1]])
        is_open[case.barrier_tree.query(way, predicate="dwithin", distance=MARGIN_M)[0]] = False
    return int(other[is_open][0]) if is_open.any() else None


def _ways(geoms: Geometries, others: Geometries) -> Geometries:
    """Return the shortest lines between geometries, points where they touch."""
    way = shapely.shortest_line(geoms, others)
    touching = shapely.length(way) == 0.0
    way[touching] = shapely.get_point(way[touching], 0)
    return np.asarray(way, dtype=object)


def _missing_links(case: Case, keys: set[tuple[int, int]]) -> list[str]:
    """Return units of one zone with a long common border and no barrier near that are not linked."""
    land = case.land
    tree = shapely.STRtree(land)
    i, j = tree.query(land, predicate="intersects")
    first = i < j
    i, j = i[first], j[first]
    zone = case.units["zone"].to_numpy(dtype=object)
    same = zone[i] == zone[j]
    i, j = i[same], j[same]
    common = shapely.intersection(land[i], land[j])
    long = shapely.length(common) > LONG_M * np.where(shapely.get_dimensions(common) == 2, 2.0, 1.0)
    i, j, common = i[long], j[long], common[long]
    if len(case.lines):
        near = case.barrier_tree.query(common, "dwithin", distance=float(case.report["gap_m"]))[0]
        open_ = np.ones(len(i), dtype=bool)
        open_[np.unique(near)] = False
        i, j = i[open_], j[open_]
    ids = case.units["unit_id"].to_numpy(dtype=object)
    return [
        f"adjacency: units {ids[a]} and {ids[b]} share a long border and are not linked"
        for a, b in zip(i.tolist(), j.tolist(), strict=True)
        if (a, b) not in keys
    ]


def check_outlines(case: Case) -> list[str]:
    """Return outlines that are not valid, miss land of their units or overlap, and plots that do not fit."""
    grid_ids = case.grids["grid_id"].to_numpy(dtype=object)
    out = [f"outline: grid {name} is not valid" for name in grid_ids[~shapely.is_valid(case.outlines)]]
    order = np.argsort(case.grid, kind="stable")
    around = shapely.buffer(case.outlines, 0.01)
    rest = shapely.difference(case.land, around[case.grid])
    out += [
        f"outline: grid {case.units['grid_id'].iloc[i]} misses land of {case.units['unit_id'].iloc[i]}"
        for i in order[shapely.area(rest[order]) > GRID_OVERLAP_M2]
    ]
    out += [
        f"outline: grids {case.grids['grid_id'].iloc[a]} and {case.grids['grid_id'].iloc[b]} overlap"
        for a, b in _overlaps(case.outlines)
    ]
    if case.layer == "building":
        outside = shapely.area(shapely.difference(case.geoms, shapely.buffer(case.land, 0.01)))
        ids = case.units["unit_id"].to_numpy(dtype=object)
        out += [f"plot: it does not hold building {ids[i]}" for i in np.flatnonzero(outside > 0.01)]
        out += [f"plot: those of {ids[a]} and {ids[b]} overlap" for a, b in _overlaps(case.land)]
        reach = shapely.buffer(case.geoms, case.plot_reach_m + TOLERANCE_M, quad_segs=32)
        beyond = shapely.area(shapely.difference(case.land, reach))
        out += [f"plot: that of {ids[i]} is too wide" for i in np.flatnonzero(beyond > GRID_OVERLAP_M2)]
        out += _plots_outside(case, ids)
    return out


def _plots_outside(case: Case, ids: np.ndarray) -> list[str]:
    """Return plots with ground, beside the building's own, in another zone."""
    if case.zones is None:
        return []
    areas = case.near(case.zones.frame.geometry)
    names = case.zones.frame["zone"].to_numpy(dtype=object)
    zone = case.units["zone"].to_numpy(dtype=object)
    out = []
    for name in np.unique(names):
        here = np.flatnonzero(zone == name)
        ground = shapely.union_all(areas[names == name])
        shapely.prepare(ground)
        crossing = here[~shapely.covers(ground, case.land[here])]
        yard = shapely.difference(case.land[crossing], shapely.buffer(case.geoms[crossing], TOLERANCE_M))
        beyond = shapely.area(shapely.difference(yard, ground))
        out += [f"plot: that of {ids[i]} leaves zone {name}" for i in crossing[beyond > GRID_OVERLAP_M2]]
    return out


def _overlaps(areas: np.ndarray) -> list[tuple[int, int]]:
    i, j = shapely.STRtree(areas).query(areas, predicate="intersects")
    first = i < j
    i, j = i[first], j[first]
    common = shapely.intersection(areas[i], areas[j])
    deep = shapely.area(shapely.buffer(common, -DEPTH_M / 2)) > 0.0
    wide = deep & (shapely.area(common) > GRID_OVERLAP_M2)
    return list(zip(i[wide].tolist(), j[wide].tolist(), strict=True))
