"""Numbers, codes and ids of the grids of one layer: in reading order, or kept from an old plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridder.errors import InputError
from gridder.groups.codes import code_faults, needs_zones, pattern_codes, undivided_zero
from gridder.groups.numbering import grid_codes, number_grids
from gridder.model import Coding, Finding, Geometries, Ints, Layer, Text, Units
from gridder.service.ground import Ground
from gridder.service.old import OldLayer


@dataclass(frozen=True, eq=False)
class Names:
    """What the grids are called, shapes (g,).

    `kept` is the position of the old grid whose names a grid carries on, −1 for none; `last` is the largest number
    ever used, by the name of the zone.
    """

    number: Ints
    code: list[str]
    grid_id: list[str]
    kept: Ints
    last: dict[str, int]


def name_grids(
    outlines: Geometries,
    zone: Ints,
    ground: Ground,
    layer: Layer,
    *,
    coding: Coding,
    old: OldLayer | None,
    kept: Ints,
) -> Names:
    """Return the names of grids.

    A grid that carries on an old one in the same zone keeps its id, number and code; new ones get the numbers
    after the largest ever used in their zone. Number 0 means a zone that is not divided (CJ/T 349) and is not
    kept where it is divided now.

    Parameters
    ----------
    zone
        Position of the zone of every grid, shape (g,).
    kept
        Position of the old grid that every grid carries on, -1 for none, shape (g,).

    Raises
    ------
    InputError
        Where the pattern of codes has too few digits, or gives a code twice.
    """
    zero = undivided_zero(coding)
    if old is None:
        number = number_grids(outlines, zone, alone_zero=zero)
        codes = _codes(zone, number, ground, coding)
        kept = np.full(len(zone), -1, dtype=np.int64)
        return Names(
            number, codes, [_grid_id(layer, code) for code in codes], kept, _last(zone, number, ground)
        )
    kept = np.where(same_zone(old, kept, zone, ground), kept, -1)
    if zero:
        divided = np.bincount(zone + 1)[zone + 1] > 1
        kept = np.where(divided & (old.grids["number"].to_numpy(dtype=np.int64)[kept] == 0), -1, kept)
    carries_on = kept >= 0
    last = {**old.last_numbers, **_last_by_zone(old, ground)}
    number = number_grids(
        outlines,
        zone,
        kept=np.where(carries_on, old.grids["number"].to_numpy(dtype=np.int64)[kept], 0),
        last=np.array([last[ground.zone_names[z]] for z in zone], dtype=np.int64),
        alone_zero=zero,
    )
    was = np.where(carries_on, old.grids["code"].to_numpy(dtype=object)[kept], "")
    codes = _codes(zone, number, ground, coding, old=old, kept=was.tolist())
    fresh = np.array([_grid_id(layer, code) for code in codes], dtype=object)
    ids = np.where(carries_on, old.grids["grid_id"].to_numpy(dtype=object)[kept], fresh).tolist()
    now = _last(zone, number, ground)
    last = {name: max(used, now.get(name, 0)) for name, used in last.items()}
    return Names(number, codes, ids, kept, {name: used for name, used in last.items() if used > 0})


def _codes(
    zone: Ints,
    number: Ints,
    ground: Ground,
    coding: Coding,
    *,
    old: OldLayer | None = None,
    kept: Sequence[str] = (),
) -> list[str]:
    """Return the codes of grids, those that are kept (empty for new ones) before any pattern."""
    zone_codes = [ground.zone_codes[z] for z in zone]
    if coding.standard is None and coding.pattern is None:
        if old is None:
            return grid_codes(zone_codes, number)
        return grid_codes(zone_codes, number, kept=kept, width=_width(old), taken=set(old.grids["code"]))
    fresh = [not code for code in kept] or [True] * len(zone)
    made = pattern_codes(zone_codes, number, coding)
    codes = [new if is_fresh else was for new, is_fresh, was in zip(made, fresh, kept or made, strict=True)]
    faults = code_faults(codes, [ground.zone_names[z] for z in zone], number, fresh, coding)
    if faults:
        raise InputError(faults)
    return codes


def refuse_outside(units: Units, rows: Ints, zone: Ints, coding: Coding) -> None:
    """Refuse units outside every zone where codes need the zone's.

    Parameters
    ----------
    rows, zone
        Row of the file and position of the zone of every unit, −1 for none, shape (n,).
    """
    outside = np.unique(rows[zone < 0])
    if not len(outside) or not needs_zones(coding):
        return
    what = Text(
        f"{len(outside)} units lie outside every zone, and the standard gives each grid to one community",
        f"{len(outside)} 个地块/楼栋在所有片区之外，而标准要求每个网格归属一个社区",
    )
    remedy = Text("extend the zones, or leave these units out", "请补全片区边界，或去掉这些地块/楼栋")
    raise InputError(
        [
            Finding(
                "outside-zones",
                what,
                units.source.file,
                units.source.layername,
                tuple(outside.tolist()),
                remedy,
            )
        ]
    )


def _last_by_zone(old: OldLayer, ground: Ground) -> dict[str, int]:
    """Return the largest number ever used in each zone, known again by its name or its code."""
    by_code = old.grids[old.grids["zone_code"].fillna("") != ""].groupby("zone_code")["number"].max()
    return {
        name: max(old.last_numbers.get(name, 0), int(by_code.get(code, 0)))
        for name, code in zip(ground.zone_names, ground.zone_codes, strict=True)
    }


def keep_locked(kept: Ints, grid: Ints, lock: Ints, n_old: int) -> Ints:
    """Return which old grid every grid carries on, the locks first; names beyond the old grids are none.

    A grid whose units are locked to an old grid is that grid, whatever else it shares with others.
    """
    out = np.where(kept < n_old, kept, -1)
    locked = np.flatnonzero((lock >= 0) & (lock < n_old))
    wanted = dict(zip(grid[locked].tolist(), lock[locked].tolist(), strict=True))
    out[np.isin(out, list(wanted.values()))] = -1
    for g, name in wanted.items():
        out[g] = name
    return out


def same_zone(old: OldLayer, kept: Ints, zone: Ints, ground: Ground) -> np.ndarray:
    """Return which grids lie in the zone of their old grid, by its name or its code."""
    names = old.grids["zone"].to_numpy(dtype=object)
    codes = old.grids["zone_code"].fillna("").to_numpy(dtype=object)
    return np.array(
        [
            k >= 0
            and (names[k] == ground.zone_names[z] or (codes[k] != "" and codes[k] == ground.zone_codes[z]))
            for k, z in zip(kept.tolist(), zone.tolist(), strict=True)
        ],
        dtype=np.bool_,
    )


def _width(old: OldLayer) -> int:
    """Return how many digits the numbers of an old plan have."""
    codes = zip(old.grids["code"], old.grids["zone_code"].fillna(""), strict=True)
    return max((len(code) - len(zone) for code, zone in codes if code.startswith(zone)), default=3)


def _last(zone: Ints, number: Ints, ground: Ground) -> dict[str, int]:
    used: dict[str, int] = {}
    for z, n in zip(zone.tolist(), number.tolist(), strict=True):
        name = ground.zone_names[z]
        used[name] = max(used.get(name, 0), n)
    return used


def _grid_id(layer: Layer, code: str) -> str:
    return f"{layer[0].upper()}-{code}"
