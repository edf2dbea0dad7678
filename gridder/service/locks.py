"""Locks as the solver takes them: units by position, grids and groups by number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridder.errors import InputError
from gridder.members.locate import normal_id
from gridder.model import Finding, Ints, Source, Text

_POSITIONS = re.compile(r"(?<=units )\d+(?:, \d+)*|(?<=单元 )\d+(?:, \d+)*")


@dataclass(frozen=True, eq=False)
class LockedUnits:
    """The locks of one layer.

    Attributes
    ----------
    grid
        Number of the grid in which a unit must be, shape (n,), -1 for none: the position of the grid in the
        old plan, and numbers beyond for names that no old grid has.
    together
        Number of the group that a unit shares its grid with, shape (n,), -1 for none.
    apart
        Pairs of units that share no grid, shape (p, 2).
    """

    grid: Ints
    together: Ints
    apart: Ints

    def only(self, units: Ints) -> LockedUnits:
        """Return the locks of some units, ascending, numbered anew; pairs with others are left out."""
        position = np.full(len(self.grid), -1, dtype=np.int64)
        position[units] = np.arange(len(units))
        pairs = position[self.apart]
        return LockedUnits(self.grid[units], self.together[units], pairs[(pairs >= 0).all(axis=1)])

    @property
    def n_units(self) -> int:
        """Number of units that are locked."""
        locked = (self.grid >= 0) | (self.together >= 0)
        locked[self.apart.ravel()] = True
        return int(locked.sum())

    def broken(self, grid: Ints) -> dict[int, list[int]]:
        """Return the units that are to be in different grids and share one, by their grid; `grid` is (n,)."""
        a, b = self.apart.T
        clash = grid[a] == grid[b]
        units = [a[clash], b[clash]]
        named = np.flatnonzero(self.grid >= 0)
        rivals = pd.Series(self.grid[named]).groupby(grid[named]).transform("nunique").to_numpy() > 1
        found = np.unique(np.concatenate([*units, named[rivals]])).astype(np.int64)
        return {int(g): found[grid[found] == g].tolist() for g in np.unique(grid[found])}


def locked_units(
    rows: pd.DataFrame,
    ids: Sequence[str],
    own_ids: Sequence[str],
    rows_of_units: Ints,
    *,
    old_grids: Mapping[str, int],
    n_old: int,
    source: Source,
) -> LockedUnits:
    """Return the locks of the rows of one layer.

    Parameters
    ----------
    rows
        The layer's rows of `Locks.frame`.
    ids, own_ids, rows_of_units
        Ids of the units of the plan, those of the file, and the row that each comes from, shape (n,); a lock
        that names a unit that was cut means all of its parts.
    old_grids
        Ids and codes of the old plan's grids to their positions.
    n_old
        Number of its grids.

    Raises
    ------
    InputError
        Where a row names no unit or several, or a unit is locked to two grids.
    """
    by_id, by_own = _index(ids), _index(own_ids)
    wanted = [normal_id(own) for own in rows["unit_id"]]
    places = [by_id.get(own) or by_own.get(own, []) for own in wanted]
    faults = list(_unit_faults(rows, places, rows_of_units, source))
    grid = np.full(len(ids), -1, np.int64)
    names: dict[str, int] = dict(old_grids)
    fresh = n_old
    twice: list[int] = []
    for row, at, name in zip(rows["row"], places, rows["grid"], strict=True):
        if name is None or not at:
            continue
        if name not in names:
            names[name] = fresh
            fresh += 1
        if ((grid[at] >= 0) & (grid[at] != names[name])).any():
            twice.append(int(row))
        grid[at] = names[name]
    if twice:
        faults.append(_two_grids(tuple(twice), source))
    if faults:
        raise InputError(faults)
    return LockedUnits(grid, _groups(rows["together"], places, len(ids)), _pairs(rows["apart"], places))


def _index(ids: Sequence[str]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = defaultdict(list)
    for i, own in enumerate(ids):
        index[normal_id(own)].append(i)
    return index


def _unit_faults(
    rows: pd.DataFrame, places: Sequence[Sequence[int]], rows_of_units: Ints, source: Source
) -> Iterator[Finding]:
    lines = rows["row"].tolist()
    missing = tuple(int(line) for line, at in zip(lines, places, strict=True) if not at)
    if missing:
        yield Finding(
            "unknown-lock-unit",
            Text(
                f"{len(missing)} locks name units that are not in the plan: duplicates, units under others, "
                "or parts",
                f"{len(missing)} 条锁定的单元不在方案中（重复、被覆盖或不存在的分块）",
            ),
            source.file,
            source.layername,
            missing,
            Text("name the unit that stayed, or delete these rows", "请填写保留的单元，或删除这些行"),
        )
    several = tuple(
        int(line)
        for line, at in zip(lines, places, strict=True)
        if len(np.unique(rows_of_units[np.asarray(at, dtype=np.int64)])) > 1
    )
    if several:
        yield Finding(
            "ambiguous-lock-unit",
            Text(
                f"{len(several)} locks name an id that several units have",
                f"{len(several)} 条锁定的编号对应多个单元",
            ),
            source.file,
            source.layername,
            several,
            Text("write ID#1, ID#2 … as the plan does", "请按方案写作 ID#1、ID#2 ……"),
        )


def _two_grids(rows: tuple[int, ...], source: Source) -> Finding:
    return Finding(
        "two-locks",
        Text("units are locked to two grids", "单元被锁定到两个网格"),
        source.file,
        source.layername,
        rows,
        Text("leave one grid to each unit", "每个单元只保留一个网格"),
    )


def _groups(names: pd.Series[str], places: Sequence[Sequence[int]], n: int) -> Ints:
    """Return the group of every unit, -1 for none; groups that share a unit are one."""
    units_of: dict[str, list[int]] = defaultdict(list)
    for name, at in zip(names, places, strict=True):
        if name is not None:
            units_of[name] += at
    named = np.zeros(n, dtype=bool)
    links = [(unit, units[0]) for units in units_of.values() for unit in units]
    heads, tails = np.array(links, dtype=np.int64).reshape(-1, 2).T
    named[heads] = True
    graph = coo_array((np.ones(len(heads)), (heads, tails)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return np.where(named, label, -1).astype(np.int64)


def _pairs(names: pd.Series[str], places: Sequence[Sequence[int]]) -> Ints:
    """Return all pairs of units of different rows with the same name."""
    rows_of: dict[str, list[Sequence[int]]] = defaultdict(list)
    for name, at in zip(names, places, strict=True):
        if name is not None:
            rows_of[name].append(at)
    pairs = {
        (min(a, b), max(a, b))
        for units in rows_of.values()
        for one, other in combinations(units, 2)
        for a in one
        for b in other
        if a != b
    }
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def by_ids(error: InputError, ids: Sequence[str], source: Source | None) -> InputError:
    """Return an error of the solver about positions of units as one about their ids."""

    def name(match: re.Match[str]) -> str:
        return ", ".join(ids[int(position)] for position in match[0].split(", "))

    return InputError(
        [
            replace(
                fault,
                what=Text(_POSITIONS.sub(name, fault.what.en), _POSITIONS.sub(name, fault.what.zh)),
                file=source.file if source else "",
                layername=source.layername if source else "",
            )
            for fault in error.faults
        ]
    )
