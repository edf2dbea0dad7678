"""Units, links, zones, barriers and outlines checked from geometry."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.testing.case import Case

STEP_M = 2.0
LONG_M = 25.0
"""Units that share a longer border must be linked."""
TOLERANCE_M = 0.05
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
        len(repair["rows"]) or 0
        for repair in case.plan.report["repairs"]
        if repair["kind"] in DROPPED
        and repair["file"] == case.source.source.file
        and repair["layername"] == case.source.source.layername
    )
    parts = case.units["unit_id"].str.contains(r"/\d+$", regex=True)
    whole = case.units["unit_id"].str.replace(r"/\d+$", "", regex=True).where(parts, case.units["unit_id"])
    kept = whole.nunique()
    if kept + told != n_read:
        out.append(f"coverage: of {n_read} units read {kept} are in the plan and {told} told as dropped")
    ids = set(case.source.frame["unit_id"])
    strange = set(case.units["source_id"]) - ids
    if strange:
        out.append(f"coverage: source ids that are not in the input, such as {min(strange)}")
    return out


def check_zones(case: Case) -> list[str]:
    """Return units and grids in the wrong zone, and grids and links in two zones."""
    out = []
    zone = case.units["zone"].to_numpy(dtype=object)
    mixed = case.units.groupby("grid_id")["zone"].nunique() > 1
    out += [f"zone: grid {grid_id} lies in two zones" for grid_id in mixed.index[mixed]]
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
    limit = np.where(bridge, case.bridge_m, float(case.report["gap_m"])) + TOLERANCE_M
    wrong = (distance > limit) | (np.abs(distance - gap) > TOLERANCE_M)
    out += [
        f"adjacency: {_pair(case, k)} are {distance[k]:.2f} m apart, said {gap[k]:.2f}"
        for k in np.flatnonzero(wrong).tolist()
    ]
    out += _barred(case, bridge)
    out += _bridges(case, bridge)
    return out + _missing_links(case, keys)


def _pair(case: Case, k: int) -> str:
    return f"units {case.links['unit_a'].iloc[k]} and {case.links['unit_b'].iloc[k]}"


def _barred(case: Case, bridge: np.ndarray) -> list[str]:
    """Return links of which a barrier separates clearly more than half."""
    if not len(case.lines):
        return []
    out = []
    tree = shapely.STRtree(shapely.get_parts(case.lines))
    shortest = shapely.shortest_line(case.geoms[case.a], case.geoms[case.b])
    box = shapely.buffer(shortest, 1.0)
    for k in np.unique(tree.query(box, predicate="intersects")[0]):
        if bridge[k]:
            if tree.query(shortest[k], predicate="crosses").size:
                out.append(f"barrier: the bridge of {_pair(case, k)} crosses one")
            continue
        views = _views(case, int(k))
        if not len(views):
            continue
        hit = np.zeros(len(views), dtype=bool)
        hit[np.unique(tree.query(views, predicate="intersects")[0])] = True
        if hit.mean() > 0.7:
            out.append(f"barrier: {hit.mean():.0%} of the views between {_pair(case, k)} cross one")
    return out


def _views(case: Case, k: int) -> np.ndarray:
    """Return lines between two linked units, from points along the one that faces the other.

    Fields look across the gap; buildings across the border of their plots.
    """
    one, other = case.geoms[case.a[k]], case.geoms[case.b[k]]
    if case.layer == "building":
        border = shapely.intersection(
            shapely.buffer(case.land[case.a[k]], TOLERANCE_M),
            shapely.buffer(case.land[case.b[k]], TOLERANCE_M),
        )
        points = shapely.points(shapely.get_coordinates(shapely.segmentize(border.boundary, STEP_M)))
        first = shapely.shortest_line(points, one)
        second = shapely.shortest_line(points, other)
        return np.array([shapely.union(a, b) for a, b in zip(first, second, strict=True)], dtype=object)
    reach = case.links["gap_m"].iloc[k] + 3.0
    near = shapely.intersection(one.boundary, shapely.buffer(other, reach))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(near, STEP_M)))
    views = shapely.shortest_line(points, other)
    xy = shapely.get_coordinates(views).reshape(-1, 2, 2)
    along = xy[:, 1] - xy[:, 0]
    length = np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    longer = np.stack([xy[:, 0] - along / length, xy[:, 1] + along / length], axis=1)
    return np.asarray(shapely.linestrings(longer), dtype=object)


def _bridges(case: Case, bridge: np.ndarray) -> list[str]:
    """Return whether there are more bridges than pieces that are too light on their own."""
    if not bridge.any():
        return []
    piece = case.pieces(links=~bridge)
    light = int((np.bincount(piece, case.weight) < case.minimum).sum())
    return [] if bridge.sum() <= light else [f"bridges: {bridge.sum()} for {light} pieces that are too light"]


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
        near = shapely.STRtree(shapely.get_parts(case.lines)).query(
            common, "dwithin", distance=float(case.report["gap_m"])
        )[0]
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
    """Return outlines that miss land of their units or overlap, and plots that do not fit."""
    out = []
    order = np.argsort(case.grid, kind="stable")
    rest = shapely.difference(case.land, shapely.buffer(case.outlines[case.grid], 0.01))
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
    return out


def _overlaps(areas: np.ndarray) -> list[tuple[int, int]]:
    i, j = shapely.STRtree(areas).query(areas, predicate="intersects")
    first = i < j
    i, j = i[first], j[first]
    common = shapely.intersection(areas[i], areas[j])
    deep = shapely.area(shapely.buffer(common, -DEPTH_M / 2)) > 0.0
    wide = deep & (shapely.area(common) > GRID_OVERLAP_M2)
    return list(zip(i[wide].tolist(), j[wide].tolist(), strict=True))
