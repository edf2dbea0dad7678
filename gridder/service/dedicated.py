"""Dedicated grids: the units of a site, such as a school or a market, are one grid of their own.

Bounds hold for the other grids only: the units of sites are left out of what the solver divides, and their grids are
added after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gridder.errors import InputError
from gridder.members.locate import normal_id
from gridder.model import Finding, Floats, Ints, Source, Text, UnitGraph, Units
from gridder.service.ground import Ground
from gridder.service.old import OldLayer
from gridder.service.people import Peopled
from gridder.service.wishes import Wishes, in_layer
from gridder.solver import Solution
from gridder.units.zones import assign

MOST_OUTSIDE = 0.5
"""A unit belongs to a site that holds more than this share of it."""


@dataclass(frozen=True, eq=False)
class Sites:
    """The sites of one layer.

    Attributes
    ----------
    names
        Those that have units, in the order of their names.
    of_unit
        Position of the site of every settled unit, shape (n,), −1 for none.
    asked
        Whether sites were given at all.
    """

    names: tuple[str, ...]
    of_unit: Ints
    asked: bool

    def after_cut(self, parent: Ints) -> Sites:
        """Return the sites of units that are parts of the settled ones."""
        return replace(self, of_unit=self.of_unit[parent])

    @property
    def rest(self) -> Ints:
        """Positions of the units in no site."""
        return np.flatnonzero(self.of_unit < 0)

    def areas(self, zone: Ints, n_zones: int) -> Ints:
        """Return the zone of every unit, a site being one of its own: no link leaves it."""
        return np.where(self.of_unit >= 0, n_zones + self.of_unit, zone).astype(np.int64)


def sites_of(peopled: Peopled, ground: Ground, wishes: Wishes) -> Sites:
    """Return the sites of the settled units: by a column of theirs, and by the areas that hold them.

    Raises
    ------
    InputError
        Where every unit is in a site, or a lock names one that is.
    """
    units, settled = peopled.units, peopled.settled
    named = np.full(len(settled.geoms), None, dtype=object)
    if wishes.dedicated_column in units.attributes:
        own = units.attributes[wishes.dedicated_column].iloc[settled.source_row]
        said = own.notna().to_numpy() & (own.astype(str).str.strip() != "").to_numpy()
        named[said] = own.astype(str).str.strip().to_numpy(dtype=object)[said]
    if len(ground.sites):
        at, share = assign(settled.geoms, ground.sites)
        inside = (at >= 0) & (share > MOST_OUTSIDE)
        named[inside] = np.array(ground.site_names, dtype=object)[at[inside]]
    codes, names = pd.factorize(pd.Series(named, dtype=object), sort=True, use_na_sentinel=True)
    sites = Sites(
        tuple(str(name) for name in names),
        codes.astype(np.int64),
        bool(len(ground.sites)) or wishes.dedicated_column is not None,
    )
    faults = list(_faults(sites, peopled, wishes))
    if faults:
        raise InputError(faults)
    return sites


def refuse_two_zones(sites: Sites, zone: Ints, rows: Ints, units: Units, ground: Ground) -> None:
    """Refuse sites whose units lie in several zones: a grid belongs to exactly one.

    Parameters
    ----------
    sites, zone, rows
        Sites and positions of the zones of the units, and their rows of the file, shape (n,).
    """
    told: list[str] = []
    bad: set[int] = set()
    for s, name in enumerate(sites.names):
        here = np.flatnonzero(sites.of_unit == s)
        zones = np.unique(zone[here])
        if len(zones) > 1:
            told.append(f"{name} ({', '.join(ground.zone_names[z] for z in zones)})")
            bad |= {int(row) for row in rows[here]}
    if told:
        listed = "; ".join(told[:5]) + (" …" if len(told) > 5 else "")
        what = Text(
            f"{len(told)} dedicated sites lie in several zones: {listed}",
            f"{len(told)} 个专属网格场所跨越多个片区：{listed}",
        )
        remedy = Text(
            "name the parts in each zone as sites of their own, or correct the zones",
            "请按片区分别命名场所，或调整片区边界",
        )
        source = units.source
        raise InputError(
            [Finding("site-in-two-zones", what, source.file, source.layername, tuple(sorted(bad)), remedy)]
        )


def _faults(sites: Sites, peopled: Peopled, wishes: Wishes) -> Iterator[Finding]:
    source = peopled.units.source
    if len(sites.rest) == 0:
        yield Finding(
            "nothing-but-sites",
            Text(
                "every unit is in a dedicated site; nothing is left to divide",
                "所有地块/楼栋都在专属场所内，没有可划分的",
            ),
            source.file,
            source.layername,
            remedy=Text("leave this layer or the sites out", "请去掉此图层或专属场所"),
        )
    if wishes.locks is None or not sites.names:
        return
    held = {normal_id(peopled.settled.ids[i]) for i in np.flatnonzero(sites.of_unit >= 0)}
    rows = in_layer(wishes.locks, peopled.units.layer)
    clash = rows[[normal_id(own) in held for own in rows["unit_id"]]]
    if len(clash):
        yield Finding(
            "lock-in-site",
            Text(
                f"{len(clash)} locks name units of dedicated sites, which have a grid of their own",
                f"{len(clash)} 条锁定的单元属于专属场所，已自成网格",
            ),
            wishes.locks.source.file,
            wishes.locks.source.layername,
            tuple(int(row) for row in clash["row"]),
            Text(
                "delete these rows, or take the units out of the site", "请删除这些行，或把单元移出专属场所"
            ),
        )


def within_areas(graph: UnitGraph, area: Ints) -> UnitGraph:
    """Return the graph without links between areas."""
    same = area[graph.a] == area[graph.b]
    return replace(
        graph,
        a=graph.a[same],
        b=graph.b[same],
        kind=graph.kind[same],
        gap_m=graph.gap_m[same],
        shared_m=graph.shared_m[same],
    )


def part_of(graph: UnitGraph, units: Ints) -> UnitGraph:
    """Return the graph of some units, ascending, numbered anew."""
    position = np.full(graph.n, -1, dtype=np.int64)
    position[units] = np.arange(len(units))
    inside = (position[graph.a] >= 0) & (position[graph.b] >= 0)
    return UnitGraph(
        n=len(units),
        a=position[graph.a[inside]],
        b=position[graph.b[inside]],
        kind=graph.kind[inside],
        gap_m=graph.gap_m[inside],
        shared_m=graph.shared_m[inside],
    )


def with_sites(solution: Solution, kept: Ints, sites: Sites, carried: Ints) -> tuple[Solution, Ints]:
    """Return the solution for all units and the old grid of every grid, a grid for each site added.

    Parameters
    ----------
    solution, kept
        Of the units in no site.
    carried
        Position of the old grid that each site carries on, −1 for none, shape (s,).
    """
    rest = sites.rest
    n_grids = int(solution.assignment.max(initial=-1)) + 1
    grid = (n_grids + sites.of_unit).astype(np.int32)
    grid[rest] = solution.assignment
    certificates = tuple(
        replace(c, unit_ids=tuple(int(rest[i]) for i in c.unit_ids)) for c in solution.certificates
    )
    return replace(solution, assignment=grid, certificates=certificates), np.concatenate([kept, carried])


def carried_sites(sites: Sites, zone: Ints, old: OldLayer | None, ground: Ground) -> Ints:
    """Return the old grid of the same site and zone for every site, −1 for none, shape (s,)."""
    carried = np.full(len(sites.names), -1, dtype=np.int64)
    if old is None or "site" not in old.grids:
        return carried
    was = {
        (site, name): i
        for i, (site, name) in enumerate(zip(old.grids["site"], old.grids["zone"], strict=True))
        if isinstance(site, str)
    }
    for s, name in enumerate(sites.names):
        first = int(np.flatnonzero(sites.of_unit == s)[0])
        carried[s] = was.get((name, ground.zone_names[zone[first]]), -1)
    return carried


def without_old_sites(old: Ints, layer: OldLayer | None) -> Ints:
    """Return the old grid of every unit, none where it was that of a site: no other grid carries that on."""
    if layer is None or "site" not in layer.grids:
        return old
    of_site = layer.grids["site"].notna().to_numpy()
    return np.where((old >= 0) & of_site[old], -1, old)


def site_report(grids: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the dedicated grids as `report.json` tells them."""
    here = grids[grids["site"].notna().to_numpy()]
    names = ["grid_id", "site", "size", "n_units", "contiguous"]
    return [dict(zip(names, row, strict=True)) for row in here[names].astype(object).to_numpy().tolist()]


def column_faults(column: str | None, layers: Sequence[Units]) -> list[Finding]:
    """Return whether no layer has the column that names sites."""
    if column is None or any(column in units.attributes for units in layers):
        return []
    known = dict.fromkeys(str(name) for units in layers for name in units.attributes.columns)
    listed = ", ".join(known) or "-"
    source = layers[0].source if layers else Source("")
    return [
        Finding(
            "no-such-column",
            Text(f"the units have no column {column!r}", f"地块/楼栋没有列 {column!r}"),
            source.file,
            source.layername,
            remedy=Text(f"use one of: {listed}", f"可用：{listed}"),
        )
    ]


def empty_sites(ground: Ground, found: Sequence[Sites], source: Source) -> list[Finding]:
    """Return the areas of sites that hold no unit of any layer."""
    used = {name for sites in found for name in sites.names}
    empty = [name for name in dict.fromkeys(ground.site_names) if name not in used]
    if not empty:
        return []
    listed = ", ".join(empty[:10]) + (" …" if len(empty) > 10 else "")
    what = Text(
        f"{len(empty)} dedicated sites hold no unit: {listed}",
        f"{len(empty)} 个专属场所内没有地块/楼栋：{listed}",
    )
    return [Finding("empty-site", what, source.file, source.layername)]


def sliced(values: Floats | Ints | None, units: Ints) -> Any:
    """Return the values of some units, None where there are none."""
    return None if values is None else values[units]
