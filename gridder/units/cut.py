"""Units above the maximum cut into parts: fields by area, buildings by the people in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridder.geometry.split import split_by_shares, split_equal
from gridder.model import Floats, Geometries, Ints

NaturalKey = tuple[tuple[int, int, str], ...]
LEAST_SHARE = 1e-3
"""The drawn share of a part whose people count nothing."""
CHINESE_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}


@dataclass(frozen=True, eq=False)
class Cut:
    """Units after cutting, parts in the place of their unit.

    Attributes
    ----------
    geoms
        Shape (m,).
    parent
        Position of the unit that each comes from, ascending, shape (m,).
    share
        Part of that unit's area, 1 where it is whole, shape (m,).
    """

    geoms: Geometries
    parent: Ints
    share: Floats


def cut_fields(geoms: Geometries, size: Floats, *, maximum: float) -> Cut:
    """Cut every unit above the maximum into the fewest equal parts below it, along its own axis.

    The fewest parts are the largest ones: where they are below the minimum no other number of equal
    parts keeps the bounds, and they join their neighbours.

    Parameters
    ----------
    geoms
        Local metres, shape (n,).
    size
        What is balanced, proportional to the area inside a unit, shape (n,).
    maximum
        Above 0.
    """
    parts = np.maximum(1, np.ceil(size / maximum - 1e-9)).astype(np.int64)
    cut = [split_equal(geom, n) for geom, n in zip(geoms, parts.tolist(), strict=True)]
    pieces = np.array([piece for group in cut for piece in group], dtype=object)
    parent = np.repeat(np.arange(len(geoms)), parts)
    area = shapely.area(pieces)
    total = np.bincount(parent, weights=area, minlength=len(geoms))
    return Cut(pieces, parent, np.where(parts[parent] > 1, area / total[parent], 1.0))


def share_out(people: pd.DataFrame, weight: Floats, *, minimum: float, maximum: float) -> Ints | None:
    """Share the people of one building out to the fewest parts within the bounds.

    People stay in order, and a household together: whole stairwells where that keeps the bounds, else
    households by stairwell, floor, room, address and member id.
    Of equally many parts the most even ones are taken.

    Parameters
    ----------
    people
        `member_id`, `household`, `stairwell`, `floor`, `room` and `address`, str or missing, m rows.
    weight
        What each of them counts, shape (m,).
    minimum, maximum
        Bounds of a part.
        Where nothing keeps the minimum, parts may be lighter and join their neighbours.

    Returns
    -------
    Ints or None
        Part of every person from 0, shape (m,); None where a household alone is above the maximum.
    """
    keys = [
        tuple(natural_key(value) for value in row)
        for row in people[["stairwell", "floor", "room", "address", "member_id"]].itertuples(index=False)
    ]
    order = sorted(range(len(people)), key=keys.__getitem__)
    household = people["household"].tolist()
    home: dict[Hashable, int] = {}
    for rank, i in enumerate(order):
        if not _missing(household[i]):
            home.setdefault(household[i], rank)
    leader = {i: order[home.get(household[i], rank)] for rank, i in enumerate(order)}
    by_household = _blocks([leader[i] for i in range(len(people))], keys)
    by_stairwell = _blocks([keys[leader[i]][0] for i in range(len(people))], keys)
    for blocks, least in ((by_stairwell, minimum), (by_household, minimum), (by_household, 0.0)):
        loads = np.bincount(blocks, weights=weight).astype(float)
        parts = _divide_in_order(loads, minimum=least, maximum=maximum)
        if parts is not None:
            return parts[blocks]
    return None


def strips(polygon: shapely.Polygon | shapely.MultiPolygon, shares: Floats) -> list[shapely.Geometry]:
    """Return a schematic drawing of the parts of a building: strips with these shares of its area."""
    drawn = np.maximum(shares, LEAST_SHARE)
    return split_by_shares(polygon, drawn / drawn.sum())


def natural_key(text: object) -> NaturalKey:
    """Return a key that sorts text as people do: 2单元 before 10单元, 三号 after 二号; missing last."""
    if _missing(text):
        return ((2, 0, ""),)
    folded = _arabic(unicodedata.normalize("NFKC", str(text)).strip())
    pieces = re.findall(r"\d+|\D+", folded)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pieces)


def _arabic(text: str) -> str:
    """Return text with Chinese numerals up to 99 as digits: 十二 is 12, 二十 is 20, 三 is 3."""

    def digits(match: re.Match[str]) -> str:
        tens, ones, one = match.group("tens", "ones", "one")
        if one:
            return str(CHINESE_DIGITS[one])
        return str(10 * CHINESE_DIGITS.get(tens, 1) + CHINESE_DIGITS.get(ones, 0))

    digit = f"[{''.join(CHINESE_DIGITS)}]"
    return re.sub(rf"(?P<tens>{digit})?十(?P<ones>{digit})?|(?P<one>{digit})", digits, text)


def _missing(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - missing numbers differ from themselves


def _blocks(label: Sequence[Hashable], keys: Sequence[tuple[NaturalKey, ...]]) -> Ints:
    """Return the block of every person; blocks are numbered in the order of their first person."""
    first: dict[Hashable, tuple[NaturalKey, ...]] = {}
    for name, key in zip(label, keys, strict=True):
        first[name] = min(first.get(name, key), key)
    rank = {name: k for k, name in enumerate(sorted(first, key=lambda name: first[name]))}
    return np.array([rank[name] for name in label], dtype=np.int64)


def _divide_in_order(loads: Floats, *, minimum: float, maximum: float) -> Ints | None:
    """Divide a row of blocks into the fewest runs within the bounds, the most even ones (dynamic programme).

    Returns
    -------
    Ints or None
        Run of every block, shape (b,); None where no number of runs keeps the bounds.
    """
    before = np.concatenate(([0.0], np.cumsum(loads)))
    total, n = before[-1], len(loads)
    slack = 1e-9 * max(1.0, maximum)
    if loads.max() > maximum + slack:
        return None
    first = np.searchsorted(before, before - maximum - slack)
    last = np.searchsorted(before, before - minimum + slack, side="right")
    best = np.full(n + 1, np.inf)
    best[0] = 0.0
    came: list[Ints] = []
    for runs in range(1, n + 1):
        if minimum > 0 and runs * minimum > total + slack:
            return None
        step = np.full(n + 1, np.inf)
        origin = np.full(n + 1, -1, dtype=np.int64)
        for end in range(1, n + 1):
            low, high = first[end], min(last[end], end)
            if low >= high:
                continue
            cost = best[low:high] + (before[end] - before[low:high]) ** 2
            k = int(np.argmin(cost))
            if np.isfinite(cost[k]):
                step[end], origin[end] = cost[k], low + k
        came.append(origin)
        best = step
        if np.isfinite(best[n]):
            return _runs(came, n)
    return None


def _runs(came: list[Ints], n: int) -> Ints:
    run = np.empty(n, dtype=np.int64)
    end = n
    for k in range(len(came) - 1, -1, -1):
        start = int(came[k][end])
        run[start:end] = k
        end = start
    return run
