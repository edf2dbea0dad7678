"""Numbers, codes and ids of the grids of one layer: in reading order, or kept from an old plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridder.groups.numbering import grid_codes, number_grids
from gridder.model import Geometries, Ints, Layer
from gridder.service.ground import Ground
from gridder.service.old import OldLayer


@dataclass(frozen=True, eq=False)
class Names:
    """What the grids are called, shapes (g,); `last` is the largest number ever used, by the name of the zone."""

    number: Ints
    code: list[str]
    grid_id: list[str]
    last: dict[str, int]


def name_grids(
    outlines: Geometries, zone: Ints, ground: Ground, layer: Layer, *, old: OldLayer | None, kept: Ints
) -> Names:
    """Return the names of grids.

    A grid that carries on an old one in the same zone keeps its id, number and code; new ones get the numbers
    after the largest ever used in their zone.

    Parameters
    ----------
    zone
        Position of the zone of every grid, shape (g,).
    kept
        Position of the old grid that every grid carries on, -1 for none, shape (g,).
    """
    zone_codes = [ground.zone_codes[z] for z in zone]
    if old is None:
        number = number_grids(outlines, zone)
        codes = grid_codes(zone_codes, number)
        return Names(number, codes, [_grid_id(layer, code) for code in codes], _last(zone, number, ground))
    kept = np.where(same_zone(old, kept, zone, ground), kept, -1)
    carries_on = kept >= 0
    last = {**old.last_numbers, **_last_by_zone(old, ground)}
    number = number_grids(
        outlines,
        zone,
        kept=np.where(carries_on, old.grids["number"].to_numpy(dtype=np.int64)[kept], 0),
        last=np.array([last[ground.zone_names[z]] for z in zone], dtype=np.int64),
    )
    was = np.where(carries_on, old.grids["code"].to_numpy(dtype=object)[kept], "")
    codes = grid_codes(zone_codes, number, kept=was.tolist(), width=_width(old), taken=set(old.grids["code"]))
    fresh = np.array([_grid_id(layer, code) for code in codes], dtype=object)
    ids = np.where(carries_on, old.grids["grid_id"].to_numpy(dtype=object)[kept], fresh).tolist()
    now = _last(zone, number, ground)
    last = {name: max(used, now.get(name, 0)) for name, used in last.items()}
    return Names(number, codes, ids, {name: used for name, used in last.items() if used > 0})


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
