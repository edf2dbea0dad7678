"""Bring the units of one layer to order: local metres, canonical order, no overlap, unique ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridder.geometry.coverage import Coverage, resolve
from gridder.geometry.crs import LocalFrame
from gridder.model import Finding, Geometries, Ints, Text, Units
from gridder.units.order import canonical_order, unique_ids


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
    rank
        Order in which units win a tie: by id where the file has ids, else canonical, shape (n,).
    findings
        Duplicates, overlaps and repeated ids.
    """

    geoms: Geometries
    ids: list[str]
    own_ids: list[str]
    source_row: Ints
    rank: Ints
    findings: tuple[Finding, ...]


def settle(units: Units, frame: LocalFrame) -> Settled:
    """Return the units in canonical order with duplicates and overlaps resolved."""
    local = frame.to_local(units.frame.geometry)
    order = canonical_order(local)
    coverage = resolve(local[order], priority=_dates(units, order))
    at = order[coverage.kept]
    own_ids = [str(value) for value in units.frame["unit_id"].to_numpy()[at]]
    ids, repeated = unique_ids(own_ids)
    findings = [*_coverage_findings(units, order, coverage)]
    if repeated.any():
        findings.append(_repeated_ids(units, at[repeated]))
    rank = np.arange(len(at), dtype=np.int64)
    if "unit_id" in units.columns:
        rank[np.argsort(np.asarray(ids, dtype=object), kind="stable")] = np.arange(len(at))
    return Settled(coverage.geoms, ids, own_ids, at, rank, tuple(findings))


def _dates(units: Units, order: Ints) -> Ints | None:
    """Return the rank of each unit's date (later wins an overlap), or None without a date column."""
    if "date" not in units.columns:
        return None
    dates = pd.to_datetime(units.attributes[units.columns["date"]], errors="coerce", format="mixed")
    return dates.rank(method="dense").fillna(0).to_numpy(dtype=np.int64)[order]


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
                    f"{len(coverage.duplicates)} units are exact duplicates of another and were dropped",
                    f"{len(coverage.duplicates)} 个地块/楼栋与另一个完全重复，已去除",
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
                    f"{len(coverage.swallowed)} units lie wholly under smaller ones and were dropped; "
                    "their ground belongs to those",
                    f"{len(coverage.swallowed)} 个地块/楼栋被更小的完全覆盖，已去除，其面积归后者",
                ),
                *where,
                listed(coverage.swallowed),
            )
        )
    if len(coverage.giver):
        total = float(coverage.m2.sum())
        findings.append(
            Finding(
                "overlap",
                Text(
                    f"{total:,.1f} m² of {len(np.unique(coverage.giver))} units overlap others and were given "
                    f"to the {'later' if 'date' in units.columns else 'smaller'} unit",
                    f"{len(np.unique(coverage.giver))} 个地块/楼栋与他者重叠，共 {total:,.1f} 平方米，"
                    f"已归{'日期较新' if 'date' in units.columns else '面积较小'}的一方",
                ),
                *where,
                listed(coverage.giver),
            )
        )
    return findings
