"""Bring the units of one layer to order: local metres, canonical order, no overlap, unique ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridder.geometry.coverage import Coverage, resolve
from gridder.geometry.crs import LocalFrame
from gridder.model import Finding, Floats, Geometries, Ints, Text, Units
from gridder.units.order import canonical_order, unique_ids
from gridder.units.sever import sever


@dataclass(frozen=True, eq=False)
class Settled:
    """The units of one layer in canonical order.

    Attributes
    ----------
    geoms
        Local metres, no two overlapping, shape (n,).
    ids, own_ids
        Unique ids, and the ids of the file, length n.
    source_row
        Position of each unit in the frame that was read, shape (n,).
    named_row, named_unit
        Rows of that frame and the units that a person who names the row means: itself; the unit
        that stayed of a duplicate; every taker of a unit that lay wholly under others. Shape (p,).
    share
        Share of the area of its row that each unit has as it was read, shape (n,): 1 unless barriers cut it.
    severed
        Positions of the units that are parts of a row that barriers cut.
    rank
        Order in which units win a tie: by id where the file has ids, else canonical, shape (n,).
    findings
        Duplicates, overlaps and repeated ids.
    """

    geoms: Geometries
    ids: list[str]
    own_ids: list[str]
    source_row: Ints
    named_row: Ints
    named_unit: Ints
    share: Floats
    severed: Ints
    rank: Ints
    findings: tuple[Finding, ...]


def settle(units: Units, frame: LocalFrame, *, barriers: Geometries) -> Settled:
    """Return the units in canonical order with duplicates and overlaps resolved.

    `barriers` (k,) in local metres cut the units that they run through; parts are called `ID/1`, `ID/2` ….
    """
    local = mended(frame.to_local(units.frame.geometry))
    parts, parent = sever(local, barriers)
    has_ids = "unit_id" in units.columns
    by_place = canonical_order(
        parts, ids=units.frame["unit_id"].to_numpy()[parent].tolist() if has_ids else None
    )
    order = parent[by_place]
    coverage = resolve(parts[by_place], priority=_dates(units, order))
    kept = coverage.kept
    own_ids = [str(value) for value in units.frame["unit_id"].to_numpy()[order[kept]]]
    ids, repeated = unique_ids(_part_names(own_ids, order[kept]))
    severed = np.flatnonzero(np.bincount(order[kept], minlength=len(local))[order[kept]] > 1)
    findings = _coverage_findings(units, order, coverage)
    if repeated.any():
        findings.append(_repeated_ids(units, order[kept][repeated]))
    if len(severed):
        findings.append(_severed(units, order[kept][severed]))
    rank = np.arange(len(kept), dtype=np.int64)
    if has_ids:
        rank[np.argsort(np.asarray(ids, dtype=object), kind="stable")] = np.arange(len(kept))
    named, meant = _meant_units(coverage)
    return Settled(
        geoms=coverage.geoms,
        ids=ids,
        own_ids=own_ids,
        source_row=order[kept],
        named_row=order[named],
        named_unit=meant,
        share=(shapely.area(parts) / shapely.area(local)[parent])[by_place[kept]],
        severed=severed,
        rank=rank,
        findings=tuple(findings),
    )


def mended(local: Geometries) -> Geometries:
    """Return polygons of which some may have become invalid in another CRS as valid ones."""
    invalid = ~shapely.is_valid(local)
    result = local.copy()
    result[invalid] = shapely.make_valid(local[invalid], method="structure", keep_collapsed=False)
    return result


def _meant_units(coverage: Coverage) -> tuple[Ints, Ints]:
    """Return pairs of a unit that was read and a settled unit that its name means."""
    n = len(coverage.holder)
    position = np.full(n, -1, dtype=np.int64)
    position[coverage.kept] = np.arange(len(coverage.kept))
    swallowed = np.zeros(n, dtype=bool)
    swallowed[coverage.swallowed] = True
    given = swallowed[coverage.giver]
    dropped = np.concatenate((coverage.duplicates, coverage.swallowed))
    named = np.concatenate((coverage.kept, dropped, coverage.giver[given]))
    meant = position[np.concatenate((coverage.kept, coverage.holder[dropped], coverage.taker[given]))]
    pairs = np.unique(np.column_stack((named, meant))[meant >= 0], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _dates(units: Units, order: Ints) -> Floats | None:
    """Return the rank of each unit's date (later wins an overlap), or None without a date column."""
    if "date" not in units.columns:
        return None
    dates = pd.to_datetime(units.attributes[units.columns["date"]], errors="coerce", format="mixed")
    return np.asarray(dates.rank(method="dense"), dtype=np.float64)[order]


def _part_names(own_ids: list[str], row: Ints) -> list[str]:
    """Return `ID/1`, `ID/2` … in canonical order for the parts of one row, the id itself for a whole one."""
    n_parts, so_far = Counter(row.tolist()), Counter[int]()
    names = []
    for own_id, at in zip(own_ids, row.tolist(), strict=True):
        so_far[at] += 1
        names.append(f"{own_id}/{so_far[at]}" if n_parts[at] > 1 else own_id)
    return names


def _severed(units: Units, at: Ints) -> Finding:
    rows = sorted({int(row) for row in units.frame["row"].to_numpy()[at]})
    return Finding(
        "cut-at-barrier",
        Text(
            f"{len(rows)} units were cut where barriers run through them, into {len(at)} parts",
            f"{len(rows)} 个地块/楼栋沿障碍线切开，共 {len(at)} 份",
        ),
        units.source.file,
        units.source.layername,
        tuple(rows),
    )


def _repeated_ids(units: Units, at: Ints) -> Finding:
    rows = units.frame["row"].to_numpy()[at]
    return Finding(
        "repeated-id",
        Text(
            f"{len(rows)} units share their id with another; they are numbered ID#1, ID#2 …",
            f"{len(rows)} 个地块/楼栋的编号重复，已编为 ID#1、ID#2 ……",
        ),
        units.source.file,
        units.source.layername,
        tuple(sorted(int(r) for r in rows)),
        Text(
            "give every unit its own id if members name units by id",
            "若成员按编号对应地块/楼栋，请使编号唯一",
        ),
    )


def _coverage_findings(units: Units, order: Ints, coverage: Coverage) -> list[Finding]:
    rows = units.frame["row"].to_numpy()[order]
    where = (units.source.file, units.source.layername)

    def listed(positions: Ints) -> tuple[int, ...]:
        return tuple(sorted({int(r) for r in rows[positions]}))

    findings = []
    if len(coverage.duplicates):
        findings.append(
            Finding(
                "duplicate",
                Text(
                    f"{len(coverage.duplicates)} units have the very shape of another and were dropped",
                    f"{len(coverage.duplicates)} 个地块/楼栋与另一个形状完全相同，已去除",
                ),
                *where,
                listed(coverage.duplicates),
            )
        )
    if len(coverage.swallowed):
        findings.append(
            Finding(
                "swallowed",
                Text(
                    f"{len(coverage.swallowed)} units lie wholly under others and were dropped; "
                    "their ground belongs to those",
                    f"{len(coverage.swallowed)} 个地块/楼栋完全位于其他地块/楼栋之下，已去除，其面积归后者",
                ),
                *where,
                listed(coverage.swallowed),
            )
        )
    givers = np.unique(coverage.giver)
    if len(givers):
        total = float(coverage.m2.sum())
        later = "date" in units.columns
        findings.append(
            Finding(
                "overlap",
                Text(
                    f"{total:,.1f} m² of {len(givers)} units also belong to others and were given "
                    f"to the {'later' if later else 'smaller'} unit",
                    f"{len(givers)} 个地块/楼栋与其他地块/楼栋重叠，共 {total:,.1f} 平方米，"
                    f"已归{'日期较新' if later else '面积较小'}的一方",
                ),
                *where,
                listed(givers),
            )
        )
    return findings
